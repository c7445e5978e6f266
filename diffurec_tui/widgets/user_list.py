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

from diffurec.inspection.cases import NO_TARGET
from diffurec_tui.snapshots import Names, NumberedNames
from diffurec_tui.theme.palette import Palette, palette
from diffurec_tui.widgets.panel import to_strip
from diffurec_tui.widgets.text import clean, fit, symbols
from diffurec_tui.widgets.user_columns import Column, columns
from diffurec_tui.widgets.user_filter import HIT, Condition, Field
from diffurec_tui.widgets.user_index import Order, Ordering, Rows, UserIndex


class UserList(ScrollView, can_focus=True):
    """User id, true next item, and numbers as there is room; a cursor, and a heading that stays."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home,0", "to(0)", show=False),
        Binding("end,dollar_sign", "to(-1)", show=False),
    ]

    class Highlighted(Message):
        """The cursor is on another user; whoever takes it draws the list with what goes with it."""

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
        self.names: Names = NumberedNames()
        self.rows: Rows = np.arange(len(index), dtype=np.int32)
        self.ordering = Ordering()
        self.cursor = 0

    @property
    def user(self) -> int | None:
        """The user under the cursor."""
        return int(self.rows[self.cursor]) if self.cursor < len(self.rows) else None

    def on_mount(self) -> None:
        self.show_rows(self.rows, self.ordering)

    def on_resize(self) -> None:
        self._fit_virtual()
        self._into_view()

    def use_names(self, names: Names) -> None:
        """Titles, once they are read."""
        if names is not self.names:
            self.names = names
            self.refresh()

    def show_rows(self, rows: Rows, ordering: Ordering) -> None:
        """Show these users; the cursor stays on its user if that is among them."""
        user = self.user
        self.rows, self.ordering = rows, ordering
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

    def seek(self, wanted: Condition, by: int) -> int | None:
        """Move to the nearest user above (-1) or below (+1) of whom it is known that `wanted` holds."""
        others = self.rows[self.cursor + 1 :] if by > 0 else self.rows[: self.cursor][::-1]
        values = self.index.values(wanted.field)[others]
        found = np.flatnonzero(wanted.holds(values) & self.index.known(wanted.field)[others])
        if not len(found):
            return None
        return self.step(by * (1 + int(found[0])))

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

    @property
    def columns(self) -> tuple[Column, ...]:
        return columns(self.size.width, self.index.longest_id)

    def _heading(self, width: int) -> Text:
        sign, ordering = symbols(), self.ordering
        line = Text("  ")
        for column in self.columns:
            mark = ""
            if column.order == ordering.by:
                mark = f" {sign.up if ordering.rising else sign.down}"
            name = f"{sign.star} true next item" if column.name == "next" else column.name + mark
            line.append(
                fit(name, column.width) if column.name in ("user", "next") else f"{name:>{column.width}}"
            )
        line.stylize(palette(self.app.theme_variables).muted)
        return line

    def _row(self, place: int, width: int) -> Text:
        colours = palette(self.app.theme_variables)
        user = int(self.rows[place])
        here = place == self.cursor
        line = Text().append(f"{symbols().pointer if here else ' '} ", colours.accent)
        for column in self.columns:
            if column.name == "user":
                name = fit(clean(self.index.name(user)), column.width - 1)
                line.append(f"{name} ", colours.strong if here else colours.text)
            elif column.name == "next":
                line.append(fit(self._next_title(user), column.width), colours.muted)
            else:
                self._number(line, user, column.name, column.width, colours)
        line.append(" ")
        if here:
            line.stylize(colours.selected)
        return line

    def _next_title(self, user: int) -> str:
        target = 0 if self.index.targets is None else int(self.index.targets[user])
        return clean(self.names.name(target)) if target else ""

    def _number(self, line: Text, user: int, field: Field, width: int, colours: Palette) -> None:
        """A number, or why there is none; a hit has a star as well as a colour."""
        index, sign = self.index, symbols()
        rank = int(index.ranks[user])
        if field == "len":
            line.append(f"{int(index.lengths[user]):>{width},}", colours.muted)
        elif rank == NO_TARGET:
            line.append(f"{sign.none:>{width}}", colours.faint)
        elif (index.targets is None) if field == "pop" else rank <= 0:
            line.append(f"{sign.more:>{width}}", colours.faint)
        elif field == "rank" and rank <= HIT:
            line.append(f"{f'{sign.star} {rank}':>{width}}", colours.target)
        else:
            style = colours.text if field == "rank" else colours.muted
            line.append(f"{int(index.values(field)[user]):>{width},}", style)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if offset.y == 0:
            self._order_at(offset.x)
            return
        place = self.scroll_offset.y + offset.y - 1
        if place < len(self.rows):
            self._move_to(place)
            self.post_message(self.Chosen(int(self.rows[place])))

    def _order_at(self, x: int) -> None:
        """Ask for the order of the heading at `x`."""
        end = 2
        for column in self.columns:
            end += column.width
            if x < end:
                if column.order is not None:
                    self.post_message(self.Ordered(column.order))
                return
