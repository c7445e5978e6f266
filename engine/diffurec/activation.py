"""The activation of the feed-forward layer, with its dropout: tanh-GELU.

Its tensors are the widest of the model, 4 D a position. On a CPU, passes over them cost half as much as
the matrix products, so in training both are one autograd function, which works in place on what nobody else
holds. And in bf16 the GELU that tanh-GELU approximates is taken instead, because torch computes it in a
quarter of the time: the two differ by less than 5e-4, and rounding their argument to bf16 moves either by
up to 8e-3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from diffurec.dropout import draw_mask, dropout, spelled_out


def gelu_dropped(x: Tensor, p: float, *, training: bool) -> Tensor:
    """dropout(GELU(x)), with probability `p` in training."""
    if not training or not spelled_out(x.device):
        return dropout(F.gelu(x, approximate=_form(x)), p, training=training)
    compute = cast("Callable[..., Tensor]", _GeluDropped.apply)  # pyright: ignore[reportUnknownMemberType]
    return compute(x, draw_mask(x, p) if p else None)


def _form(x: Tensor) -> Literal["none", "tanh"]:
    """In torch's words, which GELU is taken of `x`."""
    return "none" if x.dtype == torch.bfloat16 and x.device.type == "cpu" else "tanh"


class _GeluDropped(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, mask: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, mask)
        made = F.gelu(x, approximate=_form(x))
        return made if mask is None else made.mul_(mask)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        x, mask = ctx.saved_tensors
        grad = grads[0].clone() if mask is None else grads[0] * mask
        torch.ops.aten.gelu_backward.grad_input(grad, x, approximate=_form(x), grad_input=grad)
        return grad, None
