"""The runs of a folder: what each is, in which state, how far and how good."""

from __future__ import annotations

from pathlib import Path

from rich.style import Style
from rich.text import Text
from textual import events
from textual.message import Message

from diffurec_tui.attending import Job
from diffurec_tui.theme.palette import Palette
from diffurec_tui.widgets.panel import Panel
from diffurec_tui.widgets.text import clean, compact, fit, symbols

ROOMY = 104
"""Cells from which on data and recipe have columns."""
STATE, DATA, RECIPE, EPOCH, BEST, SPEED, AGE = 14, 17, 14, 10, 15, 9, 5


class JobList(Panel):
    """A heading, a line a run, and a cursor that stays on its run whatever comes and goes."""

    class Highlighted(Message):
        """The cursor is on another run."""

    jobs: tuple[Job, ...] | None = None
    chosen: Path | None = None
    """The run under the cursor."""
    nothing = ""
    _top = 0

    def show(self, jobs: tuple[Job, ...], nothing: str) -> None:
        """Other runs, or the same ones later; `nothing` is said where there are none."""
        if (jobs, nothing) == (self.jobs, self.nothing):
            return
        place = self.place
        self.jobs, self.nothing = jobs, nothing
        if self.job is None:
            self._choose(min(place, len(jobs) - 1))
        self.changed()

    @property
    def place(self) -> int:
        """Of the cursor."""
        return next((place for place, job in enumerate(self.jobs or ()) if job.path == self.chosen), 0)

    @property
    def job(self) -> Job | None:
        """Under the cursor."""
        return next((job for job in self.jobs or () if job.path == self.chosen), None)

    def move(self, by: int) -> None:
        self.move_to(self.place + by)

    def page(self, by: int) -> None:
        self.move(by * max(1, self.size.height - 2))

    def move_to(self, place: int) -> None:
        last = len(self.jobs or ()) - 1
        self._choose(min(last, max(0, place)))

    def _choose(self, place: int) -> None:
        self.choose(self.jobs[place].path if self.jobs and place >= 0 else None)

    def choose(self, path: Path | None) -> None:
        """Put the cursor on a run; it may come into the list later."""
        if path != self.chosen:
            self.chosen = path
            self.changed()
            self.post_message(self.Highlighted())

    def paint(self, width: int, height: int, colours: Palette) -> list[Text]:
        if not self.jobs:
            said = f"{symbols().more} looking" if self.jobs is None else self.nothing
            return [Text(f"  {said}", colours.muted)]
        room, place = max(1, height - 1), self.place
        self._top = min(max(self._top, place - room + 1), place, max(0, len(self.jobs) - room))
        lines = [self._heading(width, colours)] if height > 1 else []
        for number, job in enumerate(self.jobs[self._top : self._top + room], self._top):
            here = number == place
            line = Text().append(f"{symbols().pointer if here else ' '} ", colours.accent)
            for text, size, style, right in self._cells(job, width, colours):
                cut = fit(text, size - 1)
                line.append(f"{cut.rstrip():>{size - 1}} " if right else f"{cut} ", style)
            if here:
                line.stylize(colours.selected)
            lines.append(line)
        return lines

    def _heading(self, width: int, colours: Palette) -> Text:
        sizes = self._sizes(width)
        names = ("state", "run", "data", "recipe", "epoch", "best", "speed", "age")
        line = Text("  ")
        for name, size in zip(names, sizes, strict=True):
            if size:
                right = name in ("epoch", "speed", "age")
                line.append(f"{name:>{size - 1}} " if right else f"{fit(name, size - 1)} ")
        line.stylize(colours.muted)
        return line

    @staticmethod
    def _sizes(width: int) -> tuple[int, ...]:
        """Of the columns; 0 where there is no room."""
        roomy = width >= ROOMY
        data, recipe = (DATA, RECIPE) if roomy else (0, 0)
        fixed = 2 + STATE + data + recipe + EPOCH + BEST + SPEED + AGE
        if width - fixed >= 12:
            return (STATE, width - fixed, data, recipe, EPOCH, BEST, SPEED, AGE)
        bare = 2 + STATE + EPOCH
        return (STATE, max(2, width - bare), 0, 0, EPOCH, 0, 0, 0)

    def _cells(self, job: Job, width: int, colours: Palette) -> list[tuple[str, int, Style, bool]]:
        sign, style = state_sign(job.state, colours)
        speed = "" if job.speed is None else f"{compact(round(job.speed))}/s"
        cells = (
            (f"{sign} {job.state}", style, False),
            (clean(job.name), colours.strong, False),
            (clean(job.data), colours.text, False),
            (clean(job.recipe), colours.muted, False),
            (f"{job.epoch}/{job.epochs}", colours.text, True),
            (job.best or symbols().none, colours.text if job.best else colours.faint, False),
            (speed or symbols().none, colours.text if job.state == "running" else colours.faint, True),
            (brief(job.age), colours.muted, True),
        )
        sizes = self._sizes(width)
        return [
            (text, size, style, right)
            for (text, style, right), size in zip(cells, sizes, strict=True)
            if size
        ]

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is not None and offset.y > 0 and self.jobs and self._top + offset.y - 1 < len(self.jobs):
            self.move_to(self._top + offset.y - 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self.move(-1)
        event.stop()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self.move(1)
        event.stop()


def state_sign(state: str, colours: Palette) -> tuple[str, Style]:
    """A sign for a state, and its colour."""
    sign = symbols()
    return {
        "running": (sign.play, colours.up),
        "finished": (sign.star, colours.text),
        "interrupted": (sign.pause, colours.target),
        "failed": (sign.differs, colours.down),
        "killed": (sign.times, colours.down),
    }.get(state, (sign.more, colours.muted))


def brief(seconds: float) -> str:
    """An age in at most four characters."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= size:
            return f"{min(999, int(seconds // size))}{unit}"
    return f"{int(seconds)}s"
