"""What one asks of a walk: which dials, which list, where to leave another walk. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass, field

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


def left_to_recommend(case: Case, num_items: int, *, exclude_seen: bool) -> int:
    """How many items may be ranked for a history: all, or without those seen but for the true next one."""
    return num_items - (len(set(case.history) - {case.target}) if exclude_seen else 0)
