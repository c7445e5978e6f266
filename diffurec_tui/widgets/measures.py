"""Measures of many lists in plain words, beside those of other lists, and the sentence that sums them up."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

from rich.text import Text

from diffurec_tui.snapshots import Draws
from diffurec_tui.theme.palette import Palette
from diffurec_tui.widgets.panel import Panel
from diffurec_tui.widgets.text import fit, spelled, symbols

LABEL, SHORT, VALUE, DIFFERENCE = 24, 15, 8, 9
EXPLAINED = 30
"""Cells beside names and values from which on every measure is explained."""

ACROSS = "Jaccard: one of each", "one of each"
SAME_SEED = "Jaccard: same seed", "same seed"


@dataclass(frozen=True)
class Measure:
    """A figure of a set of lists, and how it is written."""

    name: str
    short: str
    """The same in fewer cells."""
    meaning: str
    value: float
    say: Callable[[float], str]
    unit: str = ""
    """Of a difference."""

    def difference(self, other: Measure) -> str:
        """How much larger this is than the `other`."""
        apart = self.value - other.value
        if math.isnan(apart):
            return symbols().none
        written = self.say(abs(apart)).removesuffix(" %")
        nothing = float(written.replace(",", "")) == 0
        sign = " " if nothing else "+" if apart > 0 else spelled("−")
        return f"{sign}{written}{self.unit}"


def measures(draws: Draws, *, log_k: bool = True) -> list[Measure]:
    """The measures of a set of lists, the most telling first."""
    measured, k = draws.measures, draws.k
    return [
        Measure(
            "distinct items", "distinct items", f"in any list; {k} where all agree",
            measured.distinct_items, lambda value: f"{value:,.0f}",
        ),
        Measure(
            "mean Jaccard", "mean Jaccard", "of two lists: 1 the same items, 0 none in common",
            measured.mean_jaccard, _number,
        ),
        Measure(
            f"entropy (log k {math.log(k):.2f})" if log_k else "entropy", "entropy",
            "log k where all lists agree", measured.entropy, _number,
        ),
        Measure(
            "distance: embeddings", "by embedding", "1 - cosine of two items of a list",
            measured.intra_list_distance, _number,
        ),
        Measure(
            "distance: categories", "by category", "1 - Jaccard of their categories",
            measured.category_distance, _number,
        ),
        Measure(
            "catalogue reached", "reached", "share of all items that is in any list",
            measured.coverage, lambda value: _percent(value, 2), " pp",
        ),
        Measure(
            "popularity: lists", "popularity", "share of items less popular than theirs",
            measured.popularity, lambda value: _percent(value, 1), " pp",
        ),
        Measure(
            "popularity: history", "of the history", "the same for the user's history",
            measured.history_popularity, lambda value: _percent(value, 1), " pp",
        ),
    ]  # fmt: skip


def _number(value: float) -> str:
    return symbols().none if math.isnan(value) else f"{value:.3f}"


def _percent(share: float, digits: int) -> str:
    return symbols().none if math.isnan(share) else f"{100 * share:.{digits}f} %"


class Measures(Panel):
    """A line a measure: name, value, that of the pinned draws and the difference, and what it means."""

    draws: Draws | None = None

    def show(self, draws: Draws | None) -> None:
        """Draw the measures of `draws`; same again costs nothing."""
        if draws is not self.draws or draws is None:
            self.draws = draws
            self.border_title = "How much the lists agree"
            self.changed()

    def paint(self, width: int, height: int, colours: Palette) -> list[Text]:
        if self.draws is None:
            return []
        if self.draws.against is not None:
            return self._side_by_side(self.draws, width, colours)
        label = min(LABEL, max(1, width - VALUE - 1))
        lines: list[Text] = []
        for one in measures(self.draws):
            line = Text().append(fit(spelled(one.name), label), colours.muted)
            line.append(f"{one.say(one.value):>{VALUE + 1}}", colours.strong)
            lines.append(_explained(line, one.meaning, width, colours))
        return lines

    @staticmethod
    def _side_by_side(draws: Draws, width: int, colours: Palette) -> list[Text]:
        assert draws.against is not None
        pinned, contrast = draws.against.pinned, draws.against.contrast
        long = width >= LABEL + 2 * VALUE + DIFFERENCE
        label = LABEL if long else min(SHORT, max(1, width - 2 * VALUE - DIFFERENCE))
        log_k = draws.k == pinned.k

        def row(names: tuple[str, str], now: str, then: str, apart: str, meaning: str) -> Text:
            line = Text().append(fit(spelled(names[not long]), label), colours.muted)
            line.append(f"{now:>{VALUE}}", colours.strong).append(f"{then:>{VALUE}}", colours.text)
            line.append(f"{apart:>{DIFFERENCE}}", colours.accent)
            return _explained(line, meaning, width, colours)

        lines = [row(("", ""), "now", "pinned", "apart", "")]
        mine, its = measures(draws, log_k=log_k), measures(pinned, log_k=log_k)
        for one, other in zip(mine, its, strict=True):
            values = one.say(one.value), other.say(other.value), one.difference(other)
            lines.append(row((one.name, one.short), *values, one.meaning))
            if one.short == "mean Jaccard":
                across, seeds = _number(contrast.jaccard), _number(contrast.same_seed_jaccard)
                lines.append(row(ACROSS, "", "", across, "of a list of now and a pinned one"))
                lines.append(row(SAME_SEED, "", "", seeds, "of two that had the same noise"))
        return lines


def _explained(line: Text, meaning: str, width: int, colours: Palette) -> Text:
    """With what a measure means, where there is room."""
    room = width - line.cell_len - 2
    return line.append(f"  {fit(spelled(meaning), room)}", colours.muted) if room >= EXPLAINED else line


class Sentence(Panel):
    """What it all means."""

    said = ""

    def say(self, said: str) -> None:
        if said != self.said:
            self.said = said
            self.changed()

    def paint(self, width: int, height: int, colours: Palette) -> list[Text]:
        return [Text(f" {line}", colours.strong) for line in textwrap.wrap(self.said, max(8, width - 2))]
