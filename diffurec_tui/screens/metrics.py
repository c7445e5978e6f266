"""The metrics of the run whose model one looks at, in the explorer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diffurec_tui.keys import Scope, bindings
from diffurec_tui.screens.plotting import PlotsScreen

if TYPE_CHECKING:
    from diffurec_tui.app import ExplorerApp
    from diffurec_tui.screens.view import ViewScreen


class MetricsScreen(PlotsScreen):
    """Lies above the list or a view of a user, and leads back to it."""

    BINDINGS = bindings("metrics")
    scope: Scope = "metrics"

    @property
    def explorer(self) -> ExplorerApp:
        from diffurec_tui.app import ExplorerApp

        assert isinstance(self.app, ExplorerApp)
        return self.app

    def on_screen_resume(self) -> None:
        self.explorer.greet(self.scope)
        super().on_screen_resume()

    def action_back(self) -> None:
        """Undo what hides something; at last, back to where one came from."""
        if not self.go_back():
            self._leave()

    def _leave(self) -> None:
        if self.explorer.screen is self:
            self.explorer.pop_screen()

    def action_users(self) -> None:
        self._leave()
        self.explorer.close_user()

    def action_view_metrics(self) -> None:
        """One is there."""

    def action_view_walk(self) -> None:
        self._look_at(self.explorer.walk)

    def action_view_diversity(self) -> None:
        self._look_at(self.explorer.diversity)

    def action_view_map(self) -> None:
        self._look_at(self.explorer.map)

    def _look_at(self, view: ViewScreen) -> None:
        """Another view of the user one looked at, or of the one under the cursor of the list."""
        app = self.explorer
        if app.screen is not self:
            return
        user = app.users.list.user
        if app.view is None and user is None:
            self.notify("no user is listed: clear the filter of the list", timeout=3)
            return
        app.leave_metrics(view)
