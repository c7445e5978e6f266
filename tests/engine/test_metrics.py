from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from diffurec.metrics import ranking_metrics, target_rank, user_metrics


def rank_of(row: list[float], target: int) -> int:
    return int(target_rank(torch.tensor([row]), torch.tensor([target])))


def test_known_ranks() -> None:
    row = [-math.inf, 0.5, 3.0, 1.0, 2.0]
    assert [rank_of(row, item) for item in (2, 4, 3, 1)] == [1, 2, 3, 4]


def test_a_model_that_scores_everything_alike_ranks_the_target_in_the_middle() -> None:
    assert rank_of([-math.inf] + [1.0] * 101, 7) == 51
    assert rank_of([-math.inf, 1.0], 1) == 1
    assert rank_of([-math.inf, 1.0, 1.0], 1) == 1


def test_a_nan_or_excluded_target_is_last() -> None:
    assert rank_of([-math.inf, math.nan, 1.0, 2.0], 1) == 3
    assert rank_of([-math.inf, -math.inf, 1.0, 2.0], 1) == 3


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=12), st.data())
def test_a_rank_lies_between_the_best_and_the_worst_case(values, data) -> None:
    target = data.draw(st.integers(1, len(values)))
    row = [-math.inf, *map(float, values)]
    above = sum(value > values[target - 1] for value in values)
    tied = sum(value == values[target - 1] for value in values) - 1
    assert rank_of(row, target) == 1 + above + tied // 2


def test_known_metrics() -> None:
    values = ranking_metrics(np.array([1, 3, 6, 15, 100]))
    assert values["HR@5"] == pytest.approx(40)
    assert values["HR@10"] == pytest.approx(60)
    assert values["HR@20"] == pytest.approx(80)
    assert values["NDCG@5"] == pytest.approx(100 * (1 + 0.5) / 5)
    assert values["MRR@10"] == pytest.approx(100 * (1 + 1 / 3 + 1 / 6) / 5)


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=50))
def test_metrics_are_means_over_users_whatever_their_order(ranks) -> None:
    forward = ranking_metrics(np.array(ranks))
    assert ranking_metrics(np.array(ranks[::-1])) == pytest.approx(forward)
    for k in (5, 10, 20):
        assert (
            0 <= forward[f"MRR@{k}"] <= forward[f"NDCG@{k}"] + 1e-9 <= forward[f"HR@{k}"] + 2e-9 <= 100 + 1e-6
        )


def test_no_users_have_no_metrics() -> None:
    assert math.isnan(ranking_metrics(np.array([], dtype=np.int64))["HR@10"])


def test_all_ranks_beyond_the_last_cutoff_count_the_same() -> None:
    each = user_metrics(np.array([21, 22, 5000]))
    assert all((values == 0).all() for values in each.values())
