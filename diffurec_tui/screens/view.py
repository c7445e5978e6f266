"""What every view of a user does alike: go to another view, another user, another seed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec

from textual import on

from diffurec.errors import UserError
from diffurec_tui.screens.along import AlongUsers
from diffurec_tui.walking import reseed
from diffurec_tui.widgets.panel import ItemClicked

P = ParamSpec("P")


class ViewScreen(AlongUsers):
    """A screen about the user one looks at; the app has one of them above the list."""

    def on_screen_resume(self) -> None:
        self.explorer.greet(self.scope)
        self.show()

    def action_view_walk(self) -> None:
        self.explorer.show_view(self.explorer.walk)

    def action_view_diversity(self) -> None:
        self.explorer.show_view(self.explorer.diversity)

    def action_view_map(self) -> None:
        self.explorer.show_view(self.explorer.map)

    def action_users(self) -> None:
        self.explorer.close_user()

    def action_seed(self) -> None:
        app = self.explorer
        if app.spec is not None:
            app.ask_for(reseed(app.spec))
            self.show()

    def action_next_user(self) -> None:
        self.step_user(1)

    def action_previous_user(self) -> None:
        self.step_user(-1)

    async def export(self, make: Callable[P, dict[str, Any]], *args: P.args, **more: P.kwargs) -> None:
        """Write what `make` makes to a file in the current folder; others draw while it does."""
        from diffurec_tui.export import write_snapshot

        def write() -> Path:
            return write_snapshot(Path.cwd(), make(*args, **more))

        try:
            path = await asyncio.to_thread(write)
        except UserError as error:
            self.notify(str(error), severity="warning", markup=False)
            return
        self.notify(f"written to {path.name}", timeout=4, markup=False)

    @on(ItemClicked)
    def _item_clicked(self, event: ItemClicked) -> None:
        self.look_at_item(event.item)

    def look_at_item(self, item: int) -> None:
        """An item was clicked in a list: follow it, or let go of it."""
        self.explorer.follow(item)

    def step_user(self, by: int) -> None:
        """Look at the next or previous user of the list."""
        user = self.explorer.users.step(by)
        if user is not None:
            self.look_at_user(user)

    def look_at_user(self, user: int) -> None:
        self.explorer.ask(user)
        self.show()
