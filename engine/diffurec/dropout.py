"""Dropout whose mask is cheap to draw on a CPU.

torch draws one Bernoulli variate an element there, which at this model's sizes takes longer than the
matrix products. Sixteen random bits an element decide as well and come four to a 64-bit draw; the
rate is then exact to 1/65536. On other devices torch's own fused dropout is used.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_LEVELS = 1 << 16
_PER_DRAW = 4  # 16-bit numbers in one 64-bit draw


def dropout(x: Tensor, p: float, *, training: bool) -> Tensor:
    """Zero each element with probability `p`, scale the others by 1/(1-p); torch's own generator."""
    if not training or p == 0.0:
        return x
    if x.device.type != "cpu":
        return F.dropout(x, p)
    dropped = min(round(p * _LEVELS), _LEVELS - 1)
    draws = torch.empty(-(-x.numel() // _PER_DRAW), dtype=torch.int64).random_(-(2**63), None)
    numbers = draws.view(torch.int16)[: x.numel()].view(x.shape)  # uniform on -2^15 … 2^15-1
    kept = numbers >= dropped - _LEVELS // 2
    return x * (kept.to(x.dtype) * (_LEVELS / (_LEVELS - dropped)))


class Dropout(nn.Module):
    """`nn.Dropout` by `dropout`."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        return dropout(x, self.p, training=self.training)
