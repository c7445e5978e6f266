"""The metrics of the run whose model one looks at, in the explorer."""

from __future__ import annotations

from diffurec_tui.keys import Scope, bindings
from diffurec_tui.screens.above import AboveScreen
from diffurec_tui.screens.plotting import PlotsScreen


class MetricsScreen(AboveScreen, PlotsScreen):
    """The plots above what one looked at."""

    BINDINGS = bindings("metrics")
    scope: Scope = "metrics"

    def on_screen_resume(self) -> None:
        self.explorer.greet(self.scope)
        super().on_screen_resume()

    def action_back(self) -> None:
        """Undo what hides something; at last, back to where one came from."""
        if not self.go_back():
            self.leave()
