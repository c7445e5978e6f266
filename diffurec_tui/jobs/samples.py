"""Many walks of one history: a few at first, then more at a time: a picture that converges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from textual.message import Message

from diffurec.inspection.frames import SampleSet
from diffurec_tui.jobs.base import Session, seeds_in_parts
from diffurec_tui.messages import Drawn
from diffurec_tui.snapshots import Against, Draws, WalkSpec

FIRST = 4
"""Walks drawn at once, at first."""

LONGEST = 50
"""Length of the lists drawn; shorter ones are their beginnings, and cost nothing."""


@dataclass(frozen=True, eq=False)
class SampleJob:
    """Draw until there are as many as wanted, and measure them as they come."""

    spec: WalkSpec
    """Of the first walk; the others have the seeds after it. Forks do not matter."""
    number: int
    k: int
    kept: SampleSet | None = None
    """What was drawn of it before: it is not drawn again."""
    pinned: Draws | None = None
    """What it is set against."""
    kind: ClassVar[str] = "samples"
    urgency: ClassVar[int] = 4

    def run(self, session: Session) -> Iterator[Message | None]:
        from diffurec.inspection.frames import merge

        view = replace(self.spec.view, top_k=LONGEST)
        drawn = self.kept
        if drawn is not None:
            yield self._measured(session, drawn)
        have = 0 if drawn is None else len(drawn.seeds)
        for seeds in seeds_in_parts(self.spec.seed, have, self.number, FIRST):
            for part in session.inspector.draw(self.spec.case, seeds, view):
                if part is None:
                    yield None  # a walk asked for in between goes first
                else:
                    drawn = part if drawn is None else merge([drawn, part])
                    yield self._measured(session, drawn)

    def _measured(self, session: Session, drawn: SampleSet) -> Drawn:
        """Everything that is to be seen of it, so that the screen has nothing to compute."""
        from diffurec.inspection.diversity import contrast, diversity, running_jaccard

        samples, pinned = drawn.first(self.number, self.k), self.pinned
        return Drawn(
            Draws(
                spec=self.spec,
                drawn=drawn,
                samples=samples,
                wanted=self.number,
                measures=diversity(samples, self.spec.case.history, session.inspector.item_facts),
                jaccard=running_jaccard(samples),
                items=tuple(samples.item_counts),
                against=None if pinned is None else Against(pinned, contrast(samples, pinned.samples)),
            )
        )
