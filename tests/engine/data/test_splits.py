from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from diffurec.data.interactions import Interactions, relabel
from diffurec.data.splits import Cuts, assemble, chronological, leave_one_out, quantile_cuts, temporal
from diffurec.data.times import Times

rows = st.lists(st.tuples(st.integers(0, 4), st.integers(-3, 3)), min_size=1, max_size=50)


@given(rows, st.sampled_from([1, 2**40, 2**61]))
def test_order_is_by_user_then_time_and_ties_keep_file_order(table: list[tuple[int, int]], far: int) -> None:
    # Times far apart do not fit the packed key and take the other road.
    users = np.array([user for user, _ in table], dtype=np.uint32)
    times = Times(np.array([time * far for _, time in table], dtype=np.int64), 1)
    expected = sorted(range(len(table)), key=lambda k: (table[k][0], table[k][1], k))
    assert chronological(users, times).tolist() == expected


def test_without_times_file_order_is_the_order() -> None:
    assert chronological(np.array([1, 0, 1, 0], dtype=np.uint32), None).tolist() == [1, 3, 0, 2]


@given(st.lists(st.integers(0, 9), max_size=40))
def test_relabel_numbers_by_first_appearance(values: list[int]) -> None:
    codes, first = relabel(np.array(values, dtype=np.uint32))
    order = list(dict.fromkeys(values))
    assert codes.tolist() == [order.index(value) for value in values]
    assert [values[row] for row in first] == order


def test_leave_one_out_and_sequences_too_short_for_it() -> None:
    assert leave_one_out(np.array([1, 2, 3, 10])).tolist() == [[1, 1], [2, 2], [1, 2], [8, 9]]


@given(rows, st.integers(-4, 4), st.integers(0, 4))
def test_temporal_boundaries_separate_the_periods(table: list[tuple[int, int]], val: int, gap: int) -> None:
    users = np.array([user for user, _ in table], dtype=np.uint32)
    times = Times(np.array([time for _, time in table], dtype=np.int64), 1)
    ids = pl.Series([str(n) for n in range(5)])
    data = Interactions(users, np.zeros(len(users), dtype=np.uint32), ids, ids, times)
    result = assemble(data, Cuts(val, val + gap))
    assert result.timestamps is not None
    for row, (val_start, test_start) in enumerate(result.boundaries.tolist()):
        own = result.timestamps[result.offsets[row] : result.offsets[row + 1]].tolist()
        assert all(time < val for time in own[:val_start])
        assert all(val <= time < val + gap for time in own[val_start:test_start])
        assert all(time >= val + gap for time in own[test_start:])


def test_quantiles_leave_the_shares_asked_for() -> None:
    times = Times(np.random.default_rng(0).permutation(1000), 1)
    cuts = quantile_cuts(times, 0.1, 0.2)
    assert (cuts.val, cuts.test) == (700, 800)
    users = np.zeros(1000, dtype=np.uint32)
    assert temporal(users, times, cuts, 1).tolist() == [[700, 800]]
