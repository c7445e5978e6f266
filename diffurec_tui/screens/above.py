"""What the views have in common that are about runs: each lies above the list or a view of a user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diffurec_tui.screens.top import TopScreen

if TYPE_CHECKING:
    from diffurec_tui.app import ExplorerApp
    from diffurec_tui.screens.view import ViewScreen


class AboveScreen(TopScreen):
    """Leads back to what lies below, and to every other view."""

    @property
    def explorer(self) -> ExplorerApp:
        from diffurec_tui.app import ExplorerApp

        assert isinstance(self.app, ExplorerApp)
        return self.app

    def leave(self) -> None:
        """To where one was."""
        if self.explorer.screen is self:
            self.explorer.pop_screen()

    def action_users(self) -> None:
        self.leave()
        self.explorer.close_user()

    def action_view_metrics(self) -> None:
        self.explorer.show_above(self.explorer.metrics)

    def action_view_jobs(self) -> None:
        self.explorer.show_above(self.explorer.jobs)

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
        app.pop_screen()
        if app.view is None and user is not None:
            app.ask(user)
            app.push_screen(view)
        elif app.view is not view:
            app.switch_screen(view)
