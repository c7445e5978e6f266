"""The first line: the run, and the walk one is looking at."""

from __future__ import annotations

from rich.text import Text

from diffurec_tui.snapshots import RunFacts, Subject
from diffurec_tui.theme.palette import Palette
from diffurec_tui.widgets.panel import Panel
from diffurec_tui.widgets.text import clean, ellipsis, symbols


class Header(Panel):
    """Data set, weights and figures on the left; user, seed, steps and lens on the right."""

    facts: RunFacts | None = None
    subject: Subject | None = None
    seed: int | None = None
    lens: str = ""

    def show(
        self, facts: RunFacts, subject: Subject | None = None, seed: int | None = None, lens: str = ""
    ) -> None:
        self.facts, self.subject, self.seed, self.lens = facts, subject, seed, lens
        self.changed()

    def paint(self, width: int, height: int, colours: Palette) -> list[Text]:
        dot = f" {symbols().dot} "
        right = self._right(width)
        budget = width - right.cell_len - 2
        left = Text(no_wrap=True)
        left.append(" diffurec ", colours.accent + colours.strong)
        if self.facts is not None:
            for place, part in enumerate(self._left(self.facts)):
                piece = Text(" " if place == 0 else dot)
                piece.append(part, colours.strong if place == 0 else colours.text)
                if left.cell_len + piece.cell_len > budget:
                    break
                left.append_text(piece)
        gap = max(1, width - left.cell_len - right.cell_len)
        return [left + Text(" " * gap) + right]

    @staticmethod
    def _left(facts: RunFacts) -> list[str]:
        parts = [ellipsis(clean(facts.dataset), 24), facts.weights or "no weights yet"]
        if facts.epoch is not None:
            parts.append(f"epoch {facts.epoch}")
        if facts.hit_rate is not None:
            parts.append(f"HR@10 {facts.hit_rate:.1f}")
        if facts.training:
            parts.append(facts.training)
        return parts

    def _right(self, width: int) -> Text:
        """As much of the walk's name as half the line holds, the user first."""
        parts: list[str] = []
        if self.subject is not None:
            parts.append(f"user {ellipsis(clean(self.subject.name), max(8, width // 5))}")
        if self.seed is not None:
            parts.append(f"seed {self.seed}")
        if self.subject is not None:
            length = len(self.subject.case.history)
            parts.append(f"{length} item{'s' * (length != 1)}")
        if self.facts is not None and self.seed is not None:
            parts.append(f"{self.facts.num_steps} steps")
        if self.lens:
            parts.append(self.lens)
        shown: list[str] = []
        for part in parts:
            if len("   ".join([*shown, part])) > width * 0.55:
                break
            shown.append(part)
        return Text("   ".join(shown) + " ")
