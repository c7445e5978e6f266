"""The top-k at one step: titles, probabilities, and how each item moved since the step before."""

from __future__ import annotations

import textwrap
from collections.abc import Set

from rich.cells import cell_len
from rich.text import Text

from diffurec.inspection.frames import Lens, Ranking, movement
from diffurec_tui.snapshots import Names
from diffurec_tui.theme.palette import Palette
from diffurec_tui.widgets.panel import Panel
from diffurec_tui.widgets.text import clean, fit, symbols

MOVE = 5  # cells for ▲ and a number


class TopK(Panel):
    """A ranking through one lens, with the true next item marked wherever it is."""

    def __init__(self, lens: Lens, *, id: str, title: str = "") -> None:  # noqa: A002
        super().__init__(id=id)
        self.lens: Lens = lens
        self.ranking: Ranking | None = None
        self.before: Ranking | None = None
        self.names: Names | None = None
        self.target: int | None = None
        self.seen: Set[int] = frozenset()
        self.message = ""
        self.title = title
        self.t = 0

    def say(self, message: str) -> None:
        """Nothing to rank yet, and why."""
        self.ranking, self.message = None, message
        self.border_subtitle = ""
        self._entitle()
        self.changed()

    def show(
        self,
        ranking: Ranking,
        before: Ranking | None,
        names: Names,
        target: int | None,
        seen: Set[int],
        t: int,
    ) -> None:
        """Draw a step.

        Args:
            ranking: of this step.
            before: of the step before, None at the first.
            names: titles.
            target: the true next item, None where it is unknown.
            seen: items of the history.
            t: timestep.
        """
        self.ranking, self.before, self.names, self.target, self.seen = ranking, before, names, target, seen
        self.t = t
        self._entitle()
        self.border_subtitle = f"entropy {ranking.entropy:.2f}"
        self.changed()

    def _entitle(self) -> None:
        """As much of the title as the border holds."""
        if self.title or self.ranking is None:
            self.border_title = self.title
            return
        sign, k = symbols(), len(self.ranking.items)
        name, means = (
            (sign.x_0_hat, "what the model reads") if self.lens == "x_0_hat" else ("x_t", "the state")
        )
        titles = (
            f"Top-{k} of {name} {sign.dot} {means} at t = {self.t}",
            f"Top-{k} of {name} at t = {self.t}",
            name,
        )
        room = self.size.width - 4
        self.border_title = next((title for title in titles if cell_len(title) <= room), name)

    def on_resize(self) -> None:
        self._entitle()

    def paint(self, width: int, height: int, colours: Palette) -> list[Text]:
        if self.ranking is None or self.names is None:
            said = textwrap.wrap(clean(self.message), max(8, width - 4))
            pad = max(0, (height - len(said)) // 2)
            return [Text() for _ in range(pad)] + [Text(f"  {line}", colours.text) for line in said]
        lines = self._rows(self.ranking, self.names, width, height, colours)
        target_row = self._target_row(self.ranking, self.names, width, colours)
        if target_row is not None:
            keep = min(len(lines), max(0, height - 1))
            lines = [*lines[:keep], target_row]
        return lines

    def _rows(self, ranking: Ranking, names: Names, width: int, height: int, colours: Palette) -> list[Text]:
        moves = movement(self.before, ranking)
        best = float(ranking.probabilities[0]) if len(ranking.probabilities) else 1.0
        lines: list[Text] = []
        for place, item in enumerate(ranking.items[:height].tolist()):
            true = item == self.target
            line = Text().append(f"{place + 1:>3} ", colours.target if true else colours.muted)
            line.append_text(self._move(moves[place], colours))
            line.append_text(
                self._title(item, names, width, float(ranking.probabilities[place]), best,
                            float(ranking.scores[place]), colours)
            )  # fmt: skip
            lines.append(line)
        return lines

    def _title(
        self, item: int, names: Names, width: int, p: float, best: float, score: float, colours: Palette
    ) -> Text:
        sign, true = symbols(), item == self.target
        bar = 8 if width >= 56 else 0
        scores = 8 if width >= 68 else 0
        room = width - 4 - MOVE - 2 - 8 - bar - scores - 1
        style = colours.target if true else colours.muted if item in self.seen else colours.text
        line = Text().append(f"{sign.star} " if true else "  ", colours.target)
        line.append(fit(clean(names.name(item)), room), style)
        if scores:
            line.append(f"{score:>8.2f}", colours.muted)
        line.append(f"{percent(p):>8}", colours.target if true else colours.text)
        if bar:
            full = round((bar - 1) * p / best) if best > 0 else 0
            line.append(" " + sign.shades[-1] * max(full, 0), colours.accent)
        return line

    def _move(self, move: int | None, colours: Palette) -> Text:
        sign = symbols()
        if self.before is None:
            return Text(" " * MOVE)
        if move is None:
            return Text(f"{sign.new:<{MOVE}}", colours.accent)
        if move == 0:
            return Text(f"{sign.same:<{MOVE}}")
        up = move > 0
        return Text(
            f"{(sign.up if up else sign.down) + str(abs(move)):<{MOVE}}", colours.up if up else colours.down
        )

    def _target_row(self, ranking: Ranking, names: Names, width: int, colours: Palette) -> Text | None:
        """The true next item where it is below the top-k."""
        rank = ranking.target_rank
        if self.target is None or rank is None or self.target in ranking.items:
            return None
        sign = symbols()
        line = Text().append(f"{rank:>3} ", colours.target)
        before = None if self.before is None else self.before.target_rank
        step = None if before is None else before - rank
        if step:
            arrow = (sign.up if step > 0 else sign.down) + str(abs(step))
            line.append(f"{arrow:<{MOVE}}", colours.up if step > 0 else colours.down)
        else:
            line.append(" " * MOVE)
        line.append(f"{sign.star} ", colours.target)
        line.append(fit(clean(names.name(self.target)), max(1, width - line.cell_len - 1)), colours.target)
        return line


def percent(p: float) -> str:
    """A probability in six characters."""
    if p >= 0.0995:
        return f"{100 * p:.1f} %"
    return f"{100 * p:.2f} %" if p >= 0.00005 else "<0.01 %"
