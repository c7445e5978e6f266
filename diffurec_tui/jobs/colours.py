"""By what the items of the map are told apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from textual.message import Message

from diffurec_tui.colouring import MANY_GROUPS, By, by_category, by_cluster, by_popularity
from diffurec_tui.jobs.base import Session
from diffurec_tui.mapping import ItemMap
from diffurec_tui.messages import Coloured


@dataclass(frozen=True, eq=False)
class ColourJob:
    """Sort the items into a few groups."""

    items: ItemMap
    by: By
    kind: ClassVar[str] = "colours"
    urgency: ClassVar[int] = 2

    def run(self, session: Session) -> Iterator[Message | None]:
        from diffurec.inspection.clusters import clusters

        if self.by == "category":
            yield Coloured(self.items.vectors, self.by, by_category(self.items))
        elif self.by == "popularity":
            yield Coloured(self.items.vectors, self.by, by_popularity(self.items))
        else:
            groups = None
            for groups in clusters(self.items.vectors, MANY_GROUPS):
                if groups is None:
                    yield None  # a walk asked for in between goes first
            assert groups is not None  # the last thing that it yields
            yield Coloured(self.items.vectors, self.by, by_cluster(self.items, groups))
