"""Ranking metrics from the rank of the one true item.

With a single relevant item, and [·] 1 where the condition holds, else 0:
HR@k = [rank ≤ k],  NDCG@k = [rank ≤ k] / log2(rank + 1),  MRR@k = [rank ≤ k] / rank.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

CUTOFFS = (5, 10, 20)
TIES = "of the items that score exactly as the true one, half count as before it, rounded in its favour"
"""What `target_rank` does, in words for whoever reads its ranks."""


def target_rank(scores: Tensor, targets: Tensor) -> Tensor:
    """Rank of each target among its row of scores, 1 the best, int64 (B,).

    Items that tie with the target are counted as half before it, half after, rounded in its favour:
    a model that scores everything alike ranks the target in the middle, not first. A score of -inf
    takes an item out of the ranking; NaN ranks the target last.

    Args:
        scores: (B, V+1); whatever must not be ranked is -inf.
        targets: column of each row's true item, int64 (B,).
    """
    own = scores.gather(1, targets.unsqueeze(1))  # (B, 1)
    above = (scores > own).sum(1)
    tied = (scores == own).sum(1) - 1
    rank = 1 + above + tied.clamp(min=0) // 2
    ranked = (scores > float("-inf")).sum(1)
    return torch.where(own.squeeze(1).isnan() | own.squeeze(1).isneginf(), ranked + 1, rank)


def user_metrics(ranks: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[np.float64]]:
    """HR, NDCG and MRR at 5, 10 and 20 of each user alone, between 0 and 1, (U,) each.

    All are functions of the rank, and alike for all ranks beyond the last cutoff.

    Args:
        ranks: rank of the true item of each user, (U,).
    """
    values: dict[str, npt.NDArray[np.float64]] = {}
    for k in CUTOFFS:
        hit = ranks <= k
        values[f"HR@{k}"] = hit.astype(np.float64)
        values[f"NDCG@{k}"] = np.where(hit, 1 / np.log2(ranks + 1.0), 0.0)
        values[f"MRR@{k}"] = np.where(hit, 1 / ranks, 0.0)
    return values


def ranking_metrics(ranks: npt.NDArray[np.int64]) -> dict[str, float]:
    """HR, NDCG and MRR at 5, 10 and 20, in percent, each the mean over all users; NaN of none."""
    return {name: _percent(values) for name, values in user_metrics(ranks).items()}


def _percent(values: npt.NDArray[np.float64]) -> float:
    return 100 * float(values.mean()) if len(values) else float("nan")
