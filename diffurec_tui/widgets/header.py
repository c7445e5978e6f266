"""The first line: the run, and the walk one is looking at."""

from __future__ import annotations

from typing import Literal

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text

from diffurec_tui.snapshots import RunFacts, Subject
from diffurec_tui.theme.palette import Palette
from diffurec_tui.widgets.panel import Panel
from diffurec_tui.widgets.text import clean, ellipsis, symbols

ROOMY = 110
"""Columns from which on the figure of the validation is told in full."""


class Header(Panel):
    """Data set, weights and figures on the left; user, seed, steps and lens on the right."""

    facts: RunFacts | None = None
    subject: Subject | None = None
    seed: int | None = None
    lens: str = ""
    path: str = ""
    changes: tuple[str, ...] = ()
    _shown: tuple[object, ...] | None = None

    def show(
        self,
        facts: RunFacts,
        subject: Subject | None = None,
        seed: int | None = None,
        lens: str = "",
        path: str = "",
        changes: tuple[str, ...] = (),
    ) -> None:
        """What is looked at; `path` takes the place of the seed where forks make more of it."""
        shown = (facts, subject, seed, lens, path, changes)
        if shown == self._shown:
            return
        self._shown = shown
        self.facts, self.subject, self.seed, self.lens, self.path, self.changes = shown
        self.changed()

    def paint(self, width: int, height: int, colours: Palette) -> list[Text]:
        left: list[tuple[str, Style]] = [(" diffurec ", colours.accent + Style(bold=True))]
        right: list[tuple[str, Style]] = []
        room = width - len(" diffurec ") - 1
        dot = f" {symbols().dot} "
        for side, part in self._parts(width):
            style = colours.strong if part.startswith("user ") or len(left) == 1 else colours.text
            first = len(left) == 1 if side == "left" else not right
            piece = f"{' ' if side == 'left' else ''}{part}" if first else f"{dot}{part}"
            if cell_len(piece) + 2 > room:
                break
            (left if side == "left" else right).append((piece, style))
            room -= cell_len(piece)
        line = Text.assemble(*left)
        end = Text.assemble(*right, " ")
        return [line + Text(" " * max(1, width - line.cell_len - end.cell_len)) + end]

    def _parts(self, width: int) -> list[tuple[Literal["left", "right"], str]]:
        """What there is to say, the most important first: the rest goes where there is no room."""
        facts, subject = self.facts, self.subject
        parts: list[tuple[Literal["left", "right"], str]] = []
        if facts is None:
            return parts
        parts.append(("left", ellipsis(clean(facts.dataset), 24)))
        if subject is not None:
            parts.append(("right", f"user {ellipsis(clean(subject.name), max(8, width // 5))}"))
        if self.path:
            parts.append(("right", ellipsis(self.path, max(12, width // 3))))
        elif self.seed is not None:
            parts.append(("right", f"seed {self.seed}"))
        for change in self.changes:
            parts.append(("right", ellipsis(change, max(12, width // 3))))  # noqa: PERF401
        parts.append(("left", facts.weights or "no weights yet"))
        if facts.epoch is not None:
            parts.append(("left", f"epoch {facts.epoch}"))
        if facts.hit_rate is not None:
            seen = "left out" if facts.seen_left_out else "ranked"
            more = f", seen {seen}" if width >= ROOMY else ""
            parts.append(("left", f"val HR@10 {facts.hit_rate:.1f}{more}"))
        if self.lens:
            parts.append(("right", self.lens))
        if facts.training:
            parts.append(("left", facts.training))
        if subject is not None:
            length = len(subject.case.history)
            parts.append(("right", f"{length} item{'s' * (length != 1)}"))
        parts.append(("right", f"{facts.num_steps} steps"))
        return parts
