"""The views that are about runs and not about a user: they lie above whatever one looks at."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from diffurec_tui.screens.top import TopScreen
from diffurec_tui.watching import Opened, Watching

if TYPE_CHECKING:  # the first frame does without them
    from diffurec_tui.screens.jobs import JobsScreen
    from diffurec_tui.screens.metrics import MetricsScreen

V = TypeVar("V", bound=TopScreen)


class Beside(Watching):
    """Makes them when they are first needed, and opens another run in place of this one."""

    def __init__(self, opened: Opened) -> None:
        super().__init__(opened)
        self.next_run: Path | None = None
        """The run to open when this one is left."""

    @cached_property
    def metrics(self) -> MetricsScreen:
        from diffurec_tui.metrics.followed import Following
        from diffurec_tui.screens.metrics import MetricsScreen

        run = self.opened.run.path
        return self.installed(MetricsScreen(Following([run]), run.resolve().name), "metrics")

    @cached_property
    def jobs(self) -> JobsScreen:
        from diffurec_tui import launching
        from diffurec_tui.screens.jobs import JobsScreen

        return self.installed(JobsScreen(self.opened.run.path.resolve(), launching.launch), "jobs")

    def installed(self, view: V, name: str) -> V:
        """A view that is kept when one leaves it."""
        self.install_screen(view, name)
        return view

    def show_above(self, view: TopScreen) -> None:
        """Show one of them; only one lies above what one looks at."""
        from diffurec_tui.screens.above import AboveScreen

        if self.on_top is None or self.screen is view:
            return
        if isinstance(self.screen, AboveScreen):
            self.switch_screen(view)
        else:
            self.push_screen(view)

    def open_run(self, path: Path) -> None:
        """Leave this run, and open another one."""
        self.next_run = path
        self.exit()
