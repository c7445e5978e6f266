"""The walk on screen."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from diffurec.inspection.frames import Frame, Trajectory
from diffurec_tui.jobs.base import Later, Session, Told
from diffurec_tui.messages import Walked
from diffurec_tui.snapshots import WalkSpec

POST_SECONDS = 0.08
"""Between two snapshots of one walk: to draw one takes as long as five steps do."""


@dataclass(frozen=True)
class WalkJob:
    """Walk, and post what there is of it now and then."""

    spec: WalkSpec
    patience: float = 0.0
    """Seconds to wait first, where another walk may be asked for at once."""
    kind: ClassVar[str] = "walk"
    urgency: ClassVar[int] = 0

    def run(self, session: Session) -> Iterator[Told]:
        if self.patience:
            yield Later(self.patience)
        spec = self.spec
        frames: list[Frame] = []
        steps = spec.view.walk.steps or session.inspector.num_steps
        posted = time.monotonic()
        for frame in session.inspector.walk(spec.case, spec.seed, spec.view, spec.forks):
            frames.append(frame)
            if time.monotonic() - posted > POST_SECONDS and len(frames) < steps:
                posted = time.monotonic()
                yield Walked(spec, Trajectory(tuple(frames), steps))
            else:
                yield None
        yield Walked(spec, Trajectory(tuple(frames), steps))
