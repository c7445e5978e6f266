"""How the rank of the true next item is spread over many walks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from rich.text import Text

from diffurec_tui.snapshots import Draws
from diffurec_tui.theme.palette import Palette
from diffurec_tui.widgets.panel import Panel
from diffurec_tui.widgets.text import fit, symbols


class RankSpread(Panel):
    """A histogram over ranks 1, 2, 5, 10, …: the bars of ranks within the list are gold."""

    draws: Draws | None = None
    num_items = 0

    def show(self, draws: Draws | None, num_items: int) -> None:
        self.draws, self.num_items = draws, num_items
        self.border_title = f"Rank of {symbols().star} in the walks"
        self.changed()

    def paint(self, width: int, height: int, colours: Palette) -> list[Text]:
        if self.draws is None:
            return []
        ranks = self.draws.samples.target_ranks
        if ranks is None:
            return [Text(fit(f"{symbols().none} the next item is not known", width), colours.muted)]
        lines = [self._said(ranks, width, colours)]
        edges = bin_edges(self.num_items, width // 2)
        if height >= 3 and len(edges) * 2 <= width:
            lines += _bars(ranks, edges, self.draws.k, width, height - 2, colours)
        return lines

    @staticmethod
    def _said(ranks: npt.NDArray[np.int64], width: int, colours: Palette) -> Text:
        line = Text(no_wrap=True)
        for name, value in (("min", ranks.min()), ("median", np.median(ranks)), ("max", ranks.max())):
            line.append(f"{name} ", colours.muted).append(f"{value:,.10g}  ", colours.strong)
        return line


def bin_edges(num_items: int, most: int) -> list[int]:
    """Lowest rank of each bin: 1, 2, 5, 10, …, or powers of ten where `most` are fewer."""
    edges = [step * 10**power for power in range(len(str(num_items))) for step in (1, 2, 5)]
    edges = [edge for edge in edges if edge <= num_items] or [1]
    return edges if len(edges) <= most else edges[::3]


def _bars(
    ranks: npt.NDArray[np.int64], edges: list[int], k: int, width: int, rows: int, colours: Palette
) -> list[Text]:
    bars = symbols().bars
    each = max(2, min(8, width // len(edges)))
    bins = np.searchsorted(edges, ranks, side="right") - 1
    counts = np.bincount(bins, minlength=len(edges))
    levels = np.ceil(counts / counts.max() * rows * len(bars)).astype(int).tolist()
    lines: list[Text] = []
    for row in range(rows - 1, -1, -1):
        line = Text(no_wrap=True)
        for edge, level in zip(edges, levels, strict=True):
            eighths = min(len(bars), max(0, level - row * len(bars)))
            mark = bars[eighths - 1] if eighths else " "
            line.append(mark * (each - 1) + " ", colours.target if edge <= k else colours.accent)
        lines.append(line)
    axis = ""
    for place, edge in enumerate(edges):
        if str(edge).strip("0") == "1" and len(axis) <= place * each:  # powers of ten, where they fit
            axis = axis.ljust(place * each) + f"{edge:,} "
    return [*lines, Text(axis.rstrip(), colours.muted)]
