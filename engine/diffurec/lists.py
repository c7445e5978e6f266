"""Recommendation lists of many users, as evaluation makes them and the measures of lists read them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Lists:
    """The k best candidates of each user, best first."""

    items: npt.NDArray[np.int32]  # (E, k) item ids; 0 at the end where there are fewer candidates than k
    scores: npt.NDArray[np.float32]  # (E, k) what they were ranked by; -inf there

    def __len__(self) -> int:
        return len(self.items)

    @property
    def k(self) -> int:
        return self.items.shape[1]


class ListsUnderWay:
    """Lists while they are computed, some rows at a time, in any order."""

    def __init__(self, users: int, k: int) -> None:
        self.items = torch.zeros((users, k), dtype=torch.int32)
        self.scores = torch.zeros((users, k))

    def put(self, rows: Tensor, candidates: Tensor) -> None:
        """Keep the best of `candidates` (B, V+1), where -inf is no candidate, as the lists of `rows` (B,)."""
        k = min(self.items.shape[1], candidates.shape[1])
        top = candidates.topk(k, dim=1)
        items = torch.where(top.values > float("-inf"), top.indices, 0)
        self.items[rows, :k] = items.int().cpu()
        self.scores[rows, :k] = top.values.float().cpu()
        self.scores[rows, k:] = float("-inf")
