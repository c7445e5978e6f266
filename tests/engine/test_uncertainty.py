from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from diffurec.metrics import ranking_metrics, user_metrics
from diffurec.uncertainty import bootstrap_intervals, compare

RANKS = st.lists(st.integers(1, 40), min_size=1, max_size=60).map(np.array)
PAIRS = st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=1, max_size=40).map(np.array)


def some_ranks(users: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).geometric(0.06, users)


@settings(max_examples=40, deadline=None)
@given(RANKS, st.integers(0, 9))
def test_an_interval_contains_the_mean(ranks, seed) -> None:
    intervals = bootstrap_intervals(ranks, resamples=1000, seed=seed)
    for name, mean in ranking_metrics(ranks).items():
        low, high = intervals[name]
        assert -1e-9 <= low <= mean + 1e-9
        assert mean - 1e-9 <= high <= 100 + 1e-9


@pytest.mark.parametrize("name", ["HR@10", "NDCG@10", "MRR@20"])
def test_intervals_are_those_of_resampling_users_one_by_one(name) -> None:
    ranks = some_ranks(400, 0)
    values = 100 * user_metrics(ranks)[name]
    found = stats.bootstrap((values,), np.mean, n_resamples=5000, method="percentile", rng=1)
    # Two runs of 5000 resamples each differ by some hundredths of a standard error.
    tolerance = 0.15 * float(found.standard_error)
    assert bootstrap_intervals(ranks)[name] == pytest.approx(tuple(found.confidence_interval), abs=tolerance)


def test_hits_of_one_user_in_two_have_the_interval_of_a_coin() -> None:
    ranks = np.repeat([1, 50], 200)
    low, high = bootstrap_intervals(ranks)["HR@5"]
    assert (low, high) == pytest.approx((100 * stats.binom(400, 0.5).ppf([0.025, 0.975]) / 400), abs=0.3)


def test_a_level_is_nested_in_a_higher_one_and_more_users_narrow_it() -> None:
    ranks = some_ranks(100, 1)
    wide, narrow = bootstrap_intervals(ranks, level=0.99), bootstrap_intervals(ranks, level=0.8)
    assert all(wide[name][0] < narrow[name][0] < narrow[name][1] < wide[name][1] for name in wide)
    more = bootstrap_intervals(np.tile(ranks, 16))["HR@10"]
    few = bootstrap_intervals(ranks)["HR@10"]
    assert (more[1] - more[0]) == pytest.approx((few[1] - few[0]) / 4, rel=0.15)


def test_intervals_are_seeded_and_of_nobody_there_are_none() -> None:
    ranks = some_ranks(300, 2)
    assert bootstrap_intervals(ranks, seed=1) == bootstrap_intervals(ranks, seed=1)
    assert bootstrap_intervals(ranks, seed=1) != bootstrap_intervals(ranks, seed=2)
    assert all(map(math.isnan, bootstrap_intervals(np.zeros(0, dtype=np.int64))["HR@5"]))


def exact_p(ranks: np.ndarray, others: np.ndarray, name: str) -> float:
    """By all 2^U ways to let the two ranks of each user change places."""
    differences = user_metrics(ranks)[name] - user_metrics(others)[name]
    flipped = np.array(list(product((-1, 1), repeat=len(differences)))) @ differences
    return float((np.abs(flipped) >= abs(differences.sum()) - 1e-9).mean())


@pytest.mark.parametrize("name", ["HR@5", "NDCG@10", "MRR@20"])
def test_p_is_that_of_all_ways_to_flip(name) -> None:
    ranks = np.array([1, 2, 1, 6, 3, 30, 8, 1, 2, 9, 4, 1])
    others = np.array([3, 2, 4, 40, 1, 30, 19, 2, 6, 9, 11, 7])
    difference = compare(ranks, others, flips=40_000)[name]
    exact = exact_p(ranks, others, name)
    assert 0.001 < exact < 0.5
    assert difference.p == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 40_000))
    means = ranking_metrics(ranks)[name] - ranking_metrics(others)[name]
    assert difference.mean == pytest.approx(means)


@settings(max_examples=40, deadline=None)
@given(PAIRS)
def test_which_model_comes_first_is_of_no_consequence_for_p(pairs) -> None:
    one, other = pairs.T
    forward, backward = (compare(*both, flips=500, resamples=500) for both in ((one, other), (other, one)))
    for name, difference in forward.items():
        assert difference.p == backward[name].p
        assert difference.mean == pytest.approx(-backward[name].mean)
        assert difference.interval[0] - 1e-9 <= difference.mean <= difference.interval[1] + 1e-9


def test_a_model_against_itself_differs_in_nothing() -> None:
    ranks = some_ranks(50, 3)
    for difference in compare(ranks, ranks, flips=200).values():
        assert (difference.mean, difference.interval, difference.p) == (0, (0, 0), 1)


def test_p_of_models_that_are_alike_is_uniform() -> None:
    rng = np.random.default_rng(0)
    found = [
        compare(rng.geometric(0.05, 300), rng.geometric(0.05, 300), flips=300, resamples=2)["NDCG@20"].p
        for _ in range(200)
    ]
    assert stats.kstest(found, "uniform").pvalue > 0.01
    better = compare(rng.geometric(0.09, 300), rng.geometric(0.05, 300), resamples=500)["NDCG@20"]
    assert better.p < 0.01
    assert better.interval[0] > 0
