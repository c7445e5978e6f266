"""Where many walks of some histories end: a few at first, then more at a time: clouds that fill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from textual.message import Message

from diffurec_tui.jobs.base import Session, seeds_in_parts
from diffurec_tui.mapping import Floats
from diffurec_tui.messages import Clouded
from diffurec_tui.snapshots import WalkSpec

FIRST = 10
"""Walks drawn at once, at first."""


@dataclass(frozen=True, eq=False)
class CloudJob:
    """Draw until every cloud has as many samples as wanted, one cloud after the other."""

    specs: tuple[WalkSpec, ...]
    """Of the first walk of each; the others have the seeds after it."""
    number: int
    kept: Mapping[WalkSpec, Floats]
    """What was drawn before: it is not drawn again."""
    kind: ClassVar[str] = "clouds"
    urgency: ClassVar[int] = 4

    def run(self, session: Session) -> Iterator[Message | None]:
        for spec in self.specs:
            drawn = self.kept.get(spec)
            have = 0 if drawn is None else len(drawn)
            for seeds in seeds_in_parts(spec.seed, have, self.number, FIRST):
                for x_0 in session.inspector.ends(spec.case, seeds, spec.view):
                    if x_0 is None:
                        yield None  # a walk asked for in between goes first
                        continue
                    part = x_0.float().cpu().numpy()
                    drawn = part if drawn is None else np.concatenate([drawn, part])
                    yield Clouded(spec, drawn)
