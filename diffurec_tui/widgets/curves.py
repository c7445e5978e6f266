"""Curves over the steps of a walk, one above the other, with one cursor through all of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message

from diffurec_tui.theme.palette import Palette
from diffurec_tui.widgets.braille import column_of, curve, index_at, same_place, signs, spark
from diffurec_tui.widgets.canvas import SPACE, Canvas
from diffurec_tui.widgets.panel import Panel
from diffurec_tui.widgets.text import number, symbols

GUTTER = 9
"""Cells left of a curve, for its name or its axis."""

PLOT_ROWS = 4
"""Rows below which a curve is a sparkline."""

BLANK, TEXT, MUTED, FAINT, ACCENT, STRONG, TARGET = range(7)
"""Numbers of the styles of a canvas."""


def styles_of(colours: Palette) -> tuple[Style, ...]:
    return (
        Style(),
        colours.text,
        colours.muted,
        colours.faint,
        colours.accent,
        colours.strong,
        colours.target,
    )


@dataclass(frozen=True)
class Series:
    """One curve; values of the steps that are there."""

    label: str
    values: tuple[float, ...]
    low: float
    high: float
    log_rank: bool = False
    """Values are ranks, drawn as log10 with 1 at the top."""
    beside: tuple[float, ...] = ()
    """The same of another walk, of as many states as it has: drawn dashed, from edge to edge."""

    def drawn(self) -> tuple[list[float], float, float]:
        """Values and limits on the scale drawn."""
        if not self.log_rank:
            return list(self.values), self.low, self.high
        return self._logs(self.values), -math.log10(max(self.high, 2)), 0.0

    def drawn_beside(self) -> list[float]:
        """Values of the other walk on the same scale."""
        return self._logs(self.beside) if self.log_rank else list(self.beside)

    @staticmethod
    def _logs(values: tuple[float, ...]) -> list[float]:
        return [-math.log10(value) if value >= 1 else math.nan for value in values]


class Curves(Panel):
    """As many rows a curve as there is room for: a sparkline in one, a braille plot in three or more."""

    class Picked(Message):
        """A step was clicked."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.series: Sequence[Series] = ()
        self.count = 0
        self.index = 0

    def show(self, series: Sequence[Series], count: int, index: int) -> None:
        """Draw curves of `count` steps with the cursor at step `index`; same again costs nothing."""
        if (self.series, self.count, self.index) != (series, count, index):
            self.series, self.count, self.index = series, count, index
            self.changed()

    def segments(self, width: int, height: int, colours: Palette, base: Style) -> list[list[Segment]]:
        if not self.series or not self.count or width < GUTTER + 2:
            return []
        canvas = Canvas.blank(width, height)
        top = 0
        series = self.series[:height]  # a row each; the first ones matter most
        for place, one in enumerate(series):
            rows = (height - top) // (len(series) - place)
            if self._plots:
                self._plot(canvas, top, one, rows)
            else:
                self._spark(canvas, top, one)
            top += rows
        return canvas.segments(styles_of(colours), base)

    def _value(self, one: Series) -> str:
        if self.index >= len(one.values):
            return symbols().more
        return self._said(one, one.values[self.index])

    def _value_beside(self, one: Series) -> str:
        if not one.beside:
            return ""
        at = same_place(self.index, self.count - 1, len(one.beside) - 1)
        return f" {symbols().dot} pinned {self._said(one, one.beside[at])}"

    @staticmethod
    def _said(one: Series, value: float) -> str:
        return f"{value:.0f}" if one.log_rank and not math.isnan(value) else number(value)

    @property
    def _plots(self) -> bool:
        """Whether there are rows enough to plot every curve."""
        return self.size.height >= PLOT_ROWS * len(self.series)

    def _room(self, width: int) -> int:
        """Columns of a curve; beside sparklines stands the value."""
        return max(2, width - GUTTER - (1 if self._plots else 8))

    def _spark(self, canvas: Canvas, row: int, one: Series) -> None:
        width = canvas.characters.shape[1]
        room = self._room(width)
        values, low, high = one.drawn()
        bars = spark(values, self.count, room, low, high, symbols().bars)
        canvas.write(1, row, one.label, MUTED)
        canvas.write(GUTTER, row, bars, FAINT)
        self._walked(canvas, slice(row, row + 1), room)
        canvas.write(GUTTER + room, row, f" {self._value(one):>6}", TEXT)

    def _plot(self, canvas: Canvas, top: int, one: Series, rows: int) -> None:
        width = canvas.characters.shape[1]
        if len(self.series) > 1:
            canvas.write(1, top, one.label, MUTED)
        value = self._value(one) + self._value_beside(one)
        canvas.write(width - len(value) - 1, top, value, STRONG)
        room, braille = self._room(width), symbols().braille
        values, low, high = one.drawn()
        for row, tick in enumerate(self._axis(one, rows - 1, low, high), top + 1):
            canvas.write(0, row, f"{tick:>{GUTTER - 2}}", MUTED)
        if one.beside:
            points = one.drawn_beside()
            other = signs(
                curve(points, len(points), room, rows - 1, low, high, braille=braille), braille=braille
            )
            other[:, 1::2] = 0  # every other cell: dashed
            canvas.paint(GUTTER, top + 1, other, MUTED)
        drawn = signs(curve(values, self.count, room, rows - 1, low, high, braille=braille), braille=braille)
        canvas.paint(GUTTER, top + 1, drawn, FAINT)
        self._walked(canvas, slice(top + 1, top + rows), room)

    def _walked(self, canvas: Canvas, rows: slice, room: int) -> None:
        """What lies before the cursor bright, and the cursor."""
        at = GUTTER + column_of(self.index, self.count, room)
        walked = canvas.styles[rows, GUTTER:at]
        walked[walked == FAINT] = ACCENT
        cursor = canvas.characters[rows, at]
        cursor[cursor == SPACE] = ord(symbols().cursor)
        canvas.styles[rows, at] = TARGET

    @staticmethod
    def _axis(one: Series, rows: int, low: float, high: float) -> list[str]:
        ticks = [""] * rows
        if rows < 2:
            return ticks
        if not one.log_rank:
            ticks[0], ticks[-1] = number(one.high), number(one.low)
            return ticks
        for power in range(math.floor(-low) + 1):
            row = round(power / -low * (rows - 1))
            if not ticks[row]:
                ticks[row] = f"{10**power:,}"
        return ticks

    def on_click(self, event: events.Click) -> None:
        room = self._room(self.size.width)
        offset = event.get_content_offset(self)
        if offset is not None and self.count and GUTTER <= offset.x < GUTTER + room:
            self.post_message(self.Picked(index_at(offset.x - GUTTER, self.count, room)))
