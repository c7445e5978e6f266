"""A picture that is no linear map: what was not there when it was made lies where its nearest points lie."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
NEAREST = 5
ROWS = 16
"""Vectors placed at once: a matrix of this many times all anchors is small enough to stay quick."""


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The mean of the five nearest anchors' positions, weighted by 1 / distance²; an anchor keeps its own."""

    anchors: Floats  # (A, D) where the points are in the whole space
    points: Floats  # (A, 2) and in the picture

    def __call__(self, vectors: Floats) -> Floats:
        """Positions (N, 2) of vectors (N, D)."""
        parts = [self._place(vectors[begin : begin + ROWS]) for begin in range(0, len(vectors), ROWS)]
        return np.concatenate(parts) if parts else np.empty((0, 2), dtype=np.float32)

    def _place(self, vectors: Floats) -> Floats:
        anchors, squares = self._precise
        squared = squares - 2 * vectors.astype(np.float64) @ anchors.T  # distances, but for a constant a row
        number = min(NEAREST, len(self.anchors))
        near = np.argpartition(squared, number - 1, axis=1)[:, :number]  # (N, 5)
        exact: Doubles = ((anchors[near] - vectors[:, None]) ** 2).sum(axis=2)
        nearest: Doubles = exact.min(axis=1, keepdims=True)
        weights: Doubles = np.where(nearest > 0, nearest / np.maximum(exact, 1e-300), exact == 0)
        weights /= weights.sum(axis=1, keepdims=True)
        mean: Doubles = (weights[:, :, None] * self.points[near]).sum(axis=1)
        return mean.astype(np.float32)

    @cached_property
    def _precise(self) -> tuple[Doubles, Doubles]:
        """The anchors and their squared lengths: samples of a cloud may lie nearer than float32 can tell."""
        anchors = self.anchors.astype(np.float64)
        return anchors, np.einsum("ad,ad->a", anchors, anchors)
