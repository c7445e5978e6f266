"""Going along the list of users, as filtered and ordered: in the list, and from a view of one of them."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from textual.dom import DOMNode

from diffurec_tui.widgets.user_filter import WORDS

if TYPE_CHECKING:
    from diffurec_tui.app import ExplorerApp


class AlongUsers(DOMNode):
    """For the list and the views of a user."""

    chance = Random()

    @property
    def explorer(self) -> ExplorerApp:
        from diffurec_tui.app import ExplorerApp

        assert isinstance(self.app, ExplorerApp)
        return self.app

    def look_at_user(self, user: int) -> None:
        """Draw a user on whom the cursor of the list is already."""
        raise NotImplementedError

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
