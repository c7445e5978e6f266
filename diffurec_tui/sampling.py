"""How many walks are drawn, how long their lists are, and what there is of them."""

from __future__ import annotations

from dataclasses import replace

from diffurec_tui.jobs.samples import SampleJob
from diffurec_tui.snapshots import Draws, WalkSpec

NUMBERS = (1, 2, 5, 10, 20, 50, 100, 200, 400, 800, 1_000)
LENGTHS = (1, 5, 10, 20, 50)


class Sampling:
    """Two dials, and the draws of the walk looked at."""

    def __init__(self, k: int) -> None:
        """Start with a hundred lists of `k` items."""
        self.number = 100
        self.k = k
        self.draws: Draws | None = None
        self._spec: WalkSpec | None = None
        self._asked: tuple[int, int] | None = None

    def turn_number(self, by: int) -> None:
        self.number = _step(self.number, NUMBERS, by)

    def turn_k(self, by: int) -> None:
        self.k = _step(self.k, LENGTHS, by)

    def job(self, spec: WalkSpec) -> SampleJob | None:
        """What to do to see the draws of `spec` as the dials are; None where it is done, or asked for."""
        spec = _of(spec)
        if spec != self._spec:
            self.forget()
            self._spec = spec
        if self._asked == (self.number, self.k):
            return None
        self._asked = (self.number, self.k)
        return SampleJob(spec, self.number, self.k, None if self.draws is None else self.draws.drawn)

    def take(self, draws: Draws) -> bool:
        """Keep what came, unless it belongs to another walk."""
        if draws.spec != self._spec:
            return False
        self.draws = draws
        return True

    def pause(self) -> None:
        """What is not drawn yet is not being drawn any more."""
        if self.draws is None or not self.draws.complete:
            self._asked = None

    def forget(self) -> None:
        """Other weights, or another walk: what was drawn says nothing of it."""
        self._spec = self.draws = self._asked = None


def _of(spec: WalkSpec) -> WalkSpec:
    """What decides the draws of a walk: forks are of that walk alone, and lists are drawn long."""
    return replace(spec, forks=(), view=replace(spec.view, top_k=1))


def _step(value: int, values: tuple[int, ...], by: int) -> int:
    """The next larger or smaller one."""
    beyond = [one for one in values if (one > value if by > 0 else one < value)]
    return value if not beyond else min(beyond) if by > 0 else max(beyond)
