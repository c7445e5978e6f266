from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diffurec.metrics import ranking_metrics
from diffurec.strata import category_groups, head_and_tail, measure, quantile_groups


def members(groups):
    return {label: rows.tolist() for label, rows in groups}


def test_fifths_of_users_by_length() -> None:
    lengths = np.array([3, 9, 4, 10, 5, 1, 7, 8, 2, 6])
    assert members(quantile_groups(lengths)) == {
        "1 to 2": [5, 8],
        "3 to 4": [0, 2],
        "5 to 6": [4, 9],
        "7 to 8": [6, 7],
        "9 to 10": [1, 3],
    }


def test_users_with_the_same_number_stay_together() -> None:
    assert members(quantile_groups(np.array([3, 3, 3, 3, 3, 3, 3, 9]))) == {"3": list(range(7)), "9": [7]}
    assert members(quantile_groups(np.full(4, 2))) == {"2": [0, 1, 2, 3]}
    assert quantile_groups(np.zeros(0, dtype=np.int64)) == []


@settings(deadline=None)
@given(st.lists(st.integers(0, 20), min_size=1, max_size=80), st.integers(1, 8))
def test_quantile_groups_part_the_users_in_order(values, groups) -> None:
    numbers = np.array(values)
    found = quantile_groups(numbers, groups)
    assert sorted(np.concatenate([rows for _, rows in found]).tolist()) == list(range(len(values)))
    assert len(found) <= groups
    for (_, lower), (_, higher) in pairwise(found):
        assert numbers[lower].max() < numbers[higher].min()


def test_the_head_is_the_most_frequent_fifth_of_the_items_not_of_the_targets() -> None:
    counts = np.array([0, 100, 90, 8, 7, 6, 5, 4, 3, 2, 1])  # of ten items two are the head
    groups = members(head_and_tail(np.array([1, 2, 3, 1, 10], dtype=np.int32), counts))
    assert groups == {"head": [0, 1, 3], "long tail": [2, 4]}


def test_a_user_is_in_every_category_of_the_true_item() -> None:
    names = [frozenset(), frozenset({"a", "b"}), frozenset({"b"}), frozenset()]
    groups = category_groups(np.array([1, 3, 2, 1], dtype=np.int32), names)
    assert [(label, rows.tolist()) for label, rows in groups] == [("b", [0, 2, 3]), ("a", [0, 3])]
    assert category_groups(np.array([3], dtype=np.int32), names) == []


def test_a_stratum_has_the_metrics_of_its_users_alone() -> None:
    ranks = np.array([1, 100, 2, 4, 30])
    found = measure(ranks, ("some", np.array([0, 2, 4])))
    assert (found.label, found.users) == ("some", 3)
    assert found.metrics == ranking_metrics(np.array([1, 2, 30]))
    assert found.metrics["HR@10"] == pytest.approx(200 / 3)
    low, high = found.intervals["HR@10"]
    assert low < found.metrics["HR@10"] < high
