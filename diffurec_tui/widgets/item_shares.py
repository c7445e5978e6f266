"""Items by the share of lists that they are in, and of other lists beside them."""

from __future__ import annotations

import textwrap

from rich.style import Style
from rich.text import Text
from textual import events

from diffurec_tui.snapshots import Draws, Names
from diffurec_tui.theme.palette import Palette
from diffurec_tui.widgets.panel import ItemClicked, Panel
from diffurec_tui.widgets.text import clean, fit, spelled, symbols

SHARE = 6
"""Cells of a percentage."""

BESIDE, MARKED = 56, 40
"""Cells from which on two bars stand beside each other, and from which on there is one with a mark."""


class ItemShares(Panel):
    """The most frequent first; the true next item is marked, and stays in sight where no list has it."""

    draws: Draws | None = None
    names: Names | None = None
    message = ""
    tracked: int | None = None
    """The item that the walk follows."""
    scrolled = 0
    _missing: int | None = None
    """The true next item, where no list has it."""

    def say(self, message: str) -> None:
        """Nothing is drawn yet, and why."""
        self.draws, self.message, self.border_subtitle = None, message, ""
        self.changed()

    def show(self, draws: Draws, names: Names, tracked: int | None = None) -> None:
        """Draw the items of `draws`; same again costs nothing."""
        if draws is self.draws and names is self.names and tracked == self.tracked:
            return
        self.tracked = tracked
        if self.draws is None or draws.spec != self.draws.spec:
            self.scrolled = 0
        self.draws, self.names = draws, names
        target = draws.spec.case.target
        there = target is None or any(row[0] == target for row in self._rows)
        self._missing = None if there else target
        self.border_title = _title(draws)
        self._fit()
        self.changed()

    def scroll_items(self, by: int) -> None:
        """Move down (positive) or up."""
        before = self.scrolled
        self.scrolled += by
        self._fit()
        if self.scrolled != before:
            self.changed()

    def scroll_pages(self, by: int) -> None:
        self.scroll_items(by * max(1, self._room - 1))

    def on_resize(self) -> None:
        self._fit()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self.scroll_items(-3)
        event.stop()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self.scroll_items(3)
        event.stop()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or self.draws is None:
            return
        row = offset.y - (self.draws.against is not None)  # the names of two columns
        rows = self._rows[self.scrolled : self.scrolled + self._room]
        if 0 <= row < len(rows):
            self.post_message(ItemClicked(rows[row][0]))
        elif row == self._room and self._missing is not None:
            self.post_message(ItemClicked(self._missing))

    @property
    def _rows(self) -> tuple[tuple[int, ...], ...]:
        """Item and counts: of the lists, and of those they are set against."""
        if self.draws is None:
            return ()
        against = self.draws.against
        return self.draws.items if against is None else against.contrast.items

    @property
    def _room(self) -> int:
        """Rows for items: one is for the true one, and one for the names of two columns."""
        beside = self.draws is not None and self.draws.against is not None
        return max(1, self.size.height - (self._missing is not None) - beside)

    def _fit(self) -> None:
        if self.draws is None:
            return
        items, room = len(self._rows), self._room
        self.scrolled = min(max(0, items - room), max(0, self.scrolled))
        end = min(items, self.scrolled + room)
        self.border_subtitle = "" if items <= room else spelled(f"{self.scrolled + 1}–{end} of {items:,}")

    def paint(self, width: int, height: int, colours: Palette) -> list[Text]:
        if self.draws is None or self.names is None:
            said = textwrap.wrap(clean(self.message), max(8, width - 2))
            return [Text() for _ in range((height - len(said)) // 2)] + [Text(f" {one}") for one in said]
        room = self._room
        rows = self._rows[self.scrolled : self.scrolled + room]
        against = self.draws.against
        lines = [] if against is None else [_heads(width, colours)]
        lines += [self._row(row, width, colours) for row in rows]
        if self._missing is not None:
            lines += [Text() for _ in range(room - len(rows))]
            lines.append(self._row((self._missing, *([0] * (1 + (against is not None)))), width, colours))
        return lines

    def _row(self, row: tuple[int, ...], width: int, colours: Palette) -> Text:
        draws, names = self.draws, self.names
        assert draws is not None
        assert names is not None
        sign, item = symbols(), row[0]
        true = item == draws.spec.case.target
        line = Text()
        if draws.against is None:
            _one_bar(line, row[1], len(draws.samples.seeds), width, colours, colours.target if true else None)
            marks = sign.star if true else sign.tracked if item == self.tracked else " "
        else:
            pinned = draws.against.pinned
            shares = row[1] / len(draws.samples.seeds), row[2] / len(pinned.samples.seeds)
            _two_bars(line, shares, width, colours)
            beside = item == pinned.spec.case.target
            marks = sign.star if true else sign.hollow if beside else " "
            if item == self.tracked and marks == " ":
                marks = sign.tracked
            marks += sign.differs if (row[1] > 0) != (row[2] > 0) else " "
        line.append(f"{marks} ", colours.target)
        seen = item in draws.spec.case.history and not true
        title = fit(clean(names.name(item)), max(1, width - line.cell_len))
        return line.append(title, colours.target if true else colours.muted if seen else colours.text)


def _title(draws: Draws) -> str:
    there = len(draws.samples.seeds)
    number = f"{there:,}" + ("" if draws.complete else f"/{draws.wanted:,}")
    if draws.against is None:
        return f"Items of {number} list{'s' * (draws.wanted != 1)} of {draws.k}"
    pinned, times = draws.against.pinned, symbols().times
    if (draws.wanted, draws.k) == (pinned.wanted, pinned.k):
        return f"Items: {number} lists of {draws.k}, pinned"
    return f"Items: {number}{times}{draws.k}, pinned {pinned.wanted:,}{times}{pinned.k}"


def _one_bar(line: Text, count: int, number: int, width: int, colours: Palette, style: Style | None) -> None:
    sign = symbols()
    line.append(f"{share(count / number):>{SHARE}} ", style or colours.text)
    if width >= BESIDE:
        line.append(f"{count:>5,} ", colours.muted)
    cells = 0 if width < 32 else 6 if width < 48 else 10 if width < 76 else 24
    if cells:
        full = _cells(count / number, cells)
        line.append(sign.shades[-1] * full, colours.accent)
        line.append(sign.shades[0] * (cells - full) + " ", colours.faint)


def _heads(width: int, colours: Palette) -> Text:
    """Names of the two columns."""
    between = 2 * _beside(width) + 3 if width >= BESIDE else 1
    return Text(f"{'now':>{SHARE}}{'':{between}}{'pinned':>{SHARE}}", colours.muted)


def _beside(width: int) -> int:
    """Cells of each of two bars beside each other."""
    return 16 if width >= 76 else 7


def _two_bars(line: Text, shares: tuple[float, float], width: int, colours: Palette) -> None:
    """Now to the left and pinned to the right of one line; or a bar of now with a mark at pinned."""
    sign = symbols()
    now, pinned = (f"{share(one) if one else sign.none:>{SHARE}}" for one in shares)
    if width >= BESIDE:
        cells = _beside(width)
        left, right = (_cells(one, cells) for one in shares)
        line.append(f"{now} ", colours.text)
        line.append(sign.shades[0] * (cells - left), colours.faint)
        line.append(sign.shades[-1] * left, colours.accent)
        line.append(sign.head, colours.muted)
        line.append(sign.shades[2] * right, colours.muted)
        line.append(sign.shades[0] * (cells - right) + " ", colours.faint)
        line.append(f"{pinned} ", colours.muted)
        return
    line.append(f"{now} ", colours.text).append(f"{pinned} ", colours.muted)
    if width >= MARKED:
        cells = 10
        full, at = (_cells(one, cells) for one in shares)
        bar = sign.shades[-1] * full + sign.shades[0] * (cells - full)
        for place, cell in enumerate(bar):
            if place == at - 1:
                line.append(sign.head, colours.target)
            else:
                line.append(cell, colours.accent if place < full else colours.faint)
        line.append(" ")


def _cells(part: float, cells: int) -> int:
    """Cells of a bar: at least one where there is anything."""
    return max(1, round(cells * part)) if part else 0


def share(part: float) -> str:
    """A percentage that says 0 and 100 only where it is all or nothing."""
    percent = 100 * part
    if 0 < percent < 1:
        return "<1 %"
    return f"{min(99, round(percent)) if part < 1 else 100} %"
