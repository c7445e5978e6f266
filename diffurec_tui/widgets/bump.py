"""A bump chart: the ranks of a few items over the states of a walk, with the walk's cursor through them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt
from rich.segment import Segment
from rich.style import Style
from textual import events

from diffurec_tui.theme.palette import Palette
from diffurec_tui.widgets.braille import column_of, curve, index_at, signs
from diffurec_tui.widgets.canvas import SPACE, Canvas
from diffurec_tui.widgets.curves import ACCENT, FAINT, GUTTER, MUTED, TARGET, Curves, styles_of
from diffurec_tui.widgets.panel import Panel
from diffurec_tui.widgets.text import compact, symbols

Role = Literal["list", "top", "pinned", "tracked", "target"]
"""Whose line it is, in the order painted: the last one lies above the others."""

LABEL = 3
"""Cells right of the lines, for the place in the list."""
UPPER = 0.6
"""Share of the height for the ranks of the list, a step each; the others share the rest, by logarithm."""
TRACKED = 7
STYLE: dict[Role, int] = {
    "list": FAINT,
    "top": ACCENT,
    "pinned": MUTED,
    "tracked": TRACKED,
    "target": TARGET,
}


@dataclass(frozen=True)
class Line:
    """The ranks of one item."""

    role: Role
    ranks: tuple[float, ...]
    """From edge to edge; NaN leaves a gap."""
    label: str = ""


@dataclass(frozen=True)
class Bump:
    """What a chart shows, but for the cursor."""

    lines: tuple[Line, ...]
    k: int
    """Length of the list."""
    num_items: int
    count: int
    """States of the walk."""
    forks: tuple[int, ...] = ()
    """States at which it left another walk."""
    locked: tuple[tuple[int, str], ...] = ()
    """States from which on something stays as it is, and what."""


def height_of(ranks: Sequence[float], k: int, num_items: int) -> npt.NDArray[np.float64]:
    """Where ranks are drawn: 1 at the top, 0 at the bottom."""
    values = np.asarray(ranks, dtype=np.float64)
    if num_items <= k:
        return 1 - (values - 1) / max(1, num_items - 1)
    edge = 1 - UPPER if k > 1 else 1.0
    upper = 1 - UPPER * (values - 1) / max(1, k - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        lower = edge * (1 - np.log(values / k) / math.log(num_items / k))
    return np.where(values <= k, upper, lower)


@lru_cache(maxsize=128)  # an item is drawn again and again while the cursor moves
def _dots(
    ranks: tuple[float, ...], k: int, num_items: int, width: int, height: int, braille: bool
) -> npt.NDArray[np.bool_]:
    values = height_of(ranks, k, num_items)
    return curve(values.tolist(), len(values), width, height, 0.0, 1.0, braille=braille)


class BumpChart(Panel):
    """Lines of rank, best at the top; a click goes to a state."""

    bump: Bump | None = None
    index = 0

    def show(self, bump: Bump | None, index: int) -> None:
        """Draw with the cursor at state `index`; the same again costs nothing."""
        if (bump, index) != (self.bump, self.index):
            self.bump, self.index = bump, index
            self.changed()

    def segments(self, width: int, height: int, colours: Palette, base: Style) -> list[list[Segment]]:
        if self.bump is None or height < 3 or width < GUTTER + LABEL + 4:
            return []
        bump, room, rows = self.bump, width - GUTTER - LABEL, height - 1
        canvas = Canvas.blank(width, height)
        for row, tick in self._ticks(bump, rows).items():
            canvas.write(0, row, f"{tick:>{GUTTER - 2}}", MUTED)
        for role in STYLE:
            self._lines(canvas, [one for one in bump.lines if one.role == role], role, room, rows)
        self._labels(canvas, bump, width, rows)
        at = GUTTER + column_of(self.index, bump.count, room)
        column = canvas.characters[:rows, at]
        blank = column == SPACE
        column[blank] = ord(symbols().cursor)
        canvas.styles[:rows, at][blank] = TARGET
        self._foot(canvas, bump, room, at)
        return canvas.segments((*styles_of(colours), colours.groups[2]), base)

    def _lines(self, canvas: Canvas, lines: Sequence[Line], role: Role, room: int, rows: int) -> None:
        """All lines of a role as one picture: where they cross, their dots add up."""
        if not lines:
            return
        bump, braille = self.bump, symbols().braille
        assert bump is not None
        dots = None
        for line in lines:
            one = _dots(line.ranks, bump.k, bump.num_items, room, rows, braille)
            dots = one if dots is None else dots | one
        assert dots is not None
        drawn = signs(dots, braille=braille)
        if role == "pinned":
            drawn[:, 1::2] = 0  # dashed
        canvas.paint(GUTTER, 0, drawn, STYLE[role])

    @staticmethod
    def _row(rank: float, bump: Bump, rows: int) -> int:
        height = float(height_of((rank,), bump.k, bump.num_items)[0])
        return min(rows - 1, max(0, round((1 - height) * rows - 0.5)))

    def _ticks(self, bump: Bump, rows: int) -> dict[int, str]:
        """By row: the first rank, the last of the list, and powers of ten."""
        ranks = [1, bump.num_items, bump.k]
        ranks += [10**power for power in range(1, 10) if bump.k < 10**power < bump.num_items]
        ticks: dict[int, str] = {}
        for rank in ranks:
            row = self._row(rank, bump, rows)
            if row not in ticks and not {row - 1, row + 1} & (ticks.keys() if rank > bump.k else set()):
                ticks[row] = f"{rank:,}" if rank < 1_000_000 else compact(rank)
        return ticks

    def _labels(self, canvas: Canvas, bump: Bump, width: int, rows: int) -> None:
        """Beside the end of each line; the most important one where several end in a row."""
        taken: set[int] = set()
        painted = list(STYLE)
        for line in sorted(bump.lines, key=lambda one: -painted.index(one.role)):  # the list's are in order
            if line.label and line.ranks and math.isfinite(line.ranks[-1]):
                row = self._row(line.ranks[-1], bump, rows)
                if row not in taken:
                    taken.add(row)
                    style = MUTED if line.role == "list" else STYLE[line.role]
                    canvas.write(width - LABEL + 1, row, line.label, style)

    @staticmethod
    def _foot(canvas: Canvas, bump: Bump, room: int, at: int) -> None:
        """The axis: where forks are, where something locked, and the cursor."""
        row, sign = canvas.characters.shape[0] - 1, symbols()
        canvas.write(1, row, "locked" if bump.locked else "", MUTED)
        canvas.write(GUTTER, row, sign.line * room, FAINT)
        canvas.put(at, row, sign.cursor, TARGET)
        for step in bump.forks:
            canvas.put(GUTTER + column_of(step, bump.count, room), row, sign.fork, ACCENT)
        end = GUTTER + room
        for step, what in sorted(bump.locked, reverse=True):  # from the right, so that none covers another
            column = min(GUTTER + column_of(step, bump.count, room), end - len(what))
            canvas.write(column, row, what, ACCENT)
            end = column - 1

    def on_click(self, event: events.Click) -> None:
        offset, room = event.get_content_offset(self), self.size.width - GUTTER - LABEL
        if offset is not None and self.bump is not None and GUTTER <= offset.x < GUTTER + room:
            self.post_message(Curves.Picked(index_at(offset.x - GUTTER, self.bump.count, room)))
