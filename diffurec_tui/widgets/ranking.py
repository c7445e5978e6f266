"""The top-k at one step: titles, probabilities, and how each item moved since the step before."""

from __future__ import annotations

import textwrap
from collections.abc import Set
from dataclasses import dataclass

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual import events

from diffurec.inspection.frames import Lens, Ranking, movement
from diffurec_tui.snapshots import Names
from diffurec_tui.theme.palette import Palette
from diffurec_tui.widgets.panel import ItemClicked, Panel
from diffurec_tui.widgets.text import clean, compact, fit, symbols

RANK, MOVE = 4, 5
"""Cells of the rank, and of ▲ with a number."""


@dataclass(frozen=True)
class Tracked:
    """An item that is followed, wherever it ranks."""

    item: int
    rank: int | None
    """None while it is not known."""
    before: int | None
    """At the step before; None at the first."""


@dataclass(frozen=True, eq=False)
class Step:
    """A ranking, and what it is compared with."""

    ranking: Ranking
    before: Ranking | None
    """Of the step before; None at the first."""
    target: int | None
    """The true next item, None where it is unknown."""
    seen: Set[int]
    """Items of the history."""
    final: Set[int]
    """Items that the walk recommends in the end."""
    t: int | None
    """Timestep; None for x_0."""
    beside: Set[int] | None = None
    """Items of the list it is shown beside; those that are not in it are marked."""
    tracked: Tracked | None = None


class TopK(Panel):
    """A ranking through one lens, with the true next item marked wherever it is."""

    def __init__(self, lens: Lens, *, id: str, title: str = "") -> None:  # noqa: A002
        super().__init__(id=id)
        self.lens: Lens = lens
        self.title = title
        self.prefix = ""
        """Before the title."""
        self.note = ""
        """Before the entropy."""
        self.step: Step | None = None
        self.names: Names | None = None
        self.message = ""
        self._listed: list[int] = []
        """The items of the rows that are drawn."""

    def say(self, message: str) -> None:
        """Nothing to rank yet, and why."""
        self.step, self.message = None, message
        self.subtitle("")
        self._entitle()
        self.changed()

    def show(self, step: Step, names: Names) -> None:
        self.step, self.names = step, names
        self._entitle()
        dot = f" {symbols().dot} " if self.note else ""
        self.subtitle(f"{self.note}{dot}entropy {step.ranking.entropy:.2f}")
        self.changed()

    def _entitle(self) -> None:
        """As much of the title as the border holds."""
        if self.title or self.step is None:
            self.entitle(self.title)
            return
        sign, t = symbols(), self.step.t
        top = f"{self.prefix}Top-{len(self.step.ranking.items)} of "
        if t is None:
            titles = (f"{top}x_0 {sign.dot} the recommendation", f"{top}x_0")
        elif self.lens == "x_t":
            titles = (f"{top}x_t {sign.dot} the state at t = {t}", f"{top}x_t at t = {t}")
        else:
            read = f"{top}{sign.x_0_hat} {sign.dot} what the model reads at t = {t}"
            titles = (
                read,
                f"{top}{sign.x_0_hat} {sign.dot} read at t = {t}",
                f"{top}{sign.x_0_hat} at t = {t}",
            )
        room = self.size.width - 4
        self.entitle(next((title for title in titles if cell_len(title) <= room), titles[-1]))

    def on_resize(self) -> None:
        self._entitle()

    def paint(self, width: int, height: int, colours: Palette) -> list[Text]:
        if self.step is None or self.names is None:
            said = textwrap.wrap(clean(self.message), max(8, width - 4))
            pad = max(0, (height - len(said)) // 2)
            return [Text() for _ in range(pad)] + [Text(f"  {line}", colours.text) for line in said]
        below = _below(self.step, self.names, width, colours)
        lines = self._rows(self.step, self.names, width, height, colours)[: max(0, height - len(below))]
        self._listed = [*self.step.ranking.items[: len(lines)].tolist(), *(item for item, _ in below)]
        return [*lines, *(line for _, line in below)][:height]

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is not None and self.step is not None and offset.y < len(self._listed):
            self.post_message(ItemClicked(self._listed[offset.y]))

    def _rows(self, step: Step, names: Names, width: int, height: int, colours: Palette) -> list[Text]:
        ranking, sign = step.ranking, symbols()
        moves = movement(step.before, ranking)
        best = float(ranking.probabilities[0])
        lines: list[Text] = []
        for place, item in enumerate(ranking.items[:height].tolist()):
            true = item == step.target
            line = Text().append(f"{place + 1:>{RANK}} ", colours.target if true else colours.muted)
            line.append(*_move(0 if step.before is None else moves[place], colours))
            line.append(*self._mark(item, step, colours))
            if step.beside is not None:
                line.append(" " if item in step.beside else sign.differs, colours.accent).append(" ")
            p, score = float(ranking.probabilities[place]), float(ranking.scores[place])
            room = width - line.cell_len
            bar, scores = (8 if room >= 44 else 0), (8 if room >= 56 else 0)
            style = colours.target if true else colours.muted if item in step.seen else colours.text
            line.append(fit(clean(names.name(item)), room - 8 - bar - scores), style)
            line.append(f"{score:>8.2f}" if scores else "", colours.muted)
            line.append(f" {percent(p):>7}", colours.target if true else colours.text)
            if bar and best > 0:  # false for weights that are no numbers
                line.append(" " + symbols().shades[-1] * round((bar - 1) * p / best), colours.accent)
            lines.append(line)
        return lines

    def _mark(self, item: int, step: Step, colours: Palette) -> tuple[str, Style]:
        """A star for the true next item; for what a noisy state shares with the final list, a pointer."""
        if item == step.target:
            return f"{symbols().star} ", colours.target
        if step.tracked is not None and item == step.tracked.item:
            return f"{symbols().tracked} ", colours.groups[2]
        if self.lens == "x_t" and step.t is not None and item in step.final:
            return f"{symbols().arrow} ", colours.accent
        return "  ", colours.text


def _move(move: int | None, colours: Palette) -> tuple[str, Style]:
    """Places risen or fallen; None is new."""
    sign = symbols()
    if move is None:
        return f"{sign.new:<{MOVE}}", colours.accent
    if move == 0:
        return f"{sign.same:<{MOVE}}", colours.text
    arrow, style = (sign.up, colours.up) if move > 0 else (sign.down, colours.down)
    return f"{arrow + compact(abs(move)):<{MOVE}}", style


def _below(step: Step, names: Names, width: int, colours: Palette) -> list[tuple[int, Text]]:
    """The item followed and the true next item, the better first, where they are below the top-k."""
    lines: list[tuple[int, int, Text]] = []
    followed, rank = step.tracked, step.ranking.target_rank
    if followed is not None and followed.rank is not None and followed.item != step.target:
        move = 0 if followed.before is None else followed.before - followed.rank
        marked = symbols().tracked, colours.groups[2]
        line = _row_of(followed.item, followed.rank, move, *marked, names, width, colours)
        lines.append((followed.rank, followed.item, line))
    if step.target is not None and rank is not None:
        before = step.before.target_rank if step.before is not None else None
        move = 0 if before is None else before - rank
        marked = symbols().star, colours.target
        line = _row_of(step.target, rank, move, *marked, names, width, colours)
        lines.append((rank, step.target, line))
    k = len(step.ranking.items)
    return [(item, line) for place, item, line in sorted(lines, key=lambda one: one[0]) if place > k]


def _row_of(
    item: int, rank: int, move: int, sign: str, style: Style, names: Names, width: int, colours: Palette
) -> Text:
    line = Text().append(f"{compact(rank):>{RANK}} ", style)
    line.append(*_move(move, colours))
    line.append(f"{sign} ", style)
    line.append(fit(clean(names.name(item)), max(1, width - line.cell_len)), style)
    return line


def percent(p: float) -> str:
    """A probability in six characters."""
    if p >= 0.0995:
        return f"{100 * p:.1f} %"
    return f"{100 * p:.2f} %" if p >= 0.00005 else "<0.01 %"
