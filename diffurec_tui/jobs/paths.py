"""Where the items of a walk's lists rank at every state of it; right after the walk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from textual.message import Message

from diffurec.inspection.frames import Trajectory
from diffurec_tui.jobs.base import Session
from diffurec_tui.messages import PathsFound
from diffurec_tui.snapshots import WalkSpec


@dataclass(frozen=True)
class PathsJob:
    """Follow the items of all lists, the true next one, and one more."""

    spec: WalkSpec
    trajectory: Trajectory
    """The finished walk of it."""
    tracked: int | None = None
    kind: ClassVar[str] = "paths"
    urgency: ClassVar[int] = 1

    def run(self, session: Session) -> Iterator[Message | None]:
        from diffurec.inspection.rank_paths import rank_paths

        spec, others = self.spec, () if self.tracked is None else (self.tracked,)
        for paths in rank_paths(session.inspector, spec.case, spec.view, self.trajectory, others):
            yield None if paths is None else PathsFound(spec, paths)
