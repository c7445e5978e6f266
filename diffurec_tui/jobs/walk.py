"""The walk on screen."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from textual.message import Message

from diffurec.inspection.frames import Frame, Trajectory
from diffurec_tui.jobs.base import Session
from diffurec_tui.messages import Walked
from diffurec_tui.snapshots import WalkSpec

POST_SECONDS = 0.04  # between two snapshots of one walk


@dataclass(frozen=True)
class WalkJob:
    """Walk, and post what there is of it now and then."""

    spec: WalkSpec
    kind: ClassVar[str] = "walk"
    urgency: ClassVar[int] = 0

    def run(self, session: Session) -> Iterator[Message | None]:
        spec = self.spec
        frames: list[Frame] = []
        steps = spec.view.walk.steps or session.inspector.num_steps
        posted = time.monotonic()
        for frame in session.inspector.walk(spec.case, spec.seed, spec.view, spec.forks):
            frames.append(frame)
            due = len(frames) == 1 or time.monotonic() - posted > POST_SECONDS
            if due and len(frames) < steps:
                posted = time.monotonic()
                yield Walked(spec, Trajectory(tuple(frames), steps))
            else:
                yield None
        yield Walked(spec, Trajectory(tuple(frames), steps))
