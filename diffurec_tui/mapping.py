"""What a walk looks like among all items in two dimensions: the items, the marks on them, and the trail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from diffurec.inspection.frames import Lens
from diffurec.inspection.projection import Projection
from diffurec_tui.reading import States
from diffurec_tui.snapshots import Names, Subject

Floats = npt.NDArray[np.float32]
Kind = Literal["history", "newest", "top", "target", "item"]
MANY_GROUPS = 5
"""Categories that are told apart; the smaller ones are one group."""


@dataclass(frozen=True, eq=False)
class ItemMap:
    """All items of a model in the plane of their greatest variance; row i - 1 is item i."""

    projection: Projection
    vectors: Floats  # (V, D)
    points: Floats  # (V, 2)
    counts: npt.NDArray[np.int64]  # (V,) interactions in the training data
    categories: Sequence[str]
    """By item, '|' between; position 0 is padding, empty where unknown."""

    def nearest(self, x: float, y: float) -> int:
        """The item whose point is nearest."""
        return int(np.argmin(((self.points - (x, y)) ** 2).sum(axis=1))) + 1

    @cached_property
    def group_names(self) -> tuple[str, ...]:
        """The largest first categories, the largest first."""
        names, counts = np.unique(self._firsts, return_counts=True)
        order = [int(place) for place in np.argsort(-counts, kind="stable") if names[place]]
        return tuple(str(names[place]) for place in order[:MANY_GROUPS])

    @cached_property
    def groups(self) -> npt.NDArray[np.int64]:
        """Number of each item's group in `group_names`, (V,); one past the last for all others."""
        numbers = {name: number for number, name in enumerate(self.group_names)}
        return np.array([numbers.get(str(name), len(numbers)) for name in self._firsts], dtype=np.int64)

    @cached_property
    def _firsts(self) -> npt.NDArray[np.str_]:
        return np.array([one.partition("|")[0] for one in self.categories[1:]], dtype=np.str_)


@dataclass(frozen=True)
class Mark:
    """An item that is marked on the map."""

    item: int
    kind: Kind
    place: int
    """Place in the top-k, from 1 on; in the history, how many items ago, 1 the newest; else 0."""


def marks_of(states: States, index: int, lens: Lens, subject: Subject, max_len: int) -> tuple[Mark, ...]:
    """What there is to mark, the most important first: the true next item, the top-k, the history."""
    case = subject.case
    marks = [Mark(case.target, "target", 0)] if case.target is not None else []
    top = states.ranking(index, lens).items.tolist()
    marks += [Mark(item, "top", place) for place, item in enumerate(top, 1) if item != case.target]
    read = reversed(case.history[-max_len:])
    marks += [Mark(item, "newest" if ago == 1 else "history", ago) for ago, item in enumerate(read, 1)]
    return tuple(marks)


def vectors_of(states: States, lens: Lens) -> Floats:
    """Each state of a walk, or what is read out of it, (states, D); x_0 is both."""
    frames = states.trajectory.frames
    rows = [frame.x_t_vector if lens == "x_t" else frame.x_0_hat_vector for frame in frames]
    if states.trajectory.complete:
        rows.append(frames[-1].x_0_hat_vector)
    return np.stack(rows)


@dataclass(frozen=True, eq=False)
class Trail:
    """A walk through one lens, projected once."""

    items: ItemMap
    states: States
    lens: Lens
    vectors: Floats  # (states, D)
    points: Floats  # (states, 2)

    @classmethod
    def of(cls, states: States, lens: Lens, items: ItemMap) -> Trail:
        vectors = vectors_of(states, lens)
        return cls(items, states, lens, vectors, items.projection(vectors))

    def is_of(self, states: States, lens: Lens, items: ItemMap) -> bool:
        return self.states is states and self.lens == lens and self.items is items

    def to_the_end(self, index: int) -> float:
        """Distance of state `index` to the last one, in the whole space."""
        return float(np.linalg.norm(self.vectors[index] - self.vectors[-1]))


def told(item: int, mark: Mark | None, item_map: ItemMap, names: Names, vector: Floats) -> tuple[str, str]:
    """The title of an item, and in one line what else there is to know of it.

    Args:
        item: any item.
        mark: what it is to the walk, if anything.
        item_map: where it is.
        names: titles.
        vector: the state, to tell the distance to.
    """
    row = item - 1
    here = item_map.projection(vector[None])[0]
    parts: list[str] = []
    if mark is not None and mark.kind != "item":
        parts.append(_role(mark))
    away = float(np.linalg.norm(item_map.vectors[row] - vector))
    seen = float(np.linalg.norm(item_map.points[row] - here))
    parts.append(f"{away:.2f} away ({seen:.2f} in the picture)")
    parts.append(f"{int(item_map.counts[row]):,} in training")
    if item_map.categories[item]:
        parts.append(item_map.categories[item].replace("|", ", "))
    return names.name(item), " · ".join(parts)


def _role(mark: Mark) -> str:
    if mark.kind == "target":
        return "the true next item"
    if mark.kind == "top":
        return f"number {mark.place} of the list"
    return "the newest of the history" if mark.place == 1 else f"{mark.place} items ago"


def explained(item_map: ItemMap) -> str:
    """How much of the space the picture shows, in a sentence."""
    both = 100 * sum(item_map.projection.explained)
    if both < 50:
        warning = "most of it is not in the picture, and what looks near may be far"
    else:
        warning = "what looks near may still be far in the rest"
    return f"The picture has {both:.0f} % of how the {len(item_map.points):,} items differ: {warning}."
