"""The dials of a walk on any screen that has them: they take the keys while they are open."""

from __future__ import annotations

from textual import on

from diffurec_tui import walking
from diffurec_tui.screens.view import ViewScreen
from diffurec_tui.snapshots import WalkSpec
from diffurec_tui.widgets.dials import Dials


class Dialing(ViewScreen):
    """Every turn asks the app for the walk that it makes of this one."""

    dialing = False
    """Whether the dials have the keys."""

    def open_dials(self, on: bool) -> None:
        """Show the dials and give them the keys, or take both back."""
        raise NotImplementedError

    def turned_to(self, spec: WalkSpec) -> None:
        """Look at the walk of the dials as they are now."""
        self.explorer.ask_for(spec)
        self.show()

    def action_dials(self) -> None:
        self.open_dials(not self.dialing)

    @on(Dials.Turned)
    def _turned(self, event: Dials.Turned) -> None:
        app = self.explorer
        if app.spec is None:
            return
        steps = app.facts.num_steps
        if event.turn == "close":
            self.open_dials(False)
        elif event.turn == "reset all":
            self.turned_to(walking.reset_all(app.spec, steps))
        elif event.turn == "reset":
            self.turned_to(walking.reset(app.spec, event.dial, steps))
        else:
            by = -1 if event.turn == "left" else 1
            self.turned_to(walking.turn(app.spec, event.dial, by, steps))
