"""One sentence on many lists: would another draw have said something else?"""

from __future__ import annotations

import numpy as np

from diffurec_tui.reading import SMALL_LAMBDA
from diffurec_tui.snapshots import Draws, RunFacts
from diffurec_tui.widgets.text import symbols

NEARLY_ALL = 0.9


def verdict(draws: Draws, facts: RunFacts) -> str:
    """What the lists say of the model, and what they say of the true next item."""
    target = _target(draws)
    return f"{_lists(draws, facts)}. {target}" if target else f"{_lists(draws, facts)}."


def _lists(draws: Draws, facts: RunFacts) -> str:
    n, k = draws.samples.lists.shape
    items = "item" if k == 1 else f"{k} items"
    if n == 1:
        return "One list says nothing of another: draw more"
    most = draws.measures.same_lists
    lam = facts.lambda_mean * draws.spec.view.walk.lambda_scale
    reason = f"with {symbols().lam}0 = {lam:g} " if abs(lam) < SMALL_LAMBDA else ""
    if most == n:
        return f"All {n:,} lists are the same {items}: {reason}another draw says nothing else"
    if most >= NEARLY_ALL * n:
        return f"{most:,} of {n:,} lists are the same {items}: {reason}another draw hardly says anything else"
    common, distinct = draws.measures.shared_items, draws.measures.distinct_items
    if k == 1:
        return f"Two draws agree in {100 * common:.0f} % of all pairs; {distinct:,} items come first in one"
    says = f"Two lists share {common:.1f} of {items}; {distinct:,} are in any"
    if common >= 0.8 * k:
        return f"{says}: another draw says much the same, with other items at the end"
    if common >= 0.4 * k:
        return f"{says}: another draw keeps a core and changes the rest"
    return f"{says}: another draw says something else"


def _target(draws: Draws) -> str:
    ranks, n, k = draws.samples.target_ranks, len(draws.samples.seeds), draws.k
    if ranks is None:
        return ""
    star = symbols().star
    low, high = int(ranks.min()), int(ranks.max())
    if low == high:
        return f"{star} ranks {low:,} in {'it' if n == 1 else 'every one of them'}."
    inside = int(np.count_nonzero(ranks <= k))
    where = "in none" if inside == 0 else "in all" if inside == n else f"in {inside:,}"
    return f"{star} is {where} of them, at rank {low:,} to {high:,}."
