"""What is on the map at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from diffurec_tui.clouds import Cloud
from diffurec_tui.colouring import Colouring
from diffurec_tui.mapping import Floats, ItemMap, Mark, Trail
from diffurec_tui.widgets.raster import Points

JOINED = 6
"""The newest items of a history are joined by a line, and looked at from near by."""
DECISIVE = 10
"""Samples of a cloud that decide how far one looks: more of them do not move the picture."""
MOST_KNOWN = 100
"""Arrays whose points are kept: a walk or a cloud that grows is a new one each time."""


@dataclass(frozen=True, eq=False)
class Scene:
    """What is drawn. A point that is not known yet is NaN, and drawn once it is."""

    items: ItemMap
    trail: Trail
    walked: Points
    """Of each state of the trail."""
    index: int
    """State the trail leads up to."""
    marks: tuple[Mark, ...]
    """The most important first."""
    picked: int | None = None
    """An item."""
    colouring: Colouring | None = None
    clouds: tuple[Cloud, ...] = ()
    samples: tuple[Points, ...] = ()
    """Of each cloud."""

    @property
    def known(self) -> tuple[object, ...]:
        """What decides the extent besides the items and the trail."""
        clouds = zip(self.clouds, self.samples, strict=True)
        decisive = ((cloud.spec, _known(points[:DECISIVE])) for cloud, points in clouds)
        return (_known(self.walked), *decisive)

    def extent(self) -> Points:
        """Everything that is to be seen from afar."""
        return np.concatenate([self.items.points, self.walked, *(part[:DECISIVE] for part in self.samples)])

    def near_extent(self) -> Points:
        """The list, the true next item and the newest of the history; a state may be far from all of them."""
        kept = [
            mark.item - 1 for mark in self.marks if mark.kind in ("top", "target") or mark.place <= JOINED
        ]
        return self.items.points[kept]

    def mark(self, item: int) -> Mark | None:
        """What an item is to the walk."""
        return next((mark for mark in self.marks if mark.item == item), None)


def _known(points: Points) -> int:
    return int(np.isfinite(points).all(axis=1).sum())


class Places:
    """Where vectors lie on one map, each array found out once: at once in the plane, else by the engine."""

    def __init__(self, items: ItemMap) -> None:
        self.items = items
        self._known: dict[int, tuple[Floats, Points]] = {}

    def of(self, vectors: Floats) -> Points:
        """The points of vectors (N, D), (N, 2); NaN as long as they are not known."""
        known = self._known.get(id(vectors))
        if known is not None:
            return known[1]
        if not self.items.quick:
            return np.full((len(vectors), 2), np.nan, dtype=np.float32)
        self.put(vectors, self.items.layout(vectors))
        return self._known[id(vectors)][1]

    def missing(self, wanted: Sequence[Floats]) -> tuple[Floats, ...]:
        """Those that are not known."""
        return tuple(vectors for vectors in wanted if id(vectors) not in self._known)

    def put(self, vectors: Floats, points: Points) -> None:
        self._known[id(vectors)] = (vectors, points)  # the array is held, so that its id stays its own
        while len(self._known) > MOST_KNOWN:
            del self._known[next(iter(self._known))]
