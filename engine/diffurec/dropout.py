"""Dropout whose mask is cheap to draw on a CPU.

torch draws one Bernoulli variate an element there, which at this model's sizes takes longer than the
matrix products. Sixteen random bits an element decide as well and come four to a 64-bit draw; the
rate is then exact to 1/65536. On other devices torch's own fused dropout is used, unless the rows at
hand are a share of a batch: torch's dropout cannot skip the draws of the other rows.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from diffurec.parallel import Share

_LEVELS = 1 << 16
_PER_DRAW = 4  # 16-bit numbers in one 64-bit draw
_share: Share | None = None


@contextmanager
def dropping(share: Share) -> Generator[None]:
    """While this lasts, the rows of every tensor that is dropped from are these of a batch.

    The mask is drawn for the whole batch, so that it is the same however the batch is shared out.
    """
    global _share  # noqa: PLW0603 - set around a forward pass, whose modules take one tensor each
    before, _share = _share, None if share.world.alone else share
    try:
        yield
    finally:
        _share = before


def spelled_out(device: torch.device) -> bool:
    """Whether masks are drawn here and not by torch's own kernels."""
    return device.type == "cpu" or _share is not None


def dropout(x: Tensor, p: float, *, training: bool) -> Tensor:
    """Zero each element with probability `p`, scale the others by 1/(1-p); torch's own generator."""
    if not training or p == 0.0:
        return x
    if not spelled_out(x.device):
        return F.dropout(x, p)
    dropped = min(round(p * _LEVELS), _LEVELS - 1)
    shape = x.shape if _share is None else (_share.total, *x.shape[1:])
    count = math.prod(shape)
    draws = torch.empty(-(-count // _PER_DRAW), dtype=torch.int64, device=x.device).random_(-(2**63), None)
    numbers = draws.view(torch.int16)[:count].view(shape)  # uniform on -2^15 … 2^15-1
    if _share is not None:
        numbers = _share.of(numbers)
    kept = numbers >= dropped - _LEVELS // 2
    return x * (kept.to(x.dtype) * (_LEVELS / (_LEVELS - dropped)))


class Dropout(nn.Module):
    """`nn.Dropout` by `dropout`."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        return dropout(x, self.p, training=self.training)
