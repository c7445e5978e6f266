"""What one asks of a walk: which dials, which list, where to leave another walk. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from diffurec.errors import UserError
from diffurec.inspection.cases import Case
from diffurec.walk_options import WalkOptions


@dataclass(frozen=True)
class View:
    """How walks are walked and rounded."""

    top_k: int = 10
    exclude_seen: bool = False
    """Leave items of the history, but for the true next one, out of the ranking."""
    temperature: float = 1.0
    """Divides the scores before they become probabilities; ranks do not depend on it."""
    walk: WalkOptions = field(default_factory=WalkOptions)


@dataclass(frozen=True)
class Fork:
    """Where a walk leaves another one: what lies before `step` is shared, from it on `seed` draws."""

    step: int
    seed: int


def within(view: View, case: Case, num_items: int) -> View:
    """The view with lists no longer than there are items to rank for this history.

    Raises:
        UserError: there are none.
    """
    if not view.exclude_seen:
        return view
    left = num_items - len(set(case.history) - {case.target})
    if left == 0:
        raise UserError("the history has every item of the catalogue: without those seen nothing is left")
    return replace(view, top_k=min(view.top_k, left))
