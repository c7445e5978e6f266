from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffurec_tui.widgets.user_columns import columns
from diffurec_tui.widgets.user_filter import WORDS, Condition, Query, parse
from diffurec_tui.widgets.user_index import LAST, Ordering, Tally, UserIndex, stable_order

HIT, MISS = WORDS["hit"], WORDS["miss"]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", Query()),
        ("  A1 ", Query(("a1",))),
        ("len>20", Query((), (Condition("len", ">", 20),))),
        ("A1 len>20 rank<=10", Query(("a1",), (Condition("len", ">", 20), Condition("rank", "<=", 10)))),
        ("LEN >= 3", Query((), (Condition("len", ">=", 3),))),
        ("rank=1", Query((), (Condition("rank", "=", 1),))),
        ("len>", Query()),
        ("A1 rank <", Query(("a1",))),
        ("len", Query(("len",))),
        ("len > rank<3", Query((), (Condition("rank", "<", 3),))),
        ("hit a", Query(("a",), (HIT,))),
        ("Miss pop<50 lock>= 3", Query((), (MISS, Condition("pop", "<", 50), Condition("lock", ">=", 3)))),
        ('"hit" "len>3"', Query(("hit", "len>3"))),
        ("hits abc== 9>3", Query(("hits", "abc==", "9>3"))),
        ("a len>x", Query(("a",), (), "len>x: a number goes after len, as len>10")),
        ("len!x", Query((), (), "len!x: a number goes after len, as len>10")),
        ("xlen>3 a", Query(("a",), (), "no field xlen: there are len, pop, rank, lock")),
        ("[bold] .* (", Query(("[bold]", ".*", "("))),
    ],
)
def test_queries(text: str, query: Query):
    assert parse(text) == query


@given(st.text(max_size=60))
def test_any_text_is_a_query(text: str):
    query = parse(text)
    assert all(fragment == fragment.lower() and fragment.strip() for fragment in query.fragments)
    assert index().rows(query).dtype == np.int32


def index() -> UserIndex:
    made = UserIndex(np.array([1, 5, 30, 30]), np.array([False, True, True, True]))
    ids = pl.Series(["A1", "a2", "B[1]", "C1"])
    made.set_ids(ids, ids.str.to_lowercase())
    made.set_facts(np.array([3, 2, 1, 0]), np.array([0, 4, 5, 4]), np.array([0, 8, 90, 8]))
    made.put_ends(np.array([2, 3]), np.array([7, 200]), np.array([0, 12]))
    return made


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", [0, 1, 2, 3]),
        ("a", [0, 1]),
        ("1", [0, 2, 3]),
        ("[1]", [2]),
        ("len>=5", [1, 2, 3]),
        ("rank>0", [2, 3]),
        ("rank<=10", [2]),
        ("rank!=7", [3]),
        ("1 len=30 rank>100", [3]),
        ("nobody", []),
        ("hit", [2]),
        ("miss", [3]),
        ("hit miss", []),
        ("pop<50", [1, 3]),
        ("pop>=0", [1, 2, 3]),
        ("lock>=3", [3]),
        ("lock=0", [2]),
        ("len<99999999999", [0, 1, 2, 3]),
    ],
)
def test_rows(text: str, rows: list[int]):
    assert index().rows(parse(text)).tolist() == rows


@pytest.mark.parametrize(
    ("by", "rows", "other_way"),
    [
        ("data", [0, 1, 2, 3], [3, 2, 1, 0]),
        ("id", [3, 2, 1, 0], [0, 1, 2, 3]),
        ("len", [2, 3, 1, 0], [0, 1, 2, 3]),
        ("pop", [2, 1, 3, 0], [1, 3, 2, 0]),
        ("rank", [2, 3, 0, 1], [3, 2, 0, 1]),
        ("lock", [2, 3, 0, 1], [3, 2, 0, 1]),
    ],
)
def test_orders_keep_the_filter_and_put_the_unknown_last(by: str, rows: list[int], other_way: list[int]):
    users = index()
    for ordering, expected in ((Ordering(by), rows), (Ordering(by, reverse=True), other_way)):  # type: ignore[arg-type]
        assert users.rows(parse(""), ordering).tolist() == expected
        assert users.rows(parse("1"), ordering).tolist() == [row for row in expected if row != 1]


def test_an_order_by_rank_follows_the_ranks():
    users = index()
    assert users.rows(Query(), Ordering("rank")).tolist() == [2, 3, 0, 1]
    users.put_ends(np.array([1]), np.array([3]), np.array([1]))
    assert users.rows(Query(), Ordering("rank")).tolist() == [1, 2, 3, 0]
    users.forget_ends()
    assert users.rows(parse("rank>0")).tolist() == []
    assert users.rows(Query(), Ordering("rank")).tolist() == [0, 1, 2, 3]


def test_orders_go_round():
    ordering, seen = Ordering(), list[str]()
    for _ in range(6):
        seen.append(ordering.by)
        ordering = ordering.next()
    assert ordering == Ordering()
    assert sorted(seen) == ["data", "id", "len", "lock", "pop", "rank"]


@given(st.lists(st.integers(0, LAST)))
def test_a_sort_in_two_halves_is_a_stable_sort(keys: list[int]):
    expected = sorted(range(len(keys)), key=lambda row: keys[row])
    assert stable_order(np.array(keys, dtype=np.int32)).tolist() == expected


def test_the_tally_is_of_the_users_listed():
    users = index()
    assert users.tally() == Tally(found=4, wanted=3, known=2, hits=1)
    assert users.tally().hit_rate == 50
    assert users.tally(np.array([2], dtype=np.int32)) == Tally(1, 1, 1, 1)
    assert np.isnan(users.tally(np.array([0], dtype=np.int32)).hit_rate)


@given(st.integers(1, 300), st.integers(0, 400))
def test_columns_fill_the_list(width: int, longest_id: int):
    made = columns(width, longest_id)
    names = [column.name for column in made]
    assert names[0] == "user"
    assert "rank" in names
    if width >= 20:
        assert sum(column.width for column in made) + 3 == width
        assert all(column.width > 0 for column in made)
    if width >= 76:
        assert names == ["user", "next", "len", "pop", "rank", "lock"]


def test_an_index_of_a_million_users_takes_a_few_bytes_each():
    users = UserIndex(np.ones(1_000, dtype=np.int64), np.ones(1_000, dtype=np.bool_))
    assert sum(array.nbytes for array in (users.lengths, users.ranks, users.locks)) == 12_000


conditions = st.lists(
    st.builds(
        Condition,
        st.sampled_from(["len", "pop", "rank", "lock"]),
        st.sampled_from(["<", "<=", ">", ">=", "=", "!="]),
        st.integers(0, 60),
    ),
    max_size=3,
)


@given(conditions, st.lists(st.sampled_from(["a", "1", "b[", "zz"]), max_size=2))
def test_rows_are_those_that_a_loop_finds(asked: list[Condition], fragments: list[str]):
    users = index()
    text = " ".join([*fragments, *(f"{one.field}{one.sign}{one.value}" for one in asked)])
    expected = [
        user
        for user in range(len(users))
        if all(fragment in users.name(user).lower() for fragment in fragments)
        and all(
            users.known(one.field)[user] and one.holds(int(users.values(one.field)[user])) for one in asked
        )
    ]
    assert users.rows(parse(text)).tolist() == expected
