"""The walks seen of one user: a line each, forks below the walk they left."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text
from textual import events
from textual.message import Message

from diffurec_tui.theme.palette import Palette
from diffurec_tui.widgets.panel import Panel
from diffurec_tui.widgets.text import fit, symbols


@dataclass(frozen=True)
class Row:
    """A walk of the tree."""

    label: str
    depth: int
    shared: str
    """Items its list shares with that of the walk on screen."""


class WalkTree(Panel):
    """Rows with a cursor, which is kept in view; a click chooses."""

    class Chosen(Message):
        """A row was clicked."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    rows: tuple[Row, ...] = ()
    cursor: int | None = None

    def show(self, rows: tuple[Row, ...], cursor: int | None) -> None:
        """Draw the tree; the same again costs nothing."""
        if (rows, cursor) != (self.rows, self.cursor):
            self.rows, self.cursor = rows, cursor
            self.changed()

    @property
    def _first(self) -> int:
        """Row at the top."""
        height = max(1, self.size.height)
        here = self.cursor if self.cursor is not None else len(self.rows) - 1
        return max(0, min(here - height // 2, len(self.rows) - height))

    def paint(self, width: int, height: int, colours: Palette) -> list[Text]:
        sign, lines = symbols(), list[Text]()
        first = self._first
        for place, row in enumerate(self.rows[first : first + height], first):
            here = place == self.cursor
            line = Text().append(f"{sign.pointer if here else ' '} ", colours.accent)
            line.append("  " * max(0, row.depth - 1) + f"{sign.branch} " * (row.depth > 0), colours.faint)
            room = width - line.cell_len - len(row.shared) - 2
            line.append(fit(row.label, room), colours.strong if here else colours.text)
            line.append(f" {row.shared} ", colours.muted)
            if here:
                line.stylize(colours.selected)
            lines.append(line)
        return lines

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is not None and 0 <= (place := self._first + offset.y) < len(self.rows):
            self.post_message(self.Chosen(place))
