"""Measures of many lists in plain words, and the sentence that sums them up."""

from __future__ import annotations

import math
import textwrap

from rich.text import Text

from diffurec_tui.snapshots import Draws
from diffurec_tui.theme.palette import Palette
from diffurec_tui.widgets.panel import Panel
from diffurec_tui.widgets.text import fit, spelled, symbols

LABEL, VALUE = 24, 9
EXPLAINED = 76
"""Cells from which on every measure is explained."""


class Measures(Panel):
    """A line a measure: its name, its value, and where there is room what it means."""

    draws: Draws | None = None

    def show(self, draws: Draws | None) -> None:
        self.draws = draws
        self.border_title = "How much the lists agree"
        self.changed()

    def paint(self, width: int, height: int, colours: Palette) -> list[Text]:
        if self.draws is None:
            return []
        label = min(LABEL, max(1, width - VALUE))
        lines: list[Text] = []
        for name, value, meaning in measures(self.draws):
            line = Text().append(fit(spelled(name), label), colours.muted)
            line.append(f"{value:>{VALUE}}", colours.strong)
            if width >= EXPLAINED:
                line.append(f"  {fit(spelled(meaning), width - LABEL - VALUE - 2)}", colours.muted)
            lines.append(line)
        return lines


def measures(draws: Draws) -> list[tuple[str, str, str]]:
    """Name, value and meaning of each measure."""
    measured, k = draws.measures, draws.k
    return [
        ("distinct items", f"{measured.distinct_items:,}", f"in any list; {k} where all agree"),
        ("mean Jaccard", _number(measured.mean_jaccard), "of two lists: 1 the same items, 0 none in common"),
        (f"entropy (log k {math.log(k):.2f})", _number(measured.entropy), "log k where all lists agree"),
        ("distance: embeddings", _number(measured.intra_list_distance), "1 - cosine of two items of a list"),
        ("distance: categories", _number(measured.category_distance), "1 - Jaccard of their categories"),
        ("catalogue reached", _percent(measured.coverage, 2), "share of all items that is in any list"),
        ("popularity: lists", _percent(measured.popularity, 1), "share of items less popular than theirs"),
        ("popularity: history", _percent(measured.history_popularity, 1), "the same for the user's history"),
    ]


def _number(value: float) -> str:
    return symbols().none if math.isnan(value) else f"{value:.3f}"


def _percent(share: float, digits: int) -> str:
    return symbols().none if math.isnan(share) else f"{100 * share:.{digits}f} %"


class Sentence(Panel):
    """What it all means."""

    said = ""

    def say(self, said: str) -> None:
        if said != self.said:
            self.said = said
            self.changed()

    def paint(self, width: int, height: int, colours: Palette) -> list[Text]:
        return [Text(f" {line}", colours.strong) for line in textwrap.wrap(self.said, max(8, width - 2))]
