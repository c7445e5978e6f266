"""The history with a cursor in it: what to do is asked of the screen, which knows the walk."""

from __future__ import annotations

from typing import Literal

from textual.message import Message

from diffurec_tui.keys import bindings
from diffurec_tui.widgets.history import History

Change = Literal["remove", "add", "replace", "earlier", "later", "restore", "leave"]


class HistoryEditor(History):
    """Takes keys only while `edit` is on."""

    BINDINGS = bindings("edit")

    class Asked(Message):
        """Something is to be done to the item at the cursor."""

        def __init__(self, change: Change, place: int) -> None:
            super().__init__()
            self.change: Change = change
            self.place = place

    def edit(self, on: bool) -> None:
        """Take the keys, with the cursor on the newest item; or give them back."""
        self.can_focus = on
        if on:
            self.cursor = self._last
            self.focus()
        else:
            self.cursor = None
            if self.has_focus:
                self.screen.set_focus(None)
        self.changed()

    def clicked(self, place: int) -> None:
        if self.cursor is None:
            super().clicked(place)
        else:
            self.put_cursor(place)

    def put_cursor(self, place: int) -> None:
        if self.cursor is not None:
            self.cursor = min(self._last, max(0, place))
            self.changed()

    @property
    def _last(self) -> int:
        return max(0, len(self.subject.case.history) - 1) if self.subject else 0

    def _ask(self, change: Change) -> None:
        if self.cursor is not None:
            self.post_message(self.Asked(change, self.cursor))

    def action_edit_up(self) -> None:
        self.put_cursor((self.cursor or 0) - 1)

    def action_edit_down(self) -> None:
        self.put_cursor((self.cursor or 0) + 1)

    def action_edit_remove(self) -> None:
        self._ask("remove")

    def action_edit_add(self) -> None:
        self._ask("add")

    def action_edit_replace(self) -> None:
        self._ask("replace")

    def action_edit_earlier(self) -> None:
        self._ask("earlier")

    def action_edit_later(self) -> None:
        self._ask("later")

    def action_edit_restore(self) -> None:
        self._ask("restore")

    def action_edit_leave(self) -> None:
        self._ask("leave")
