"""How a training looks: live bars on a terminal, a line an event where it is piped."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Self

from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn
from rich.text import Text

from diffurec.data.dataset import Split
from diffurec.metrics_log import LogSplit
from diffurec.training_state import Position
from diffurec_tui.cli.console import narrate, narrator

if TYPE_CHECKING:
    from diffurec.run import Run

SHOWN = ("HR@10", "NDCG@10")
SPEED_WINDOW = 32  # steps


class NoProgress:
    """Says nothing: of several processes, one speaks."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def started(self, position: Position, steps_per_epoch: int, examples: int) -> None:
        pass

    def stepped(self, position: Position, batch_loss: Callable[[], float], examples: int) -> None:
        pass

    def logged(
        self, position: Position, split: LogSplit, values: Mapping[str, float], system: Mapping[str, float]
    ) -> None:
        pass

    def evaluating(self, split: Split, done: int, total: int) -> None:
        pass

    def saved(self, position: Position, *, best: bool) -> None:
        pass


class PlainProgress(NoProgress):
    """An event a line on stderr; quiet between validations."""

    def __init__(self, run: Run) -> None:
        self.config = run.config.train
        self.name = f"{run.info['data']['name']}, {run.info['data']['items']} items, on {run.info['device']}"
        self.loss = float("nan")
        self.system: Mapping[str, float] = {}

    def started(self, position: Position, steps_per_epoch: int, examples: int) -> None:
        resumed = f", from step {position.step}" if position.step else ""
        self.say(f"training on {self.name}: {examples} examples, {steps_per_epoch} steps an epoch{resumed}")

    def logged(
        self, position: Position, split: LogSplit, values: Mapping[str, float], system: Mapping[str, float]
    ) -> None:
        if split == "train":
            self.loss, self.system = values["loss"], system
            return
        figures = "  ".join(f"{name} {values[name]:.2f}" for name in SHOWN)
        if split == "test":
            self.say(f"test, epoch {position.best.epoch}: {figures}")
            return
        mark = "  best" if values[self.config.metric] > position.best.value else ""
        speed = self.system.get("examples_per_s", 0.0)
        self.say(
            f"epoch {position.epoch}/{self.config.epochs}  loss {self.loss:.4f}  {figures}"
            f"  {speed:,.0f} examples/s{mark}"
        )

    def say(self, message: str) -> None:
        narrate(message)


class LiveProgress(PlainProgress):
    """Bars for epochs and steps, with loss, speed, time left and memory, above them what happened."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.console = narrator()
        self.progress = Progress(
            SpinnerColumn(style="cyan"),
            TextColumn("{task.description}", justify="right"),
            BarColumn(bar_width=None, complete_style="cyan", finished_style="cyan"),
            _Count(),
            TextColumn("{task.fields[note]}", style="dim"),
            console=self.console,
            expand=True,
        )
        self.epochs = self.progress.add_task("epochs", total=self.config.epochs, note="")
        self.steps = self.progress.add_task("steps", total=None, note="")
        self.evaluation = self.progress.add_task("validation", total=None, note="", visible=False)
        self.recent: deque[tuple[float, int]] = deque(maxlen=SPEED_WINDOW)
        self.steps_per_epoch = 1
        self.best_note = ""

    def __enter__(self) -> Self:
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def started(self, position: Position, steps_per_epoch: int, examples: int) -> None:
        super().started(position, steps_per_epoch, examples)
        self.steps_per_epoch = steps_per_epoch
        self.progress.update(self.epochs, completed=position.epoch - 1)
        self.progress.update(self.steps, total=steps_per_epoch, completed=position.batch)

    def say(self, message: str) -> None:
        self.console.print(message, markup=False, soft_wrap=True)

    def stepped(self, position: Position, batch_loss: Callable[[], float], examples: int) -> None:
        self.recent.append((time.monotonic(), examples))
        self.progress.update(self.evaluation, visible=False)
        self.progress.update(self.steps, visible=True, completed=position.batch)
        self.progress.update(
            self.epochs, completed=position.epoch - 1 + position.batch / self.steps_per_epoch
        )
        if len(self.recent) < 2:
            return
        seconds = self.recent[-1][0] - self.recent[0][0]
        steps_a_second = (len(self.recent) - 1) / max(seconds, 1e-9)
        left = (self.config.epochs - position.epoch + 1) * self.steps_per_epoch - position.batch
        memory = self.system.get("peak_memory_mb")
        parts = [
            f"loss {self.loss:.3f}" if self.loss == self.loss else "",
            f"{steps_a_second * examples:,.0f} examples/s",
            f"{memory / 1024:.1f} GiB" if memory else "",
        ]
        self.progress.update(self.steps, note=" · ".join(part for part in parts if part))
        remaining = f"{duration(left / steps_a_second)} left"
        self.progress.update(
            self.epochs, note=" · ".join(part for part in (self.best_note, remaining) if part)
        )

    def logged(
        self, position: Position, split: LogSplit, values: Mapping[str, float], system: Mapping[str, float]
    ) -> None:
        super().logged(position, split, values, system)
        if split == "val":
            best = max(values[self.config.metric], position.best.value)
            self.best_note = f"best {self.config.metric} {best:.2f}"
        self.recent.clear()

    def evaluating(self, split: Split, done: int, total: int) -> None:
        name = "validation" if split == "val" else "test"
        self.progress.update(self.steps, visible=False)
        self.progress.update(
            self.evaluation, visible=True, description=name, total=total, completed=done, note="users"
        )


class _Count(ProgressColumn):
    def render(self, task: Task) -> Text:
        total = "?" if task.total is None else f"{task.total:.0f}"
        done = task.completed if task.finished else task.completed // 1
        return Text(f"{done:.0f}/{total}")


def duration(seconds: float) -> str:
    """`75` as 1m15s."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes:02}m"
    return f"{minutes}m{rest:02}s" if minutes else f"{rest}s"
