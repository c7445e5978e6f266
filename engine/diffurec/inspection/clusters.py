"""Items in a few groups by where they lie in the whole space: k-means."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]
ROUNDS = 50


def clusters(vectors: Floats, number: int, seed: int = 0) -> Iterator[Labels | None]:
    """Number of each vector's cluster (V,), 0 the largest; before it None after every round, to wait at.

    The first centres are drawn as in k-means++; equal vectors give equal clusters every time.

    Args:
        vectors: (V, D), V ≥ 1.
        number: of clusters; fewer come out where there are fewer different vectors.
        seed: of the first centres.
    """
    centres = _first(vectors, number, np.random.default_rng(seed))
    labels: Labels = np.zeros(len(vectors), dtype=np.int64)
    for _ in range(ROUNDS):
        # ‖v - c‖² but for ‖v‖², which is the same for all centres
        distances = (centres**2).sum(axis=1) - 2 * vectors @ centres.T
        before = labels
        nearest: Labels = distances.argmin(axis=1)
        yield None
        used, labels = np.unique(nearest, return_inverse=True)
        centres = np.stack([vectors[labels == label].mean(axis=0) for label in range(len(used))])
        if np.array_equal(before, labels):
            break
    order = np.argsort(-np.bincount(labels), kind="stable")
    yield np.argsort(order)[labels]


def _first(vectors: Floats, number: int, rng: np.random.Generator) -> Floats:
    """Vectors far from one another, the farther the more likely."""
    chosen = [int(rng.integers(len(vectors)))]
    nearest = np.full(len(vectors), np.inf)
    while len(chosen) < min(number, len(vectors)):
        nearest = np.minimum(nearest, ((vectors - vectors[chosen[-1]]) ** 2).sum(axis=1))
        total = float(nearest.sum())
        if total <= 0:
            break  # all the others are equal to one that is chosen
        chosen.append(int(rng.choice(len(vectors), p=nearest / total)))
    return vectors[chosen]
