from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffurec.inspection.clouds import apart, centre, spread
from diffurec.inspection.clusters import clusters
from diffurec.inspection.neighbours import Neighbours


def blobs(number: int = 4, each: int = 50, wide: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    centres = 10 * np.eye(number, 8)
    labels = np.repeat(np.arange(number), each)
    return (centres[labels] + wide * rng.normal(size=(len(labels), 8))).astype(np.float32), labels


def test_spread_and_distance_of_known_clouds():
    square = np.array([[0, 0], [0, 2], [2, 0], [2, 2]], dtype=np.float32)
    assert centre(square).tolist() == [1, 1]
    assert spread(square) == pytest.approx(math.sqrt(2))
    assert spread(square[:1]) == 0
    assert apart([np.array([0, 0]), np.array([3, 4]), np.array([0, 0])]) == pytest.approx(10 / 3)
    assert math.isnan(apart([square[0]]))
    assert math.isnan(spread(square[:0]))


def test_a_narrow_cloud_far_out_keeps_its_width():
    rng = np.random.default_rng(1)
    narrow = rng.normal(size=(500, 4)) * 1e-3
    assert spread((narrow + 100).astype(np.float32)) == pytest.approx(spread(narrow), rel=0.01)


def test_clusters_are_the_groups_there_are():
    vectors, labels = blobs()
    *rounds, found = clusters(vectors, 4)
    assert rounds
    assert all(one is None for one in rounds)
    assert found is not None
    assert len(set(zip(labels.tolist(), found.tolist(), strict=True))) == 4, "one for one"
    *_, again = clusters(vectors, 4)
    np.testing.assert_array_equal(found, again)


@given(st.integers(1, 30), st.integers(1, 6), st.integers(1, 5))
def test_clusters_of_anything(size: int, number: int, different: int):
    vectors = np.eye(8, dtype=np.float32)[np.arange(size) % different]
    *_, found = clusters(vectors, number)
    assert found is not None
    sizes = np.bincount(found)
    assert len(sizes) <= min(number, different, size)
    assert (sizes > 0).all()
    assert (np.diff(sizes) <= 0).all(), "the largest first"
    for vector in np.unique(vectors, axis=0):
        assert len(set(found[(vectors == vector).all(axis=1)])) == 1, "equal vectors are together"


def test_an_anchor_keeps_its_place_and_others_lie_among_the_nearest():
    vectors, labels = blobs(wide=1e-3)
    points = np.stack([labels * 10.0, np.arange(len(labels)) / 100], axis=1).astype(np.float32)
    place = Neighbours(vectors, points)
    np.testing.assert_allclose(place(vectors), points, atol=1e-5)
    beside = place(vectors + np.float32(1e-4))
    assert np.abs(beside[:, 0] - points[:, 0]).max() < 1e-4, "in the same group"
    assert place(vectors[:0]).shape == (0, 2)


def test_the_nearest_count_the_more_the_nearer_they_are():
    anchors = np.array([[0.0], [3.0]], dtype=np.float32)
    place = Neighbours(anchors, np.array([[0, 0], [10, 20]], dtype=np.float32))
    np.testing.assert_allclose(place(np.array([[1.0]], dtype=np.float32)), [[2, 4]], rtol=1e-5)
    np.testing.assert_allclose(place(np.array([[1.5]], dtype=np.float32)), [[5, 10]], rtol=1e-5)
