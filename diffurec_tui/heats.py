"""What each item of a history does for its recommendation: asked for while somebody looks, and kept."""

from __future__ import annotations

from collections.abc import Callable

from diffurec_tui.jobs.influence import InfluenceJob
from diffurec_tui.kept import Kept
from diffurec_tui.snapshots import Heat, WalkSpec


class Heats:
    """The newest of what was computed, by walk."""

    def __init__(self, ask: Callable[[InfluenceJob], None], drop: Callable[[str], None]) -> None:
        """Ask for nothing yet.

        Args:
            ask: hands a job to the engine's thread.
            drop: makes it forget the job of a kind.
        """
        self._ask, self._drop = ask, drop
        self.kept = Kept[Heat]()
        self.wanted = False

    def get(self, spec: WalkSpec) -> Heat | None:
        return self.kept.get(spec)

    def want(self, wanted: bool) -> None:
        """Whether anybody looks."""
        self.wanted = wanted
        if not wanted:
            self._drop(InfluenceJob.kind)

    def ask_for(self, spec: WalkSpec) -> None:
        """Compute what is wanted and not known of a finished walk."""
        if self.wanted and self.get(spec) is None:
            self._ask(InfluenceJob(spec))
