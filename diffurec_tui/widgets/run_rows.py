"""The trainings on screen, a line each: its letter and colour, how far it is, and what is wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.style import Style
from rich.text import Text

from diffurec_tui.metrics.followed import Followed
from diffurec_tui.metrics.look import Look, nearest
from diffurec_tui.theme.palette import Palette
from diffurec_tui.widgets.panel import Panel
from diffurec_tui.widgets.plot_dots import figure, place_told
from diffurec_tui.widgets.text import clean, ellipsis, fit, symbols

NAME = 28
TESTED = ("test/HR@10", "test/NDCG@10")
COLUMN = 11


class RunRows(Panel):
    """As many runs as there is room for."""

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.runs: Sequence[Followed] = ()
        self.look = Look()

    def show(self, runs: Sequence[Followed], look: Look) -> None:
        self.runs, self.look = runs, look
        self.changed()

    def paint(self, width: int, height: int, colours: Palette) -> list[Text]:
        if self.look.focused:
            return self._figures(width, height, colours)
        name = min(NAME, max((len(run.name) for run in self.runs), default=0), max(4, width // 3))
        rows = [self._row(run, name, width, colours) for run in self.runs[:height]]
        left = len(self.runs) - height
        if left > 0 and rows:
            last = f"{symbols().more} {left + 1} more; a taller terminal has them all, v shows one alone"
            rows[-1] = Text(f" {ellipsis(last, width - 2)}", colours.muted)
        return rows

    def _named(self, run: Followed, name: int, colours: Palette) -> Text:
        style = colours.groups[run.place % len(colours.groups)] + Style(bold=True)
        hidden = bool(self.look.alone) and run.letter != self.look.alone
        line = Text(" ", no_wrap=True).append(f"{run.letter} ", colours.faint if hidden else style)
        return line.append(fit(run.name, name), colours.faint if hidden else colours.strong)

    def _row(self, run: Followed, name: int, width: int, colours: Palette) -> Text:
        line = self._named(run, name, colours)
        for text, style in self._told(run, colours):
            if line.cell_len + len(text) + 3 > width:
                break
            line.append(f" {symbols().dot} " if line.cell_len > name + 3 else "  ", colours.muted)
            line.append(text, style)
        return line

    @staticmethod
    def _told(run: Followed, colours: Palette) -> list[tuple[str, Style]]:
        """What there is to say, the most important first."""
        curves, told = run.curves, list[tuple[str, Style]]()
        if run.source.trouble:
            told.append((clean(run.source.trouble), colours.target))
        if run.source.behind:
            told.append((f"reading{symbols().more} {100 * (1 - run.source.behind):.0f} %", colours.target))
        if run.state:
            told.append((run.state, colours.accent if run.state == "running" else colours.text))
        if curves.epoch:
            of = f"/{run.epochs}" if run.epochs else ""
            told.append((f"epoch {curves.epoch:.0f}{of}", colours.text))
        if curves.step:
            told.append((f"step {curves.step:,.0f}", colours.text))
        if curves.broken:
            lines = f"{curves.broken:,} broken line{'s' * (curves.broken != 1)}, last {curves.broken_line:,}"
            told.append((lines, colours.target))
        lost = sum(track.missing for track in curves.tracks.values())
        if lost:
            told.append((f"x {lost:,} value{'s' * (lost != 1)} not a number", colours.target))
        for name in TESTED:
            if name in curves.tracks and curves.tracks[name].points:
                last = curves.tracks[name].at(len(curves.tracks[name]) - 1).last
                told.append((f"{name.replace('/', ' ')} {last:.2f}", colours.text))
        if curves.left_out:
            told.append((f"{len(curves.left_out)} more series left out", colours.target))
        return told

    def _figures(self, width: int, height: int, colours: Palette) -> list[Text]:
        """Of the one plot that is looked at, what every run has at the cursor."""
        look = self.look
        name = min(NAME, max((len(run.name) for run in self.runs), default=0), max(4, width - 5 * COLUMN - 4))
        heads = (look.axis, "value", "smoothed", "lowest", "highest", "not a no.")
        seen = [
            place for place in range(len(heads)) if width >= name + 4 + COLUMN * (place + 1)
        ]  # the last ones go first
        head = Text(" " * (name + 3), no_wrap=True)
        for place in seen:
            head.append(f"{heads[place]:>{COLUMN}}", colours.muted)
        rows = [head]
        for run in self.runs[: max(0, height - 1)]:
            line = self._named(run, name, colours)
            track = run.curves.tracks.get(look.selected)
            if track is not None and track.points:
                row = nearest(look, run, track)
                summary, (_, last) = track.at(row), look.places(run, track)
                smoothed = math.nan if look.smoothing is None else summary.means[look.smoothing]
                values = [summary.last, smoothed, summary.low, summary.high]
                told = [place_told(float(last[row]), look.axis), *(figure(one) for one in values)]
                for place, text in enumerate([*told, f"{track.missing:,}"]):
                    if place in seen:
                        line.append(f"{text:>{COLUMN}}", colours.strong if place == 1 else colours.text)
            rows.append(line)
        return rows


class PlotsHeader(Panel):
    """What is looked at, and how."""

    _shown: tuple[str, ...] = ()

    def show(self, *parts: str) -> None:
        """The first part at the left, the others at the right, as many as fit."""
        if parts != self._shown:
            self._shown = parts
            self.changed()

    def paint(self, width: int, height: int, colours: Palette) -> list[Text]:
        first, *others = self._shown or ("",)
        line = Text.assemble((" diffurec ", colours.accent + Style(bold=True)), (f" {first}", colours.strong))
        end = ""
        for part in others:
            longer = f"{end} {symbols().dot} {part}" if end else part
            if line.cell_len + len(longer) + 3 > width:
                break
            end = longer
        gap = max(1, width - line.cell_len - len(end) - 1)
        return [line.append(" " * gap).append(end, colours.text).append(" ")]
