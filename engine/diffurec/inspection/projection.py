"""The latent space in two dimensions: principal components of the item table, fitted once.

One fixed linear map for everything, so that frames, samples and users are comparable.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Projection:
    """x ↦ (x - mean) · axesᵀ."""

    mean: Floats  # (D,)
    axes: Floats  # (2, D), orthonormal
    explained: tuple[float, float]
    """Share of the items' variance along each axis."""

    def __call__(self, vectors: Floats) -> Floats:
        """Coordinates (N, 2) of vectors (N, D)."""
        return ((vectors - self.mean) @ self.axes.T).astype(np.float32)


def principal_plane(embeddings: Floats) -> Projection:
    """The plane of greatest variance of item embeddings (V, D), D ≥ 2; padding left out by the caller.

    The sign of an axis is fixed by its largest component, so that equal tables give equal pictures.
    """
    table = embeddings.astype(np.float64)
    mean = table.mean(axis=0)
    centred = table - mean
    variances, axes = np.linalg.eigh(centred.T @ centred / max(1, len(table)))  # ascending
    chosen = axes[:, [-1, -2]].T  # (2, D)
    largest = np.abs(chosen).argmax(axis=1)
    chosen *= np.sign(chosen[[0, 1], largest])[:, None]
    total = float(variances.clip(min=0).sum()) or 1.0
    first, second = (max(0.0, float(variance)) / total for variance in (variances[-1], variances[-2]))
    return Projection(mean.astype(np.float32), chosen.astype(np.float32), (first, second))
