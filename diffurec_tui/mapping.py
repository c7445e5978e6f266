"""What a walk looks like among all items in two dimensions: the items, the marks on them, and the trail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from diffurec.inspection.frames import Lens
from diffurec.inspection.neighbours import NEAREST, Neighbours
from diffurec.inspection.projection import Projection
from diffurec.inspection.tsne import FITTED_ITEMS
from diffurec_tui.reading import States
from diffurec_tui.snapshots import Names, Subject

Floats = npt.NDArray[np.float32]
Kind = Literal["history", "newest", "top", "target", "item"]


@dataclass(frozen=True, eq=False)
class ItemMap:
    """All items of a model in two dimensions; row i - 1 is item i."""

    layout: Projection | Neighbours
    """The plane of their greatest variance, or where t-SNE put them."""
    vectors: Floats  # (V, D)
    points: Floats  # (V, 2)
    counts: npt.NDArray[np.int64]  # (V,) interactions in the training data
    categories: Sequence[str]
    """By item, '|' between; position 0 is padding, empty where unknown."""
    samples: int = 0
    """How many samples of clouds were fitted together with the items."""

    @property
    def quick(self) -> bool:
        """Whether other vectors can be placed while one waits: a product with a few numbers."""
        return isinstance(self.layout, Projection)

    def nearest(self, x: float, y: float) -> int:
        """The item whose point is nearest."""
        return int(np.argmin(((self.points - (x, y)) ** 2).sum(axis=1))) + 1


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
    """A walk through one lens."""

    states: States
    lens: Lens
    vectors: Floats  # (states, D)

    @classmethod
    def of(cls, states: States, lens: Lens) -> Trail:
        return cls(states, lens, vectors_of(states, lens))

    def is_of(self, states: States, lens: Lens) -> bool:
        return self.states is states and self.lens == lens

    def to_the_end(self, index: int) -> float:
        """Distance of state `index` to the last one, in the whole space."""
        return float(np.linalg.norm(self.vectors[index] - self.vectors[-1]))


def told(
    item: int, mark: Mark | None, item_map: ItemMap, names: Names, vector: Floats
) -> tuple[str, str, str]:
    """The title of an item, what it is to the walk and how far away, and what else there is to know of it.

    Args:
        item: any item.
        mark: what it is to the walk, if anything.
        item_map: where it is.
        names: titles.
        vector: the state, to tell the distance to.
    """
    row, parts = item - 1, list[str]()
    if mark is not None and mark.kind != "item":
        parts.append(_role(mark))
    away = f"{float(np.linalg.norm(item_map.vectors[row] - vector)):.2f} away"
    if isinstance(item_map.layout, Projection):  # a distance in another picture means nothing
        seen = float(np.linalg.norm(item_map.points[row] - item_map.layout(vector[None])[0]))
        away += f" ({seen:.2f} in the picture)"
    parts += [away, f"{int(item_map.counts[row]):,} in training"]
    return names.name(item), " · ".join(parts), item_map.categories[item].replace("|", ", ")


def _role(mark: Mark) -> str:
    if mark.kind == "target":
        return "the true next item"
    if mark.kind == "top":
        return f"number {mark.place} of the list"
    return "the newest of the history" if mark.place == 1 else f"{mark.place} items ago"


def explained(item_map: ItemMap) -> str:
    """What the picture has of the space, in a sentence."""
    if isinstance(item_map.layout, Neighbours):
        return (
            f"t-SNE: what is near in the whole space is near here; how wide and how far apart groups are "
            f"says nothing. States lie among their {NEAREST} nearest."
        )
    both = 100 * sum(item_map.layout.explained)
    if both < 50:
        warning = "most of it is not in the picture, and what looks near may be far"
    else:
        warning = "what looks near may still be far in the rest"
    return f"The picture has {both:.0f} % of how the {len(item_map.points):,} items differ: {warning}."


def fitted(item_map: ItemMap) -> str:
    """What was fitted by t-SNE, and where the rest is."""
    items = len(item_map.points)
    first = f"{items:,} items" if items <= FITTED_ITEMS else f"{FITTED_ITEMS:,} of {items:,} items"
    with_samples = f" and {item_map.samples:,} samples of clouds" if item_map.samples else ""
    return (
        f"Fitted together: {first}{with_samples}. What was not lies at the mean of its {NEAREST} nearest, "
        f"weighted by 1/distance²: noise, which is near nothing, lies between them. "
        "Distances that are told are those of the whole space."
    )
