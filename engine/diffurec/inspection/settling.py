"""From which step on the list of a walk stays as it is, for many walks at once.

To round every step of every walk to the whole catalogue would cost more than the walks do. Once x̂_0 is
near to where it ends, a few items can settle it: no other one can have gained more than the Cauchy-Schwarz
inequality allows. Only where that does not decide is a step rounded in full.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from diffurec.inspection.cases import Case
from diffurec.inspection.inspector import Inspector
from diffurec.inspection.views import View

NEAR = 4
"""For each item of the list, how many of the best are looked at."""


@torch.no_grad()
def settled_steps(
    inspector: Inspector,
    cases: Sequence[Case],
    view: View,
    read_out: Tensor,
    final: Tensor,
    stop: Callable[[], bool] = lambda: False,
) -> Tensor | None:
    """Index of the first step from which on the set of the top k does not change any more, int64 (B,).

    Args:
        inspector: the model.
        cases: B histories.
        view: how to round, and k.
        read_out: x̂_0 of all steps, (B, S, D).
        final: what `candidates` gives for the last of them, (B, V+1).
        stop: asked before each step; True gives up and returns None.
    """
    steps = read_out.shape[1]
    k = min(view.top_k, final.shape[1] - 1)
    near = final.topk(min(NEAR * k + 1, final.shape[1]), dim=-1)  # (B, M): the list first
    held, lost = _decided(inspector, view, read_out, near.indices, near.values, k)
    settled = torch.full((len(cases),), steps - 1, device=final.device)
    open_rows = torch.arange(len(cases), device=final.device)
    for step in range(steps - 2, -1, -1):
        if stop():
            return None
        stays = held[open_rows, step]
        unsure = open_rows[~stays & ~lost[open_rows, step]]
        if len(unsure):
            part = [cases[int(row)] for row in unsure]
            same = _same_list(
                inspector.candidates(read_out[unsure, step], part, view), near.indices[unsure, :k]
            )
            stays[torch.isin(open_rows, unsure)] = same
        open_rows = open_rows[stays]
        if not len(open_rows):
            break
        settled[open_rows] = step
    return settled


def _decided(
    inspector: Inspector, view: View, read_out: Tensor, near: Tensor, values: Tensor, k: int
) -> tuple[Tensor, Tensor]:
    """Of each step, whether the list surely is the final one, and whether it surely is not; (B, S) each.

    Args:
        inspector: the model.
        view: how to round.
        read_out: (B, S, D).
        near: the best items at the last step, best first, (B, M).
        values: their scores there; -inf for what may be in no list, (B, M).
        k: length of the list.
    """
    model = inspector.model
    table = model.item_embeddings.weight
    items = table[near]  # (B, M, D)
    rounding = view.walk.rounding or model.config.model.rounding
    if rounding == "cosine":
        read_out = F.normalize(read_out, dim=-1) / model.config.model.cosine_temperature
        items, longest = F.normalize(items, dim=-1), torch.ones((), device=table.device)
    else:
        longest = table.square().sum(-1).max().sqrt()
    # Scores are products plus what does not change from step to step, or is the same for all items.
    moved = (read_out - read_out[:, -1:]) * (2 if rounding == "distance" else 1)  # (B, S, D)
    scores = values.unsqueeze(1) + torch.bmm(moved, items.transpose(1, 2))  # (B, S, M)
    gain = moved.square().sum(-1).sqrt() * longest  # (B, S)
    weakest = scores[..., :k].amin(-1)
    beyond = scores[..., k:]
    strongest = beyond.amax(-1) if beyond.shape[-1] else torch.full_like(weakest, float("-inf"))
    every_item = near.shape[1] == table.shape[0]
    unseen = torch.full_like(weakest, float("-inf")) if every_item else scores[:, -1:, -1] + gain
    return (weakest >= strongest) & (weakest >= unseen), weakest < strongest


def _same_list(candidates: Tensor, top: Tensor) -> Tensor:
    """Whether no other item scores higher than one of `top`, (n,) of (n, V+1) and (n, k)."""
    weakest = candidates.gather(1, top).amin(-1)
    return weakest >= candidates.scatter(1, top, float("-inf")).amax(-1)
