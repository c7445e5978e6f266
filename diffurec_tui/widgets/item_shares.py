"""Items by the share of lists that they are in."""

from __future__ import annotations

import textwrap

from rich.text import Text
from textual import events

from diffurec_tui.snapshots import Draws, Names
from diffurec_tui.theme.palette import Palette
from diffurec_tui.widgets.panel import Panel
from diffurec_tui.widgets.text import clean, fit, spelled, symbols

SHARE = 6
"""Cells of a percentage."""


class ItemShares(Panel):
    """The most frequent first; the true next item is marked, and stays in sight where no list has it."""

    draws: Draws | None = None
    names: Names | None = None
    message = ""
    scrolled = 0

    def say(self, message: str) -> None:
        """Nothing is drawn yet, and why."""
        self.draws, self.message, self.border_subtitle = None, message, ""
        self.changed()

    def show(self, draws: Draws, names: Names) -> None:
        if self.draws is None or draws.spec != self.draws.spec:
            self.scrolled = 0
        self.draws, self.names = draws, names
        number = f"{len(draws.samples.seeds):,}" + ("" if draws.complete else f"/{draws.wanted:,}")
        self.border_title = f"Items of {number} list{'s' * (draws.wanted != 1)} of {draws.k}"
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

    @property
    def _missing(self) -> int | None:
        """The true next item, where no list has it."""
        draws = self.draws
        target = None if draws is None else draws.spec.case.target
        if draws is None or target is None or any(item == target for item, _ in draws.samples.item_counts):
            return None
        return target

    @property
    def _room(self) -> int:
        return max(1, self.size.height - (self._missing is not None))

    def _fit(self) -> None:
        if self.draws is None:
            return
        items, room = len(self.draws.samples.item_counts), self._room
        self.scrolled = min(max(0, items - room), max(0, self.scrolled))
        end = min(items, self.scrolled + room)
        self.border_subtitle = "" if items <= room else spelled(f"{self.scrolled + 1}–{end} of {items:,}")

    def paint(self, width: int, height: int, colours: Palette) -> list[Text]:
        if self.draws is None or self.names is None:
            said = textwrap.wrap(clean(self.message), max(8, width - 2))
            return [Text() for _ in range((height - len(said)) // 2)] + [Text(f" {one}") for one in said]
        room = self._room
        counts = self.draws.samples.item_counts[self.scrolled : self.scrolled + room]
        lines = [self._row(item, count, self.draws, self.names, width, colours) for item, count in counts]
        missing = self._missing
        if missing is not None:
            lines += [Text() for _ in range(room - len(lines))]
            lines.append(self._row(missing, 0, self.draws, self.names, width, colours))
        return lines

    @staticmethod
    def _row(item: int, count: int, draws: Draws, names: Names, width: int, colours: Palette) -> Text:
        sign, number = symbols(), len(draws.samples.seeds)
        true = item == draws.spec.case.target
        style = colours.target if true else colours.text
        line = Text().append(f"{share(count, number):>{SHARE}} ", style)
        if width >= 56:
            line.append(f"{count:>5,} ", colours.muted)
        bar = 0 if width < 32 else 6 if width < 48 else 10 if width < 76 else 24
        if bar:
            full = max(1, round(bar * count / number)) if count else 0
            line.append(sign.shades[-1] * full, colours.accent)
            line.append(sign.shades[0] * (bar - full) + " ", colours.faint)
        line.append(f"{sign.star if true else ' '} ", colours.target)
        seen = item in draws.spec.case.history and not true
        title = fit(clean(names.name(item)), max(1, width - line.cell_len))
        return line.append(title, colours.muted if seen else style)


def share(count: int, number: int) -> str:
    """A percentage that says 0 and 100 only where it is all or nothing."""
    percent = 100 * count / number
    if 0 < percent < 1:
        return "<1 %"
    return f"{min(99, round(percent)) if count < number else 100} %"
