"""What the user did before: a column of titles, newest at the bottom, or a strip where there is no room."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text
from textual import events

from diffurec_tui.snapshots import Names, Subject
from diffurec_tui.theme.palette import Palette
from diffurec_tui.widgets.panel import ItemClicked, Panel
from diffurec_tui.widgets.text import clean, ellipsis, fit, symbols

HEAT = 9
"""Cells of an item's influence, with its bar."""
STRIP = 3
"""Rows up to which there is a strip instead of a column."""


@dataclass(frozen=True)
class HeatColumn:
    """A number beside each of the last items of a history."""

    title: str
    values: tuple[float, ...] = ()
    """Oldest first; fewer than there are items where the model does not read them all."""
    share: bool = False
    """Values are shares of one, not differences."""

    def cells(self, length: int) -> dict[int, str]:
        """By place in a history of `length`: a bar as high as the size, and the number with its sign."""
        sign = symbols()
        most = max((abs(one) for one in self.values if math.isfinite(one)), default=0.0)
        told: dict[int, str] = {}
        for place, value in enumerate(self.values, length - len(self.values)):
            if not math.isfinite(value):
                told[place] = sign.none
                continue
            level = round((len(sign.bars) - 1) * abs(value) / most) if most else 0
            number = f"{100 * value:.1f} %" if self.share else f"{value:+.2f}"
            told[place] = f"{sign.bars[level]} {number:>6}"
        return told


class History(Panel):
    """Items oldest to newest, then the true next one."""

    subject: Subject | None = None
    names: Names | None = None
    max_len = 0
    """Items the model reads, counted from the newest."""
    scrolled = 0
    """Items below the lower edge."""
    cursor: int | None = None
    """Place of the item that is edited."""
    heat: HeatColumn | None = None
    _shown: tuple[Subject | None, Names | None, int, HeatColumn | None] | None = None

    def show(
        self, subject: Subject | None, names: Names, max_len: int, heat: HeatColumn | None = None
    ) -> None:
        if subject != self.subject:
            self.scrolled = 0
        shown = (subject, names, max_len, heat)
        if shown == self._shown:
            return
        self._shown = shown
        self.subject, self.names, self.max_len, self.heat = shown
        self.entitle(f"History {symbols().dot} {heat.title}" if heat else "History")
        if subject is not None:
            length = len(subject.case.history)
            unread = f" {symbols().dot} {max_len} read" if length > max_len else ""
            self.subtitle(f"{length} item{'s' * (length != 1)}{unread}")
        self.changed()

    def scroll_items(self, by: int) -> None:
        """Move towards older (positive) or newer items."""
        if self.subject is None:
            return
        most = max(0, len(self.subject.case.history) - self._room(self.size.height))
        scrolled = min(most, max(0, self.scrolled + by))
        if scrolled != self.scrolled:
            self.scrolled = scrolled
            self.changed()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self.scroll_items(3)
        event.stop()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self.scroll_items(-3)
        event.stop()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or self.subject is None or self.size.height <= STRIP:
            return
        case, room = self.subject.case, self._room(self.size.height)
        end = len(case.history) - self.scrolled
        begin = max(0, end - room)
        place = end - room + offset.y  # the newest is at the bottom
        told_of_older = begin > 0 and place == begin != self.cursor
        if begin <= place < end and not told_of_older:
            self.clicked(place)
        elif offset.y == room + 1 and case.target is not None:
            self.post_message(ItemClicked(case.target))

    def clicked(self, place: int) -> None:
        """An item of the history was."""
        assert self.subject is not None
        self.post_message(ItemClicked(self.subject.case.history[place]))

    def paint(self, width: int, height: int, colours: Palette) -> list[Text]:
        if self.subject is None or self.names is None:
            return []
        if height <= STRIP:
            return self._strip(self.subject, self.names, width, height, colours)
        return self._column(self.subject, self.names, width, height, colours)

    @staticmethod
    def _room(height: int) -> int:
        return max(1, height - 2)  # below: a rule and the true next item

    def _column(
        self, subject: Subject, names: Names, width: int, height: int, colours: Palette
    ) -> list[Text]:
        history, sign = subject.case.history, symbols()
        room = self._room(height)
        if self.cursor is not None:  # in view, and not under the line that tells of older ones
            self.cursor = min(self.cursor, len(history) - 1)
            below = len(history) - 1 - self.cursor
            self.scrolled = min(below, max(self.scrolled, below - room + (1 if self.cursor == 0 else 2)))
        self.scrolled = max(0, min(self.scrolled, len(history) - room))
        end = len(history) - self.scrolled
        begin = max(0, end - room)
        digits = len(str(len(history)))
        lines: list[Text] = [Text() for _ in range(room - (end - begin))]
        heat = self.heat.cells(len(history)) if self.heat else {}
        for place in range(begin, end):
            unread = place < len(history) - self.max_len  # older than what the model sees
            newest = place == len(history) - 1
            style = colours.faint if unread else colours.strong if newest else colours.text
            here, told = place == self.cursor, heat.get(place, "")
            line = Text()
            if self.cursor is not None:
                line.append(f"{sign.pointer if here else ' '} ", colours.accent)
            line.append(f"{place + 1:>{digits}} ", colours.faint)
            left = max(1, width - line.cell_len - (HEAT if heat else 0))
            line.append(fit(clean(names.name(history[place])), left), style)
            if heat:
                line.append(f"{told:>{HEAT}}", colours.down if "-" in told else colours.up)
            if here:
                line.stylize(colours.selected)
            lines.append(line)
        if begin > 0 and self.cursor != begin:
            lines[0] = Text(f"{sign.more} {begin + 1} older", colours.faint)
        below = f"{sign.more} {self.scrolled} newer " if self.scrolled else ""
        title = f" {self.heat.title} {sign.line}" if self.heat else ""
        rule = sign.line * max(0, width - cell_len(below + title))
        lines.append(Text(below + rule + title, colours.faint))
        lines.append(_target(subject, names, width, colours))
        return lines

    @staticmethod
    def _strip(subject: Subject, names: Names, width: int, height: int, colours: Palette) -> list[Text]:
        """The newest items, the very newest at the right of the last line, then the next one."""
        history, sign = subject.case.history, symbols()
        label = f" {len(history)} item{'s' * (len(history) != 1)} {sign.arrow} "
        room = max(1, width - cell_len(label) - 3)
        each = room if len(history) == 1 else max(10, room // 3 - 3)
        place, rows = len(history), list[list[str]]()
        for _ in range(max(1, height - 1)):
            titles: list[str] = []
            while place > 0:
                title = ellipsis(clean(names.name(history[place - 1])), each)
                if titles and sum(cell_len(one) + 3 for one in titles) + cell_len(title) > room:
                    break
                titles.insert(0, title)
                place -= 1
            if titles:
                rows.insert(0, titles)
        lines: list[Text] = []
        for number, titles in enumerate(rows):
            first, last = number == 0, number == len(rows) - 1
            line = Text().append(label if first else " " * cell_len(label), colours.muted)
            line.append(f"{sign.more} " if first and place > 0 else "  " if place > 0 else "", colours.faint)
            for column, title in enumerate(titles):
                newest = last and column == len(titles) - 1
                line.append(title, colours.strong if newest else colours.text)
                line.append("" if newest else f" {sign.arrow} ", colours.faint)
            lines.append(line)
        return [*lines, Text(" ") + _target(subject, names, width - 1, colours)][-height:]


def _target(subject: Subject, names: Names, width: int, colours: Palette) -> Text:
    sign = symbols()
    if subject.case.target is None:
        return Text(ellipsis(f"{sign.none} the next item is not known", width), colours.muted)
    line = Text().append(f"{sign.star} ", colours.target)
    line.append(fit(clean(names.name(subject.case.target)), max(1, width - 2)), colours.target)
    return line
