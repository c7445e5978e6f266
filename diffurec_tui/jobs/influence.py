"""Which items of the history carry the recommendation of a walk; after the walk itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from textual.message import Message

from diffurec_tui.jobs.base import Session
from diffurec_tui.messages import Influenced
from diffurec_tui.snapshots import Heat, WalkSpec


@dataclass(frozen=True)
class InfluenceJob:
    """Leave each item out in turn, and look where the model looks."""

    spec: WalkSpec
    kind: ClassVar[str] = "influence"
    urgency: ClassVar[int] = 3

    def run(self, session: Session) -> Iterator[Message | None]:
        from diffurec.inspection.influence import influence

        spec = self.spec
        found = None
        while found is None:
            found = influence(
                session.inspector, spec.case, spec.seed, spec.view, spec.forks, session.interrupted
            )
            yield None  # what is more urgent goes first
        on_target = None if found.on_target is None else tuple(found.on_target.tolist())
        heat = Heat(tuple(found.on_top.tolist()), on_target, tuple(found.attention.tolist()))
        yield Influenced(spec, heat)
