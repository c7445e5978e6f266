from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffurec_tui.widgets.user_filter import Condition, Query, parse
from diffurec_tui.widgets.user_index import UserIndex


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
        ("rankings len>x", Query(("rankings", "len>x"))),
        ("xlen>3", Query(("xlen>3",))),
        ("[bold] .* (", Query(("[bold]", ".*", "("))),
    ],
)
def test_queries(text: str, query: Query):
    assert parse(text) == query


@given(st.text(max_size=60))
def test_any_text_is_a_query(text: str):
    query = parse(text)
    assert all(fragment == fragment.lower() and fragment.strip() for fragment in query.fragments)
    assert index().rows(query).dtype == np.int64


def index() -> UserIndex:
    made = UserIndex(np.array([1, 5, 30, 30]), np.array([False, True, True, True]))
    ids = pl.Series(["A1", "a2", "B[1]", "C1"])
    made.set_ids(ids, ids.str.to_lowercase())
    made.ranks[1:] = [0, 7, 200]
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
    ],
)
def test_rows(text: str, rows: list[int]):
    assert index().rows(parse(text)).tolist() == rows


def test_orders_keep_the_filter():
    assert index().rows(parse(""), "length").tolist() == [2, 3, 1, 0]
    assert index().rows(parse("1"), "length").tolist() == [2, 3, 0]
    assert index().rows(parse(""), "rank").tolist() == [2, 3, 0, 1]


conditions = st.lists(
    st.builds(
        Condition,
        st.sampled_from(["len", "rank"]),
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
            one.holds(int(users.lengths[user]))
            if one.field == "len"
            else users.ranks[user] > 0 and one.holds(int(users.ranks[user]))
            for one in asked
        )
    ]
    assert users.rows(parse(text)).tolist() == expected
