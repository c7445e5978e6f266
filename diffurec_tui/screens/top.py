"""What every screen is that takes the keys by itself, and does not lie over another one."""

from __future__ import annotations

from textual.screen import Screen

from diffurec_tui.keys import Scope


class TopScreen(Screen[None]):
    """Has a place in the table of actions."""

    scope: Scope

    def rearrange(self) -> None:
        """Make room for what has come, or take the room of what has gone."""
