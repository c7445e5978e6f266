"""How many walks are drawn, how long their lists are, and which draws are pinned beside them."""

from __future__ import annotations

from dataclasses import replace

from diffurec.inspection.frames import SampleSet
from diffurec_tui.jobs.samples import SampleJob
from diffurec_tui.kept import Kept
from diffurec_tui.snapshots import Draws, WalkSpec
from diffurec_tui.walking import MAX_SEED, drawn_of

NUMBERS = (1, 2, 5, 10, 20, 50, 100, 200, 400, 800, 1_000)
LENGTHS = (1, 5, 10, 20, 50)

KEPT = 16
"""Walks whose draws are remembered: to turn a dial back, or to go back to a user, draws nothing."""


class Sampling:
    """Two dials, the draws of the walk looked at, and those pinned beside them."""

    def __init__(self, k: int) -> None:
        """Start with a hundred lists of `k` items."""
        self.number = 100
        self.k = k
        self.draws: Draws | None = None
        self.pinned: Draws | None = None
        self._spec: WalkSpec | None = None
        self._asked: tuple[int, int, Draws | None] | None = None
        self._kept = Kept[SampleSet](KEPT)

    def turn_number(self, by: int) -> None:
        self.number = _step(self.number, NUMBERS, by)

    def turn_k(self, by: int) -> None:
        self.k = _step(self.k, LENGTHS, by)

    def job(self, spec: WalkSpec) -> SampleJob | None:
        """What to do to see the draws of `spec` as the dials are; None where it is done, or asked for."""
        spec = drawn_of(spec)
        if spec != self._spec:
            self._spec, self.draws, self._asked = spec, None, None
        wanted = (self.number, self.k, self.pinned)
        if self._asked == wanted:
            return None
        self._asked = wanted
        return SampleJob(spec, self.number, self.k, self._kept.get(spec), self.pinned)

    def take(self, draws: Draws) -> bool:
        """Keep what came, unless it belongs to another walk."""
        if draws.spec != self._spec:
            return False
        if draws.against is not None and draws.against.pinned is not self.pinned:
            draws = replace(draws, against=None)
        self.draws = draws
        self._kept.put(draws.spec, draws.drawn)
        return True

    @property
    def ready(self) -> Draws | None:
        """The draws, where all are there as the dials are."""
        draws = self.draws
        if draws is None or not draws.complete or draws.wanted != self.number:
            return None
        return draws if draws.k == min(self.k, draws.drawn.lists.shape[1]) else None

    def pin(self) -> bool:
        """Keep what is drawn beside what follows; False where it is not finished."""
        if self.ready is None:
            return False
        self.pinned = replace(self.ready, against=None)
        return True

    def unpin(self) -> None:
        self.pinned = None
        if self.draws is not None:
            self.draws = replace(self.draws, against=None)

    def other_seed(self, seed: int) -> int:
        """The seed of as many draws as there are now, none of them among these."""
        return (seed + self.number) % (MAX_SEED + 1)

    def pause(self) -> None:
        """What is not drawn yet is not being drawn any more."""
        if self.ready is None:
            self._asked = None

    def forget(self) -> None:
        """Other weights: what was drawn says nothing of them."""
        self._spec = self.draws = self.pinned = self._asked = None
        self._kept.forget()


def _step(value: int, values: tuple[int, ...], by: int) -> int:
    """The next larger or smaller one."""
    beyond = [one for one in values if (one > value if by > 0 else one < value)]
    return value if not beyond else min(beyond) if by > 0 else max(beyond)
