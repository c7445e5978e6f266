from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffurec.inspection.projection import principal_plane


def cloud(seed: int, size: int = 300, width: int = 8) -> np.ndarray:
    rng = np.random.default_rng(seed)
    spread = np.array([5, 3, *[0.5] * (width - 2)])
    turn, _ = np.linalg.qr(rng.normal(size=(width, width)))
    return (rng.normal(size=(size, width)) * spread @ turn + 7).astype(np.float32)


@given(st.integers(0, 1000))
def test_the_plane_is_that_of_a_singular_value_decomposition(seed) -> None:
    table = cloud(seed)
    plane = principal_plane(table)
    _, values, axes = np.linalg.svd(table - table.mean(axis=0), full_matrices=False)
    for ours, theirs in zip(plane.axes, axes[:2], strict=True):
        assert abs(float(ours @ theirs)) == pytest.approx(1, abs=1e-3)
    assert plane.explained == pytest.approx(tuple((values**2 / (values**2).sum())[:2]), rel=1e-3)


def test_coordinates_are_centred_and_keep_distances_in_the_plane() -> None:
    table = cloud(1)
    plane = principal_plane(table)
    points = plane(table)
    assert points.shape == (300, 2)
    assert np.abs(points.mean(axis=0)).max() < 1e-3
    moved = plane(table + 2 * plane.axes[0])
    np.testing.assert_allclose(moved - points, np.tile([2, 0], (300, 1)), atol=1e-3)


def test_the_picture_is_the_same_every_time() -> None:
    np.testing.assert_array_equal(principal_plane(cloud(3)).axes, principal_plane(cloud(3)).axes)


def test_a_table_without_variance_has_a_plane_all_the_same() -> None:
    plane = principal_plane(np.ones((4, 3), dtype=np.float32))
    assert plane.explained == (0.0, 0.0)
    assert np.isfinite(plane(np.ones((2, 3), dtype=np.float32))).all()
