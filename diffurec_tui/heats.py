"""What each item of a history does for its recommendation: asked for while somebody looks, and kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from diffurec_tui.jobs.influence import InfluenceJob
from diffurec_tui.snapshots import Heat, WalkSpec

MOST = 256


class Heats:
    """The newest of what was computed, by walk; forks play no part in it."""

    def __init__(self, ask: Callable[[InfluenceJob], None], drop: Callable[[str], None]) -> None:
        """Ask for nothing yet.

        Args:
            ask: hands a job to the engine's thread.
            drop: makes it forget the job of a kind.
        """
        self._ask, self._drop = ask, drop
        self._heats: dict[WalkSpec, Heat] = {}
        self.wanted = False

    def __len__(self) -> int:
        return len(self._heats)

    def get(self, spec: WalkSpec) -> Heat | None:
        return self._heats.get(replace(spec, forks=()))

    def put(self, spec: WalkSpec, heat: Heat) -> None:
        if len(self._heats) >= MOST:
            del self._heats[next(iter(self._heats))]
        self._heats[spec] = heat

    def want(self, wanted: bool) -> None:
        """Whether anybody looks."""
        self.wanted = wanted
        if not wanted:
            self._drop(InfluenceJob.kind)

    def ask_for(self, spec: WalkSpec) -> None:
        """Compute what is wanted and not known of a finished walk."""
        if self.wanted and self.get(spec) is None:
            self._ask(InfluenceJob(replace(spec, forks=())))

    def forget(self) -> None:
        """Other weights."""
        self._heats.clear()
