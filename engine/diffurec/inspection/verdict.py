"""What a probe found, in one plain sentence or three."""

from __future__ import annotations

from diffurec.inspection.probe import Difference, Probe

NOTHING = 0.98
"""Overlap of two seeds, and of the first step and the last, from which on the walk decides nothing …"""
LITTLE = 0.9
"""… and little."""
CHANCE = 0.3
"""Below it a list is more a draw than a recommendation."""


def verdict(found: Probe) -> str:
    """Whether the walk decides anything, what that costs, and whether many walks are worth it."""
    least = min(found.seeds_overlap, found.first_last_overlap)
    seeds = f"two seeds share {_of(found.seeds_overlap, found.k)}"
    ends = f"the first step and the last {_of(found.first_last_overlap, found.k)}"
    if least >= NOTHING:
        return f"The walk decides nothing here: {seeds}, {ends}. One pass of the model says the same."
    if least >= LITTLE:
        opening = f"The walk decides little here: {seeds}, {ends}."
    elif found.seeds_overlap >= CHANCE:
        opening = f"The walk takes part in the list: {seeds}, {ends}."
    else:
        opening = f"The list is more a draw than a recommendation: {seeds}, {ends}."
    return f"{opening} {_cost(found.with_state)} {_many(found)}"


def _of(share: float, k: int) -> str:
    return f"{share * k:.1f} of {k} items"


def _cost(state: Difference) -> str:
    if not state.clear:
        return f"Accuracy is the same with the state and without it (NDCG@10 {_signed(state)})."
    better = "gains" if state.mean > 0 else "loses"
    return f"Accuracy {better} by the state (NDCG@10 {_signed(state)})."


def _many(found: Probe) -> str:
    walks = f"{found.samples} walks together rank"
    if not found.all_walks.clear:
        return f"{walks} no better than one ({_signed(found.all_walks)})."
    return (
        f"{walks} {'better' if found.all_walks.mean > 0 else 'worse'} than one ({_signed(found.all_walks)})."
    )


def _signed(difference: Difference) -> str:
    return f"{difference.mean:+.2f} ±{difference.error:.2f}"
