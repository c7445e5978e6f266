"""A list of any number of users: only the lines on screen are ever made."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from diffurec_tui.theme.palette import palette
from diffurec_tui.widgets.panel import to_strip
from diffurec_tui.widgets.text import clean, fit, symbols
from diffurec_tui.widgets.user_index import NO_TARGET, UNKNOWN, Order, Rows, UserIndex

LENGTH, RANK = 8, 9
"""Cells of the two number columns."""


class UserList(ScrollView, can_focus=True):
    """User id, history length, rank of the true next item; a cursor, and a heading that stays."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home,0", "to(0)", show=False),
        Binding("end,dollar_sign", "to(-1)", show=False),
    ]

    class Highlighted(Message):
        """The cursor is on another user."""

        def __init__(self, user: int) -> None:
            super().__init__()
            self.user = user

    class Chosen(Message):
        """A user was clicked."""

        def __init__(self, user: int) -> None:
            super().__init__()
            self.user = user

    class Ordered(Message):
        """A heading was clicked."""

        def __init__(self, order: Order) -> None:
            super().__init__()
            self.order: Order = order

    def __init__(self, index: UserIndex, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.index = index
        self.rows: Rows = np.arange(len(index), dtype=np.int64)
        self.order: Order = "data"
        self.cursor = 0

    @property
    def user(self) -> int | None:
        """The user under the cursor."""
        return int(self.rows[self.cursor]) if self.cursor < len(self.rows) else None

    def on_mount(self) -> None:
        self.show_rows(self.rows, self.order)

    def on_resize(self) -> None:
        self._fit_virtual()
        self._into_view()

    def show_rows(self, rows: Rows, order: Order) -> None:
        """Show these users; the cursor stays on its user if that is among them."""
        user = self.user
        self.rows, self.order = rows, order
        place = np.flatnonzero(rows == user) if user is not None else np.array([], dtype=np.int64)
        self.cursor = int(place[0]) if len(place) else 0
        self._fit_virtual()
        self._into_view()
        self.refresh()
        if self.user is not None and self.user != user:
            self.post_message(self.Highlighted(self.user))

    def go_to(self, user: int) -> None:
        """Put the cursor on a user, if it is in the list."""
        place = np.flatnonzero(self.rows == user)
        if len(place):
            self._move_to(int(place[0]))

    def step(self, by: int) -> int | None:
        """Move the cursor; returns the user it is then on."""
        self._move_to(self.cursor + by)
        return self.user

    def visible_users(self) -> tuple[int, ...]:
        first = self.scroll_offset.y
        return tuple(self.rows[first : first + max(1, self.size.height - 1)].tolist())

    def action_move(self, by: int) -> None:
        self._move_to(self.cursor + by)

    def action_page(self, by: int) -> None:
        self._move_to(self.cursor + by * max(1, self.size.height - 2))

    def action_to(self, place: int) -> None:
        self._move_to(place if place >= 0 else len(self.rows) - 1)

    def _move_to(self, place: int) -> None:
        place = min(len(self.rows) - 1, max(0, place))
        if place < 0 or place == self.cursor:
            return
        self.cursor = place
        self._into_view()
        self.refresh()
        self.post_message(self.Highlighted(int(self.rows[place])))

    def _fit_virtual(self) -> None:
        self.virtual_size = Size(self.size.width, len(self.rows) + 1)

    def _into_view(self) -> None:
        room = max(1, self.size.height - 1)
        top = self.scroll_offset.y
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, immediate=True)
        elif self.cursor >= top + room:
            self.scroll_to(y=self.cursor - room + 1, animate=False, immediate=True)

    def render_line(self, y: int) -> Strip:
        width, base = self.size.width, self.rich_style
        if y == 0:
            return to_strip(self._heading(width), width, base)
        place = self.scroll_offset.y + y - 1
        if place >= len(self.rows):
            return Strip.blank(width, base)
        return to_strip(self._row(place, width), width, base)

    def _heading(self, width: int) -> Text:
        down = symbols().down
        marks = {order: f" {down}" if self.order == order else "" for order in ("length", "rank")}
        line = Text(fit("  user", width - LENGTH - RANK - 1))
        line.append(f"{'items' + marks['length']:>{LENGTH}}{'rank' + marks['rank']:>{RANK}} ")
        line.stylize(palette(self.app.theme_variables).muted)
        return line

    def _row(self, place: int, width: int) -> Text:
        colours, sign = palette(self.app.theme_variables), symbols()
        user = int(self.rows[place])
        rank = int(self.index.ranks[user])
        here = place == self.cursor
        line = Text().append(f"{sign.pointer if here else ' '} ", colours.accent)
        name = fit(clean(self.index.name(user)), width - 2 - LENGTH - RANK - 1)
        line.append(name, colours.strong if here else colours.text)
        line.append(f"{int(self.index.lengths[user]):>{LENGTH},}", colours.muted)
        shown = sign.more if rank == UNKNOWN else sign.none if rank == NO_TARGET else f"{rank:,}"
        hit = 0 < rank <= 10
        line.append(
            f"{shown:>{RANK}} ", colours.target if hit else colours.text if rank > 0 else colours.faint
        )
        if here:
            line.stylize(colours.selected)
        return line

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if offset.y == 0:
            width = self.size.width
            column: Order = "rank" if offset.x >= width - RANK - 1 else "data"
            column = "length" if width - RANK - LENGTH - 1 <= offset.x < width - RANK - 1 else column
            self.post_message(self.Ordered(column))
            return
        place = self.scroll_offset.y + offset.y - 1
        if place < len(self.rows):
            self._move_to(place)
            self.post_message(self.Chosen(int(self.rows[place])))
