"""The walk as a line from noise to item, with the cursor on it, and what there is to know of it."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text
from textual import events
from textual.message import Message

from diffurec_tui.theme.palette import Palette
from diffurec_tui.widgets.braille import column_of, index_at
from diffurec_tui.widgets.panel import Panel
from diffurec_tui.widgets.text import symbols, whole

LEFT = 7
"""Cells before the line: " noise "."""


@dataclass(frozen=True)
class Position:
    """Where one is on a walk."""

    index: int
    """Steps taken: 0 is pure noise, `num_steps` the end."""
    num_steps: int
    there: int
    """Number of the last state there is."""
    t: int | None
    """None at the end, and where nothing is there."""
    playing: bool
    loop: bool
    follow: bool
    speed: float
    note: str
    """What is worth saying of the whole walk."""


class Timeline(Panel):
    """noise ░░░▒▒▒▓▓▓███┃────── item   step 20/32   t = 12   ▶ 4×; a click goes there."""

    class Picked(Message):
        """A step was clicked or scrolled to."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    position: Position | None = None

    def show(self, position: Position) -> None:
        if position != self.position:
            self.position = position
            self.changed()

    def paint(self, width: int, height: int, colours: Palette) -> list[Text]:
        if self.position is None:
            return []
        here = self.position
        right = self._right(here, width)
        room = self._room(width)
        line = Text().append(" noise "[:LEFT], colours.muted)
        line.append_text(self._bar(here, room, colours))
        line.append(" item ", colours.muted)
        line.append(right, colours.strong)
        said = whole(here.note.split(f" {symbols().dot} "), width - 2)
        note = Text(f" {said}", colours.muted)
        return [line, note][:height]

    def _room(self, width: int) -> int:
        right = self._right(self.position, width) if self.position else ""
        return max(2, width - LEFT - 6 - len(right) - 1)

    @staticmethod
    def _right(here: Position, width: int) -> str:
        sign = symbols()
        digits = len(str(here.num_steps))
        step = f"  step {here.index:>{digits}}/{here.num_steps}"
        t = f"  t = {here.t:<{digits}}" if here.t is not None else f"  {'x_0':<{digits + 4}}"
        play = f"  {sign.play if here.playing else sign.pause} {here.speed:g}{sign.times}"
        if width >= 60:
            on = (sign.loop if here.loop else "") + (sign.follow if here.follow else "")
            return f"{step}{t}{play:<8}{on:<3}"
        return step if width >= 34 else ""

    def _bar(self, here: Position, room: int, colours: Palette) -> Text:
        sign = symbols()
        at = column_of(here.index, here.num_steps + 1, room)
        there = column_of(here.there, here.num_steps + 1, room)
        bar = Text()
        for column in range(at):
            shade = sign.shades[min(len(sign.shades) - 1, column * len(sign.shades) // max(1, room))]
            bar.append(shade, colours.accent)
        bar.append(sign.head, colours.target)
        ahead = max(0, there - at)
        bar.append(sign.line * ahead, colours.muted)
        bar.append(" " * (room - at - 1 - ahead))
        return bar

    def on_click(self, event: events.Click) -> None:
        room = self._room(self.size.width)
        if self.position is not None and event.y == 0 and LEFT <= event.x < LEFT + room:
            self.post_message(self.Picked(index_at(event.x - LEFT, self.position.num_steps + 1, room)))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._nudge(-1)
        event.stop()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._nudge(1)
        event.stop()

    def _nudge(self, by: int) -> None:
        if self.position is not None:
            index = min(self.position.num_steps, max(0, self.position.index + by))
            self.post_message(self.Picked(index))
