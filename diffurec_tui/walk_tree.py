"""The walks of one user as a small tree: a fork hangs below the walk whose past it shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from diffurec.inspection.cases import Case
from diffurec.inspection.frames import Trajectory
from diffurec_tui.snapshots import WalkSpec
from diffurec_tui.walking import edited, turned
from diffurec_tui.widgets.text import spelled, symbols


@dataclass(frozen=True)
class Branch:
    """A walk in the tree."""

    spec: WalkSpec
    depth: int
    """How many walks it hangs below."""
    label: str


def tree(specs: Sequence[WalkSpec], data: Case) -> tuple[Branch, ...]:
    """The walks, each below the one it was forked from, as far as that is known.

    Args:
        specs: in the order first seen, which siblings keep.
        data: the history as the data has it, to tell what is edited.
    """
    parents = {spec: _parent(spec, specs) for spec in specs}
    children: dict[WalkSpec | None, list[WalkSpec]] = {}
    for spec, parent in parents.items():
        children.setdefault(parent, []).append(spec)
    found: list[Branch] = []

    def visit(spec: WalkSpec, depth: int) -> None:
        found.append(Branch(spec, depth, label(spec, parents[spec], data)))
        for child in children.get(spec, ()):
            visit(child, depth + 1)

    for root in children.get(None, ()):
        visit(root, 0)
    return tuple(found)


def label(spec: WalkSpec, parent: WalkSpec | None, data: Case) -> str:
    """What makes the walk another one than its parent: its seed, its forks, its dials and its history."""
    shared = 0 if parent is None else len(parent.forks)
    forks = " ".join(f"{symbols().fork}{one.step}:{one.seed}" for one in spec.forks[shared:])
    if parent is not None:
        return forks
    changes = (spelled(one) for one in (turned(spec.view), edited(data, spec.case).removeprefix("history ")))
    return " ".join(filter(None, (f"seed {spec.seed}", forks, *changes)))


def _parent(spec: WalkSpec, specs: Sequence[WalkSpec]) -> WalkSpec | None:
    """The walk that shares the most of this one's past; None for a root."""
    known = set(specs)
    for number in range(len(spec.forks) - 1, -1, -1):
        nearer = replace(spec, forks=spec.forks[:number])
        if nearer in known:
            return nearer
    return None


def shared_items(one: Trajectory, other: Trajectory) -> str:
    """How many items of one recommendation are in another."""
    final = one.frames[-1].x_0_hat.items
    common = np.intersect1d(final, other.frames[-1].x_0_hat.items, assume_unique=True)
    return f"{len(common)}/{len(final)}"


def neighbour(branches: Sequence[Branch], spec: WalkSpec, by: int) -> WalkSpec | None:
    """The walk above (-1) or below (+1) in the tree; None where there is none."""
    places = [place for place, one in enumerate(branches) if one.spec == spec]
    if not places:  # still being walked: it comes after all others
        return branches[-1].spec if branches and by < 0 else None
    place = places[0] + by
    return branches[place].spec if 0 <= place < len(branches) else None
