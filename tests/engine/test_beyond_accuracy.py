from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.spatial.distance import pdist
from scipy.special import rel_entr

from diffurec import beyond_accuracy as measures
from diffurec.beyond_accuracy import beyond_accuracy, flat, histories_before
from diffurec.inspection.diversity import category_distance, intra_list_distance, item_facts
from tests.helpers import write_dataset

CATEGORIES = [frozenset(names) for names in ("", "a", "ab", "b", "c", "", "bc")]
COUNTS = np.array([0, 40, 30, 20, 10, 0, 4])
LISTS = st.integers(1, 30).flatmap(
    lambda users: hnp.arrays(np.int32, (users, 3), elements=st.integers(1, 6))
)  # fmt: skip


def lists(*rows):
    return np.array(rows, dtype=np.int32)


def exposure(rows):
    return np.bincount(rows.ravel(), minlength=7)[1:]


def test_coverage_and_gini_of_known_lists() -> None:
    same = exposure(lists([1, 2], [1, 2]))
    assert measures.coverage(same) == pytest.approx(2 / 6)
    assert measures.gini(same) == pytest.approx(1 - 2 / 6)
    even = exposure(lists([1, 2], [3, 4], [5, 6]))
    assert measures.coverage(even) == 1
    assert measures.gini(even) == pytest.approx(0)
    assert math.isnan(measures.gini(np.zeros(6, dtype=np.int64)))


@settings(deadline=None)
@given(LISTS)
def test_gini_is_half_the_relative_mean_difference(rows) -> None:
    seen = exposure(rows)
    differences = np.abs(seen[:, None] - seen[None, :]).mean()
    assert measures.gini(seen) == pytest.approx(differences / (2 * seen.mean()), abs=1e-9)


def test_novelty_is_self_information_and_an_item_never_seen_counts_as_seen_once() -> None:
    counts = np.array([0, 64, 32, 16, 8, 0, 8])  # 128 in all
    assert measures.novelty(lists([1, 2]), counts) == pytest.approx((1 + 2) / 2)
    assert measures.novelty(lists([1, 0], [3, 5]), counts) == pytest.approx((1 + (3 + 7) / 2) / 2)


def test_popularity_lift_compares_lists_with_histories() -> None:
    histories = flat(lists([3, 4, 0], [4, 0, 0]))  # 15 and 10 in the mean
    assert measures.mean_popularity(histories, COUNTS) == pytest.approx(12.5)
    assert measures.mean_popularity(flat(lists([1, 4], [1, 4])), COUNTS) == pytest.approx(25)
    assert measures.popularity_lift(25, 12.5) == pytest.approx(1)
    assert math.isnan(measures.popularity_lift(25, 0))


def test_distances_in_a_list_are_those_of_scipy() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(7, 5)).astype(np.float32)
    facts = item_facts(vectors, ["", "a", "a|b", "b", "c", "", "b|c"], COUNTS)
    rows = lists([1, 2, 3], [6, 4, 2], [3, 1, 0])
    cosines = [pdist(vectors[row[row > 0]], "cosine").mean() for row in rows]
    assert intra_list_distance(rows, facts.directions) == pytest.approx(np.mean(cosines), abs=1e-6)
    table = np.array([[name in own for name in "abc"] for own in CATEGORIES])
    jaccards = [pdist(table[row[row > 0]], "jaccard").mean() for row in rows]
    assert category_distance(rows, facts.categories) == pytest.approx(np.mean(jaccards), abs=1e-6)
    assert math.isnan(intra_list_distance(lists([1, 0]), facts.directions))


def steck(listed, history, smoothing=0.01):
    """C_KL of one user, from the paper's definition, with SciPy's p log(p / q)."""

    def shares(items):
        each = [
            [(name in CATEGORIES[item]) / len(CATEGORIES[item]) for name in "abc"]
            for item in items
            if item and CATEGORIES[item]
        ]
        return np.mean(each, axis=0) if each else None

    p, q = shares(history), shares(listed)
    if p is None or q is None:
        return None
    return rel_entr(p, (1 - smoothing) * q + smoothing * p).sum()


@settings(deadline=None)
@given(LISTS, st.data())
def test_miscalibration_is_that_of_steck(rows, data) -> None:
    before = data.draw(hnp.arrays(np.int32, (len(rows), 4), elements=st.integers(1, 6)))
    each = [steck(*both) for both in zip(rows, before, strict=True)]
    known = [value for value in each if value is not None]
    found = measures.miscalibration(rows, flat(before), CATEGORIES)
    assert found == pytest.approx(np.mean(known) if known else math.nan, abs=1e-9, nan_ok=True)


def test_miscalibration_of_known_lists() -> None:
    assert measures.miscalibration(lists([1, 3]), flat(lists([2, 2])), CATEGORIES) == pytest.approx(0)
    nothing_in_common = measures.miscalibration(lists([4, 4]), flat(lists([1, 1])), CATEGORIES)
    assert nothing_in_common == pytest.approx(math.log(100))
    assert math.isnan(measures.miscalibration(lists([4]), flat(lists([1])), [frozenset()] * 7))


def test_users_are_measured_some_at_a_time(monkeypatch) -> None:
    rng = np.random.default_rng(1)
    rows, before = (
        rng.integers(1, 7, (50, 3), dtype=np.int32),
        flat(rng.integers(1, 7, (50, 5), dtype=np.int32)),
    )
    facts = item_facts(
        rng.normal(size=(7, 4)).astype(np.float32), ["|".join(own) for own in CATEGORIES], COUNTS
    )
    whole = beyond_accuracy(rows, before, COUNTS, facts)
    monkeypatch.setattr(measures, "USERS_AT_ONCE", 7)
    monkeypatch.setattr(measures, "MOST_CELLS", 3 * 4)
    parts = beyond_accuracy(rows, before, COUNTS, facts)
    assert vars(parts) == pytest.approx(vars(whole))
    assert not any(map(math.isnan, vars(whole).values()))


def test_histories_are_all_that_lies_before_the_target(tmp_path) -> None:
    dataset = write_dataset(tmp_path / "d", [[1, 2, 3, 4], [5], [6, 1, 2]], 6)
    users = dataset.evaluation_users("test")
    parts = [
        (items.tolist(), owner.tolist())
        for _, items, owner in histories_before(dataset, users, "test").parts(1)
    ]
    assert parts == [([1, 2, 3], [0, 0, 0]), ([6, 1], [0, 0])]
