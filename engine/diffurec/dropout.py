"""Dropout whose mask is cheap to draw on a CPU.

torch draws one Bernoulli variate an element there, which at this model's sizes takes longer than the
matrix products. Eight random bits an element decide as well; numpy's SFC64 makes them eight elements a
number, three times as fast as torch's generator, from which its seed is drawn. So many levels of 256 are
dropped as the rate asks for, or one more: that too is drawn, for each tensor, so that the rate is exact on
average, and what is kept is scaled by the rate that was taken.

On other devices torch's own fused dropout is used, unless the rows at hand are a share of a batch: torch's
dropout cannot skip the draws of the other rows.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from diffurec.parallel import Share

_LEVELS = 1 << 8
_PER_DRAW = 8  # 8-bit numbers in one 64-bit draw
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


def as_now() -> AbstractContextManager[None]:
    """What `dropping` says now, to be said again when a block is computed once more."""
    return nullcontext() if _share is None else dropping(_share)


def spelled_out(device: torch.device) -> bool:
    """Whether masks are drawn here and not by torch's own kernels."""
    return device.type == "cpu" or _share is not None


def dropout(x: Tensor, p: float, *, training: bool) -> Tensor:
    """Zero each element with probability `p`, scale the others by 1/(1-p); torch's own generator."""
    if not training or p == 0.0:
        return x
    if not spelled_out(x.device):
        return F.dropout(x, p)
    mask = draw_mask(x, p)
    return x if mask is None else x * mask


def draw_mask(x: Tensor, p: float) -> Tensor | None:
    """What `x` is multiplied with: 0 with probability `p`, else the scale; None where nothing is dropped."""
    shape = x.shape if _share is None else (_share.total, *x.shape[1:])
    count = math.prod(shape)
    seed = int(torch.randint(2**62, ()))
    numbers = _uniform_bytes(count, seed, x.device).view(shape)
    if _share is not None:
        numbers = _share.of(numbers)
    dropped = min(_dithered(p * _LEVELS, seed), _LEVELS - 1)
    if not dropped:
        return None
    # By arithmetic on bytes: torch's comparisons and choices make one element at a time on a CPU.
    lowest = dropped - _LEVELS // 2  # of those kept
    kept = numbers.clamp_(lowest - 1, lowest).sub_(lowest - 1)  # 0 or 1
    return kept.to(x.dtype).mul_(_LEVELS / (_LEVELS - dropped))


def _uniform_bytes(count: int, seed: int, device: torch.device) -> Tensor:
    """Numbers that are uniform on -128 … 127, int8 (count,)."""
    words = -(-count // _PER_DRAW)
    if device.type != "cpu":
        generator = torch.Generator(device).manual_seed(seed)
        drawn = torch.empty(words, dtype=torch.int64, device=device).random_(
            -(2**63), None, generator=generator
        )
        return drawn.view(torch.int8)[:count]
    generator = np.random.Generator(np.random.SFC64(seed))
    drawn = generator.integers(0, 2**64 - 1, words, dtype=np.uint64, endpoint=True)
    return torch.from_numpy(drawn.view(np.int8))[:count]


def _dithered(levels: float, draw: int) -> int:
    """The whole number below or above, as the last bits of a draw decide."""
    return math.floor(levels + (draw & 0xFFFFFF) / (1 << 24))


class Dropout(nn.Module):
    """`nn.Dropout` by `dropout`."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        return dropout(x, self.p, training=self.training)
