"""The dials of a walk: a line each, its values from left to right, the present one marked."""

from __future__ import annotations

from typing import Literal

from rich.text import Text
from textual import events
from textual.message import Message

from diffurec.inspection.views import View
from diffurec_tui.keys import bindings
from diffurec_tui.theme.palette import Palette
from diffurec_tui.walking import DIALS, Dial
from diffurec_tui.widgets.panel import Panel
from diffurec_tui.widgets.text import ellipsis, fit, spelled, symbols

NAME = 14
"""Cells of the cursor and a name."""

Turn = Literal["left", "right", "reset", "reset all", "close"]


class Dials(Panel):
    """Takes keys only while `open` is on."""

    BINDINGS = bindings("dials")

    class Turned(Message):
        """A key was pressed on a dial."""

        def __init__(self, turn: Turn, dial: Dial) -> None:
            super().__init__()
            self.turn: Turn = turn
            self.dial = dial

    view: View | None = None
    num_steps = 1
    cursor = 0

    def on_mount(self) -> None:
        self.border_title = "Dials"

    def show(self, view: View, num_steps: int) -> None:
        """Draw the dials of a view; same again costs nothing."""
        if (view, num_steps) != (self.view, self.num_steps):
            self.view, self.num_steps = view, num_steps
            self.changed()

    def open(self, on: bool) -> None:
        self.can_focus = on
        if on:
            self.focus()
        elif self.has_focus:
            self.screen.set_focus(None)

    def paint(self, width: int, height: int, colours: Palette) -> list[Text]:
        if self.view is None:
            return []
        first = self._first(height)
        return [self._row(place, width, colours) for place in range(first, min(len(DIALS), first + height))]

    def _first(self, height: int) -> int:
        """The dial at the top, where there is no room for all."""
        return max(0, min(self.cursor, len(DIALS) - height))

    def _row(self, place: int, width: int, colours: Palette) -> Text:
        assert self.view is not None
        dial, here = DIALS[place], place == self.cursor
        values, now = dial.values(self.num_steps), dial.get(self.view)
        at = values.index(now) if now in values else values.index(dial.own)
        line = Text().append(f"{symbols().pointer if here else ' '} ", colours.accent)
        line.append(fit(dial.name, NAME - 2), colours.strong if here else colours.text)
        said = [f"[{dial.say(value)}]" if i == at else dial.say(value) for i, value in enumerate(values)]
        room = max(1, width - NAME)
        begin = 0  # values left of the first one shown
        while begin < at and sum(len(one) + 2 for one in said[begin : at + 2]) > room:
            begin += 1
        for i in range(begin, len(said)):
            own = values[i] == dial.own
            style = colours.target if i == at and not own else colours.strong if i == at else colours.muted
            text = ellipsis(said[i], max(1, width - line.cell_len))
            if line.cell_len + len(text) + 2 > width and i > at:
                break
            line.append(text, style)
            line.append("  ")
        left = width - line.cell_len
        if left > len(dial.help):
            line.append(" " * (left - len(dial.help)) + spelled(dial.help), colours.faint)
        return line

    def _post(self, turn: Turn) -> None:
        self.post_message(self.Turned(turn, DIALS[self.cursor]))

    def action_dial_up(self) -> None:
        self._move(-1)

    def action_dial_down(self) -> None:
        self._move(1)

    def _move(self, by: int) -> None:
        self.cursor = min(len(DIALS) - 1, max(0, self.cursor + by))
        self.changed()

    def action_dial_left(self) -> None:
        self._post("left")

    def action_dial_right(self) -> None:
        self._post("right")

    def action_dial_reset(self) -> None:
        self._post("reset")

    def action_dials_reset(self) -> None:
        self._post("reset all")

    def action_dials_close(self) -> None:
        self._post("close")

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is not None:
            self.cursor = min(len(DIALS) - 1, self._first(self.size.height) + offset.y)
            self.changed()
