"""How uncertain a recommendation is: many x̂_0 of one history are a cloud, and clouds have distances."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


def centre(cloud: Floats) -> Floats:
    """The mean of samples (N, D); NaN of none."""
    if not len(cloud):
        return np.full_like(cloud, np.nan, shape=cloud.shape[1:])
    mean: npt.NDArray[np.float64] = cloud.astype(np.float64).mean(axis=0)
    return mean.astype(np.float32)


def spread(cloud: Floats) -> float:
    """Mean distance of samples (N, D) to their mean; NaN of none."""
    return float(np.linalg.norm(cloud - centre(cloud), axis=1).mean()) if len(cloud) else float("nan")


def apart(centres: Sequence[Floats]) -> float:
    """Mean distance of all pairs of points; NaN where there is no pair."""
    distances = [float(np.linalg.norm(one - other)) for one, other in combinations(centres, 2)]
    return float(np.mean(distances)) if distances else float("nan")
