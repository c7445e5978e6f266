"""How the rank of the true next item is spread over many walks, and over those they are set against."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from rich.style import Style
from rich.text import Text

from diffurec_tui.snapshots import Draws
from diffurec_tui.theme.palette import Palette
from diffurec_tui.widgets.panel import Panel
from diffurec_tui.widgets.text import fit, symbols

Ranks = npt.NDArray[np.int64]

NAME = 7
"""Cells of a name before a histogram of one row."""


class RankSpread(Panel):
    """A histogram over ranks 1, 2, 5, 10, …: the bars of ranks within the list are gold."""

    draws: Draws | None = None
    num_items = 0

    def show(self, draws: Draws | None, num_items: int) -> None:
        """Draw the ranks of `draws`; same again costs nothing."""
        if draws is not self.draws or draws is None:
            self.draws, self.num_items = draws, num_items
            self.border_title = f"Rank of {symbols().star} in the walks"
            self.changed()

    def paint(self, width: int, height: int, colours: Palette) -> list[Text]:
        if self.draws is None:
            return []
        if self.draws.against is not None:
            pinned = self.draws.against.pinned
            if height >= 7:
                return self._stacked(self.draws, pinned, width, height, colours)
            return self._lined_up(self.draws, pinned, width, height, colours)
        ranks = self.draws.samples.target_ranks
        if ranks is None:
            return [_unknown("", width, colours)]
        edges = bin_edges(self.num_items, width // 2)
        lines = [_said("", ranks, width, colours)]
        if height >= 3 and len(edges) * 2 <= width:
            counts = histogram(ranks, edges)
            each = _each(edges, width)
            lines += _bars(counts, edges, each, self.draws.k, height - 2, colours, colours.accent)
            lines.append(_axis(edges, each, 0, colours))
        return lines

    def _stacked(self, now: Draws, pinned: Draws, width: int, height: int, colours: Palette) -> list[Text]:
        """A histogram above the other, and one axis below both."""
        edges = bin_edges(self.num_items, width // 2)
        if len(edges) * 2 > width:
            return []
        each = _each(edges, width)
        lines: list[Text] = []
        rows = (height - 3) // 2
        for name, draws, style in (("now", now, colours.accent), ("pinned", pinned, colours.muted)):
            ranks = draws.samples.target_ranks
            lines.append(_said(name, ranks, width, colours))
            counts = np.zeros(len(edges), dtype=np.int64) if ranks is None else histogram(ranks, edges)
            lines += _bars(counts, edges, each, draws.k, rows, colours, style)
        return [*lines, _axis(edges, each, 0, colours)]

    def _lined_up(self, now: Draws, pinned: Draws, width: int, height: int, colours: Palette) -> list[Text]:
        """A row each."""
        room = width - NAME - 8
        edges = bin_edges(self.num_items, room // 2)
        if len(edges) * 2 > room:
            return [_said(*one, width, colours) for one in _both(now, pinned)]
        each = min(3, _each(edges, room))
        lines: list[Text] = []
        for (name, ranks), draws in zip(_both(now, pinned), (now, pinned), strict=True):
            line = Text(no_wrap=True).append(f"{name:<{NAME}}", colours.muted)
            if ranks is None:
                lines.append(line.append("the next item is not known", colours.muted))
                continue
            style = colours.accent if draws is now else colours.muted
            line += _bars(histogram(ranks, edges), edges, each, draws.k, 1, colours, style)[0]
            line.append(f" ~{np.median(ranks):,.5g}", colours.strong)
            lines.append(line)
        return [*lines, _axis(edges, each, NAME, colours, "median")] if height >= 3 else lines


def _both(now: Draws, pinned: Draws) -> tuple[tuple[str, Ranks | None], tuple[str, Ranks | None]]:
    return ("now", now.samples.target_ranks), ("pinned", pinned.samples.target_ranks)


def _unknown(name: str, width: int, colours: Palette) -> Text:
    return Text(fit(f"{name or symbols().none} the next item is not known", width), colours.muted)


def _said(name: str, ranks: Ranks | None, width: int, colours: Palette) -> Text:
    """The range in numbers."""
    if ranks is None:
        return _unknown(name, width, colours)
    line = Text(no_wrap=True).append(f"{name:<{NAME}}" if name else "", colours.muted)
    for what, value in (("min", ranks.min()), ("median", np.median(ranks)), ("max", ranks.max())):
        line.append(f"{what} ", colours.muted).append(f"{value:,.10g}  ", colours.strong)
    return line


def bin_edges(num_items: int, most: int) -> list[int]:
    """Lowest rank of each bin: 1, 2, 5, 10, …, or powers of ten where `most` are fewer."""
    edges = [step * 10**power for power in range(len(str(num_items))) for step in (1, 2, 5)]
    edges = [edge for edge in edges if edge <= num_items] or [1]
    return edges if len(edges) <= most else edges[::3]


def histogram(ranks: Ranks, edges: Sequence[int]) -> npt.NDArray[np.int64]:
    """Number of ranks in each bin."""
    return np.bincount(np.searchsorted(edges, ranks, side="right") - 1, minlength=len(edges))


def _each(edges: Sequence[int], width: int) -> int:
    """Cells of a bin, with one between two bars."""
    return max(2, min(8, width // len(edges)))


def _bars(
    counts: npt.NDArray[np.int64],
    edges: Sequence[int],
    each: int,
    k: int,
    rows: int,
    colours: Palette,
    style: Style,
) -> list[Text]:
    bars = symbols().bars
    levels = np.ceil(counts / max(1, counts.max()) * rows * len(bars)).astype(int).tolist()
    lines: list[Text] = []
    for row in range(rows - 1, -1, -1):
        line = Text(no_wrap=True)
        for edge, level in zip(edges, levels, strict=True):
            eighths = min(len(bars), max(0, level - row * len(bars)))
            mark = bars[eighths - 1] if eighths else " "
            line.append(mark * (each - 1) + " ", colours.target if edge <= k else style)
        lines.append(line)
    return lines


def _axis(edges: Sequence[int], each: int, begin: int, colours: Palette, end: str = "") -> Text:
    """Powers of ten, where they fit."""
    axis = " " * begin
    for place, edge in enumerate(edges):
        if str(edge).strip("0") == "1" and len(axis) <= begin + place * each:
            axis = axis.ljust(begin + place * each) + f"{edge:,} "
    if end:
        axis = axis.ljust(begin + len(edges) * each) + " " + end
    return Text(axis.rstrip(), colours.muted)
