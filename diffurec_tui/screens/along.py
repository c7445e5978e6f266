"""What the list of users and the views of one of them do alike: go along the list as it is listed."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from diffurec_tui.screens.top import TopScreen
from diffurec_tui.widgets.user_filter import WORDS

if TYPE_CHECKING:
    from diffurec_tui.app import ExplorerApp


class AlongUsers(TopScreen):
    """The list, or a view of a user."""

    chance = Random()

    @property
    def explorer(self) -> ExplorerApp:
        from diffurec_tui.app import ExplorerApp

        assert isinstance(self.app, ExplorerApp)
        return self.app

    @property
    def drawable(self) -> bool:
        """Whether the widgets are there: not before they are mounted, and no more once the app is closing.

        What the engine's thread tells comes at any time.
        """
        return self.explorer.is_running and self.is_mounted

    def show(self) -> None:
        """Draw what the app holds."""
        raise NotImplementedError

    def look_at_user(self, user: int) -> None:
        """Draw a user on whom the cursor of the list is already."""
        raise NotImplementedError

    def action_view_metrics(self) -> None:
        self.explorer.show_above(self.explorer.metrics)

    def action_view_jobs(self) -> None:
        self.explorer.show_above(self.explorer.jobs)

    def action_next_miss(self) -> None:
        self._seek("miss", 1)

    def action_previous_miss(self) -> None:
        self._seek("miss", -1)

    def action_next_hit(self) -> None:
        self._seek("hit", 1)

    def action_previous_hit(self) -> None:
        self._seek("hit", -1)

    def _seek(self, what: str, by: int) -> None:
        users = self.explorer.users
        user = users.list.seek(WORDS[what], by)
        if user is not None:
            self.look_at_user(user)
            return
        tally = users.index.tally(users.list.rows)
        so_far = f": {tally.known:,} of {tally.wanted:,} ranked so far" if tally.known < tally.wanted else ""
        where = "below" if by > 0 else "above"
        self.explorer.notify(f"no {what} {where} this user in the list{so_far}", timeout=3)

    def action_random_user(self) -> None:
        listed = self.explorer.users.list
        others = len(listed.rows) - 1
        if others < 1:
            self.explorer.notify("there is no other user in the list", timeout=3)
            return
        by = self.chance.randint(1, others)  # any place but this one
        user = listed.step((listed.cursor + by) % len(listed.rows) - listed.cursor)
        if user is not None:
            self.look_at_user(user)
