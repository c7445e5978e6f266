"""What is known of one run, and the last lines of its log."""

from __future__ import annotations

from rich.cells import chop_cells
from rich.text import Text

from diffurec_tui.attending import Job
from diffurec_tui.theme.palette import Palette
from diffurec_tui.widgets.job_list import state_sign
from diffurec_tui.widgets.panel import Panel
from diffurec_tui.widgets.text import clean, spelled, symbols, whole

MOST_ROWS = 3
"""Of an error."""
NO_LOG = "no log: it was not started in the background"


class JobLog(Panel):
    """The newest line at the bottom; long ones go on below themselves."""

    job: Job | None = None
    lines: tuple[str, ...] | None = None
    """None until they are read."""
    scrolled = 0
    """Rows below the lower edge."""

    def show(self, job: Job | None, lines: tuple[str, ...] | None) -> None:
        if (job, lines) == (self.job, self.lines):
            return
        if job is None or self.job is None or job.path != self.job.path:
            self.scrolled = 0
        self.job, self.lines = job, lines
        self.entitle(f"Log of {clean(job.name)}".replace("[", r"\[") if job is not None else "Log")
        self.changed()

    def scroll_log(self, by: int) -> None:
        """Towards the first line (positive) or the last."""
        self.scrolled = max(0, self.scrolled + by)
        self.changed()

    def paint(self, width: int, height: int, colours: Palette) -> list[Text]:
        job = self.job
        if job is None:
            return []
        room = max(1, width - 2)
        sign, style = state_sign(job.state, colours)
        facts = [f"{sign} {job.state}", job.data, job.recipe, job.device, f"seed {job.seed}", job.process]
        if job.best:
            facts.insert(1, f"{job.best} at epoch {job.best_epoch}")
        lines = [Text(f" {whole([clean(fact) for fact in facts if fact], room)}", style)]
        lines += [Text(f" {row}", colours.down) for row in chop_cells(clean(job.error), room)[:MOST_ROWS]]
        lines.append(Text())
        if self.lines is None:
            return lines
        rows = [row for line in self.lines for row in chop_cells(clean(line), room) or [""]]
        if not rows:
            return [*lines, Text(f" {spelled(NO_LOG)}", colours.muted)]
        left = max(1, height - len(lines))
        self.scrolled = min(self.scrolled, max(0, len(rows) - left))
        end = len(rows) - self.scrolled
        shown = rows[max(0, end - left) : end]
        lines += [
            Text(f" {row}", colours.down if row.startswith("error:") else colours.text) for row in shown
        ]
        self.subtitle(f"{self.scrolled} more below {symbols().dot} end" if self.scrolled else "")
        return lines
