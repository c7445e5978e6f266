"""The training loss over a catalogue: exact softmax cross-entropy, whole or in chunks, and the sampled one.

    loss_b = log Σ_v exp(x̂_b · e_v) − x̂_b · e_target(b)

Whole, the scores of a batch take B × V numbers, and their gradient as many again. In chunks of the
catalogue the same loss takes B × chunk, for one more matrix product in the backward pass. Sampled, the
sum runs over items drawn from a proposal Q, each score corrected by −log(n Q(v)) (Bengio & Senécal 2008),
so that its expectation is the exact sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor

MOST_SCORES = 1 << 25
"""Scores that are held whole, 128 MiB in float32; from there on the catalogue is taken in chunks …"""
CHUNK_SCORES = 1 << 23
"""… of so many scores."""


@dataclass
class TableGradient:
    """One gradient of a large table for two uses of it: begun by the loss, completed by `look_up`.

    autograd would make one for each and a third for their sum.
    """

    tensor: Tensor | None = None


def look_up(table: Tensor, ids: Tensor, gradient: TableGradient) -> Tensor:
    """Rows (…, D) of `table` for ids (…), whose gradient is added to what the loss has put down."""
    return cast("Tensor", _LookUp.apply(table, ids, gradient))


class _LookUp(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, table: Tensor, ids: Tensor, gradient: TableGradient) -> Tensor:
        ctx.save_for_backward(ids)
        ctx.gradient, ctx.like = gradient, table
        return F.embedding(ids, table)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        (ids,), (grad,) = ctx.saved_tensors, grads
        held: TableGradient = ctx.gradient
        total = torch.zeros_like(ctx.like) if held.tensor is None else held.tensor
        held.tensor = None
        return total.index_add_(0, ids.flatten(), grad.flatten(0, -2).to(total.dtype)), None, None


def cross_entropy(
    x: Tensor,
    table: Tensor,
    targets: Tensor,
    *,
    score_padding: bool = False,
    gradient: TableGradient | None = None,
) -> Tensor:
    """Exact softmax cross-entropy of each row, float32 (B,).

    Args:
        x: x̂_0, (B, D).
        table: item embeddings, row 0 the padding's, (V+1, D).
        targets: ids, int64 (B,).
        score_padding: whether the padding is one of the items.
        gradient: where to put the table's, if it is taken in chunks; `x` must come of `look_up` then.
    """
    first = 0 if score_padding else 1
    if len(x) * len(table) <= MOST_SCORES:
        return F.cross_entropy(x @ table[first:].T, targets - first, reduction="none")
    return cast("Tensor", _ChunkedCrossEntropy.apply(x, table, targets, first, gradient))


class _ChunkedCrossEntropy(torch.autograd.Function):
    """Scores of a chunk of items at a time, in both passes; the table's gradient is written in place."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, table: Tensor, targets: Tensor, first: int, gradient: TableGradient | None
    ) -> Tensor:
        half = torch.is_autocast_enabled(x.device.type)
        dtype = torch.get_autocast_dtype(x.device.type) if half else x.dtype
        with torch.autocast(x.device.type, enabled=False):
            own = (x.float() * table[targets].float()).sum(-1)  # (B,)
            total = torch.full_like(own, float("-inf"))  # log Σ exp so far
            for chunk in _chunks(x, table, first):
                scores = _scores(x, table[chunk], dtype)  # (B, chunk)
                total = torch.logaddexp(total, scores.logsumexp(-1))
        ctx.save_for_backward(x, table, targets, total)
        ctx.first, ctx.dtype, ctx.gradient = first, dtype, gradient
        return total - own

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        x, table, targets, total = ctx.saved_tensors
        (grad,) = grads  # (B,)
        rows = torch.arange(len(x), device=x.device)
        grad_x = torch.zeros_like(x, dtype=torch.float32)
        grad_table = torch.empty_like(table)
        grad_table[: ctx.first] = 0
        for chunk in _chunks(x, table, ctx.first):
            items = table[chunk]
            share = _scores(x, items, ctx.dtype).sub_(total.unsqueeze(1)).exp_()  # softmax, (B, chunk)
            here = (targets >= chunk.start) & (targets < chunk.stop)
            share[rows[here], targets[here] - chunk.start] -= 1
            share = share.mul_(grad.unsqueeze(1)).to(ctx.dtype)
            grad_x += share @ items.to(ctx.dtype)
            grad_table[chunk] = share.T @ x.to(ctx.dtype)
        if ctx.gradient is None:
            return grad_x.to(x.dtype), grad_table, None, None, None
        ctx.gradient.tensor = grad_table
        return grad_x.to(x.dtype), None, None, None, None


def _chunks(x: Tensor, table: Tensor, first: int) -> list[slice]:
    """The catalogue in parts of which the scores of the batch fit."""
    size = max(1, CHUNK_SCORES // max(1, len(x)))
    return [slice(begin, min(begin + size, len(table))) for begin in range(first, len(table), size)]


def _scores(x: Tensor, items: Tensor, dtype: torch.dtype) -> Tensor:
    return (x.to(dtype) @ items.to(dtype).T).float()


def sampled_cross_entropy(
    x: Tensor,
    table: Tensor,
    targets: Tensor,
    negatives: Tensor,
    log_expected: Tensor,
    *,
    cosine: bool = False,
) -> Tensor:
    """Softmax cross-entropy of each row over its target and items drawn for all rows, float32 (B,).

    Args:
        x: x̂_0, (B, D).
        table: item embeddings, (V+1, D).
        targets: ids, int64 (B,).
        negatives: ids drawn with replacement from the proposal Q, int64 (N,).
        log_expected: log(N Q(v)) of every id v, (V+1,): how often it is expected among the negatives.
        cosine: take the items' directions instead of their embeddings.
    """
    target_rows, rows = F.embedding(targets, table), F.embedding(negatives, table)  # (B, D), (N, D)
    if cosine:
        target_rows, rows = F.normalize(target_rows, dim=-1), F.normalize(rows, dim=-1)
    own = (x * target_rows).sum(-1, keepdim=True).float()  # (B, 1)
    others = (x @ rows.T).float() - log_expected[negatives]  # (B, N)
    others = others.masked_fill(negatives == targets.unsqueeze(1), float("-inf"))
    return torch.cat([own, others], dim=1).logsumexp(-1) - own.squeeze(1)
