"""Small multiples: a plot a series, the curves of all runs in it, one cursor through all of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message

from diffurec.following.track import LAST, MEANS, Floats
from diffurec_tui.metrics.followed import Followed
from diffurec_tui.metrics.look import Look, name_of, nearest
from diffurec_tui.theme.palette import GROUPS, Palette
from diffurec_tui.widgets.braille import signs
from diffurec_tui.widgets.canvas import SPACE, Canvas
from diffurec_tui.widgets.panel import Panel
from diffurec_tui.widgets.plot_dots import (
    Dots,
    Frame,
    drawn,
    figure,
    limits,
    lost,
    place_told,
    scaled,
    within,
)
from diffurec_tui.widgets.text import clean, ellipsis, symbols

GUTTER = 9
"""Cells left of a plot, for its axis."""
LEAST_WIDTH, LEAST_HEIGHT = 34, 6
SHAPE = 4.5
"""Columns of a plot by its rows, where there is a choice."""
BLANK, TEXT, MUTED, FAINT, ACCENT, STRONG, TARGET, DOWN, RUNS = range(9)
"""Numbers of the styles of a canvas; those of runs come last."""
BRAILLE = 0x2800


def styles_of(colours: Palette) -> tuple[Style, ...]:
    return (
        Style(), colours.text, colours.muted, colours.faint, colours.accent, colours.strong, colours.target,
        colours.down, *colours.groups,
        *(group + Style(bold=True) for group in colours.groups),
    )  # fmt: skip


@dataclass(frozen=True)
class Grid:
    """Where the plots are."""

    columns: int
    rows: int
    """That are seen."""
    width: int
    height: int
    first: int
    """Place of the first plot that is seen."""

    @property
    def shown(self) -> int:
        return self.columns * self.rows


def grid(number: int, width: int, height: int, selected: int) -> Grid:
    """As many plots as there is room for, of a shape one can read; the selected one is among them."""
    most = max(1, width // LEAST_WIDTH)
    fitting = [
        (columns, -(-number // columns))
        for columns in range(1, min(most, max(1, number)) + 1)
        if height // max(1, -(-number // columns)) >= LEAST_HEIGHT
    ]
    if fitting:
        columns, rows = min(
            fitting, key=lambda one: abs(math.log((width / one[0]) / (height / max(1, one[1])) / SHAPE))
        )
        return Grid(columns, max(1, rows), max(1, width // columns), max(1, height // max(1, rows)), 0)
    rows = max(1, height // LEAST_HEIGHT)
    all_rows, row = -(-number // most), selected // most
    first = min(max(0, row - rows + 1), max(0, all_rows - rows))
    return Grid(most, rows, max(1, width // most), max(1, height // rows), first * most)


class Plots(Panel):
    """Repainted when there is something new or a key was pressed; the curves only if they changed."""

    class Picked(Message):
        """A place in a plot was clicked."""

        def __init__(self, series: str, share: float) -> None:
            super().__init__()
            self.series, self.share = series, share

    class Turned(Message):
        """The wheel was turned."""

        def __init__(self, up: bool) -> None:
            super().__init__()
            self.up = up

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.runs: Sequence[Followed] = ()
        self.look = Look()
        self.series: Sequence[str] = ()
        self.message = ""
        self._curves: tuple[object, Canvas] | None = None
        self._dots: dict[object, Dots] = {}
        """Of the curves on screen."""
        self._fresh: dict[object, Dots] = {}
        """Of those that are being drawn."""

    def show(self, runs: Sequence[Followed], look: Look, series: Sequence[str], message: str) -> None:
        """Draw these series of these runs; `message` where there are none."""
        self.runs, self.look, self.series, self.message = runs, look, series, message
        self.changed()

    @property
    def grid(self) -> Grid:
        selected = self.series.index(self.look.selected) if self.look.selected in self.series else 0
        return grid(len(self.series), self.size.width, self.size.height - 1, selected)

    @property
    def room(self) -> int:
        """Columns of the curves of a plot."""
        return max(2, self.grid.width - GUTTER - 2)

    def segments(self, width: int, height: int, colours: Palette, base: Style) -> list[list[Segment]]:
        if not self.series or height < 3 or width < 16:
            canvas = Canvas.blank(width, height)
            canvas.write(2, min(1, height - 1), _narrow(ellipsis(self.message, max(0, width - 3))), MUTED)
            return canvas.segments(styles_of(colours), base)
        place = self.grid
        seen = self.series[place.first : place.first + place.shown]
        key = (
            width, height, place, tuple(seen), self.look.state, symbols().braille,
            tuple((run, run.curves.version) for run in self.runs),
        )  # fmt: skip
        if self._curves is None or self._curves[0] != key:
            canvas = Canvas.blank(width, height)
            self._fresh = {}
            for number, series in enumerate(seen):
                self._plot(canvas, series, *self._corner(place, number), place)
            self._axis(canvas, place, len(seen))
            self._curves, self._dots = (key, canvas), self._fresh
        canvas = self._curves[1].copy()
        for number, series in enumerate(seen):
            left, top = self._corner(place, number)
            self._cursor(canvas, left, top, place)
            self._head(canvas, series, left, top, place)
        return canvas.segments(styles_of(colours), base)

    @staticmethod
    def _corner(place: Grid, number: int) -> tuple[int, int]:
        return number % place.columns * place.width, number // place.columns * place.height

    def _plot(self, canvas: Canvas, series: str, left: int, top: int, place: Grid) -> None:
        """The curves of a series, and its axis."""
        look, braille = self.look, symbols().braille
        width, height = max(2, place.width - GUTTER - 2), place.height - 1
        across, down = (2, 4) if braille else (1, 1)
        start, end = look.window
        parts = [
            (run, first[seen], last[seen], track.rows[seen])
            for run in self.runs
            if (track := run.curves.tracks.get(series)) is not None
            for first, last in [look.places(run, track)]
            for seen in [within(first, last, start, end)]
        ]
        reached = [limits(rows, log=look.log) for _, _, _, rows in parts]
        low = min((one for one, _ in reached if not math.isnan(one)), default=math.nan)
        high = max((one for _, one in reached if not math.isnan(one)), default=math.nan)
        frame = Frame(start, end, low, high, width * across, height * down)
        self._ticks(canvas, left, top + 1, height, low, high)
        column, row = left + GUTTER, top + 1
        picture = canvas.characters[row : row + height, column : column + width]
        styles = canvas.styles[row : row + height, column : column + width]

        def paint(cells: npt.NDArray[np.uint32], style: int, sign: str) -> None:
            if not braille:
                cells = np.where(cells > 0, ord(sign), 0).astype(np.uint32)
            lit = cells > 0
            mixed = np.where(picture >= BRAILLE, picture | cells, cells) if braille else cells
            picture[lit], styles[lit] = mixed[lit], style

        smooth = look.smoothing is not None
        for run, first, last, rows in parts:
            dots = self._drawn(run, series, first, last, rows, frame, None)
            style, sign = (FAINT, ".") if smooth else (self._style(run), self._sign(run))
            paint(signs(dots, braille=braille), style, sign)
        if smooth:
            for run, first, last, rows in parts:
                dots = self._drawn(run, series, first, last, rows, frame, look.smoothing)
                paint(signs(dots, braille=braille), self._style(run), self._sign(run))
        for _, first, last, rows in parts:
            for dot in lost(first, last, rows, frame):
                canvas.put(column + dot // across, row + height - 1, "x", DOWN)
        if len(self.runs) > 1:
            for run, _, last, rows in parts:
                self._letter(canvas, run, last, rows, frame, (column, row), (across, down))

    def _drawn(
        self,
        run: Followed,
        series: str,
        first: Floats,
        last: Floats,
        rows: Floats,
        frame: Frame,
        mean: int | None,
    ) -> Dots:
        """The dots of a curve, those of the last time where nothing of it has changed."""
        key = (run, series, run.curves.version, self.look.axis, frame, self.look.log, mean)
        dots = self._dots.get(key)
        if dots is None:
            dots = drawn(first, last, rows, frame, log=self.look.log, mean=mean)
        self._fresh[key] = dots
        return dots

    def _letter(
        self,
        canvas: Canvas,
        run: Followed,
        last: Floats,
        rows: Floats,
        frame: Frame,
        corner: tuple[int, int],
        dots: tuple[int, int],
    ) -> None:
        """The letter of a run at the end of its curve; above or below where another one is."""
        look = self.look
        values = scaled(rows[:, LAST if look.smoothing is None else MEANS + look.smoothing], log=look.log)
        x, y = frame.column(last), frame.level(values)
        seen = np.flatnonzero(np.isfinite(y) & (x >= 0) & (x <= frame.columns - 1))
        if not len(seen):
            return
        column = corner[0] + int(x[seen[-1]]) // dots[0]
        wanted, height = int(y[seen[-1]]) // dots[1], frame.rows // dots[1]
        for row in sorted(range(height), key=lambda one: abs(one - wanted)):
            sign = chr(int(canvas.characters[corner[1] + row, column]))
            if not (sign.isalpha() and sign.isascii()) or not symbols().braille:
                canvas.put(column, corner[1] + row, run.letter, self._style(run, bold=True))
                return

    def _style(self, run: Followed, *, bold: bool = False) -> int:
        number = len(GROUPS)
        return RUNS + run.place % number + (number if bold else 0)

    def _sign(self, run: Followed) -> str:
        """For curves without braille."""
        return run.letter.lower() if len(self.runs) > 1 else "*"

    def _ticks(self, canvas: Canvas, left: int, top: int, height: int, low: float, high: float) -> None:
        if math.isnan(low):
            return
        marks = {0: high, height - 1: low} if height > 1 and high > low else {height // 2: high}
        if height >= 7 and high > low:
            marks[(height - 1) // 2] = high - (high - low) * ((height - 1) // 2) / (height - 1)
        for row, value in marks.items():
            told = figure(10**value if self.look.log else value)
            canvas.write(left, top + row, f"{told[: GUTTER - 1]:>{GUTTER - 1}}", MUTED)

    def _axis(self, canvas: Canvas, place: Grid, seen: int) -> None:
        """Under every column: from where to where one looks."""
        start, end = self.look.window
        row = min(place.rows, -(-seen // place.columns)) * place.height
        room = max(2, place.width - GUTTER - 2)
        for number in range(min(place.columns, seen)):
            left = number * place.width + GUTTER
            one, other = place_told(start, self.look.axis), place_told(end, self.look.axis)
            middle = self.look.axis
            canvas.write(left, row, one, MUTED)
            canvas.write(left + room - len(other), row, other, MUTED)
            if len(one) + len(other) + len(middle) + 4 <= room:
                canvas.write(left + (room - len(middle)) // 2, row, middle, FAINT)

    def _cursor(self, canvas: Canvas, left: int, top: int, place: Grid) -> None:
        cursor = self.look.cursor
        start, end = self.look.window
        if cursor is None or not start <= cursor <= end:
            return
        room = max(2, place.width - GUTTER - 2)
        at = left + GUTTER + round((cursor - start) / max(end - start, 1e-300) * (room - 1))
        rows = slice(top + 1, top + place.height)
        column = canvas.characters[rows, at]
        column[column == SPACE] = ord(symbols().cursor)
        canvas.styles[rows, at] = TARGET

    def _head(self, canvas: Canvas, series: str, left: int, top: int, place: Grid) -> None:
        """The name of a series, and its value at the cursor, or the newest, of each run."""
        look = self.look
        chosen = series == look.selected
        room = place.width - 2
        name = ellipsis(clean(name_of(series)), max(4, room - 10))
        written = _narrow(name)
        canvas.write(left, top, symbols().pointer if chosen else " ", ACCENT)
        canvas.write(left + 1, top, written, STRONG if chosen else TEXT)
        told: list[tuple[str, int]] = []
        for run in self.runs:
            track = run.curves.tracks.get(series)
            if track is None or not track.points:
                continue
            summary = track.at(nearest(look, run, track))
            value = summary.last if look.smoothing is None else summary.means[look.smoothing]
            letter = f"{run.letter} " if len(self.runs) > 1 else ""
            told.append((f"{letter}{figure(value)}", self._style(run, bold=True)))
        free, more = room - len(written) - 2, False
        while told and sum(len(text) + 2 for text, _ in told) > free:
            told.pop()
            more = True
        at = left + 1 + room - sum(len(text) + 2 for text, _ in told) - more
        for text, style in told:
            canvas.write(at + 1, top, text, style)
            at += len(text) + 2
        if more:
            canvas.write(at, top, symbols().more, MUTED)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or not self.series:
            return
        place = self.grid
        row, column = offset.y // place.height, offset.x // place.width
        number = place.first + row * place.columns + column
        if column < place.columns and row < place.rows and number < len(self.series):
            share = (offset.x - column * place.width - GUTTER) / max(1, self.room - 1)
            self.post_message(self.Picked(self.series[number], share))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.post_message(self.Turned(up=True))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.post_message(self.Turned(up=False))


def _narrow(text: str) -> str:
    """With signs of one cell alone, which is what a canvas has."""
    return "".join(sign if cell_len(sign) == 1 else "?" for sign in text)
