from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from diffurec.data.filtering import core, first_of_pairs, min_rating
from diffurec.data.interactions import Interactions
from diffurec.data.splits import chronological
from diffurec.data.times import Times

pairs = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=60)


def codes(rows: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(rows, dtype=np.uint32).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def slow_core(rows: list[tuple[int, int]], least: int) -> list[int]:
    """The definition: drop one offending row after another."""
    kept = list(range(len(rows)))
    while True:
        bad = [
            k
            for k in kept
            if sum(rows[j][0] == rows[k][0] for j in kept) < least
            or sum(rows[j][1] == rows[k][1] for j in kept) < least
        ]
        if not bad:
            return kept
        kept.remove(bad[0])


@given(pairs, st.integers(1, 5))
def test_core_is_the_k_core(rows: list[tuple[int, int]], least: int) -> None:
    keep, _ = core(*codes(rows), least)
    assert np.flatnonzero(keep).tolist() == slow_core(rows, least)


@given(pairs, st.integers(1, 5))
def test_core_of_a_core_is_itself(rows: list[tuple[int, int]], least: int) -> None:
    users, items = codes(rows)
    keep, _ = core(users, items, least)
    again, rounds = core(users[keep], items[keep], least)
    assert again.all()
    assert rounds == 0


@given(pairs, st.integers(1, 3), st.integers(0, 4), st.data())
def test_core_with_history_holds_both(
    rows: list[tuple[int, int]], least: int, history: int, data: st.DataObject
) -> None:
    users, items = codes(rows)
    train = np.array(data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows))), dtype=bool)
    keep, _ = core(users, items, least, in_train=train, train_least=history)
    for user in set(users[keep].tolist()):
        assert (keep & (users == user)).sum() >= least
        assert (keep & (users == user) & train).sum() >= history
    for item in set(items[keep].tolist()):
        assert (keep & (items == item)).sum() >= least


def test_a_chain_of_removals_takes_several_rounds() -> None:
    # The user with one row takes an item below two, that item another user, and so on.
    rows = [(0, 0), (1, 0), (1, 1), (2, 1), (2, 2), (3, 2), (3, 3)]
    keep, rounds = core(*codes(rows), 2)
    assert not keep.any()
    assert rounds > 2


def test_min_rating_compares_as_written_and_drops_the_unrated() -> None:
    ratings = np.array([4.1, 4.0, np.nan, 5.0], dtype=np.float32)
    assert min_rating(ratings, 4.1).tolist() == [True, False, False, True]


def test_repeats_keep_the_first_in_time_not_in_the_file() -> None:
    users, items = codes([(0, 1), (0, 1), (0, 2), (1, 1), (0, 1)])
    times = Times(np.array([30, 10, 20, 5, 10]), 1)
    ids = pl.Series(["a", "b", "c"])
    data = Interactions(users, items, ids, ids, times)
    keep = first_of_pairs(data, chronological(users, times))
    assert keep.tolist() == [False, True, True, True, False]
