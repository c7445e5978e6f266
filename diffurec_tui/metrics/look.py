"""How one looks at metrics: which plots there are, over what they are drawn, and how far one looks."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from diffurec.following.track import FIRST_STEP, FIRST_TIME, LAST_STEP, LAST_TIME, SMOOTHING, Floats, Track
from diffurec_tui.metrics.followed import Followed

Axis = Literal["step", "epoch", "time"]
Group = Literal["all", "training", "validation", "machine"]
AXES: tuple[Axis, ...] = ("step", "epoch", "time")
GROUPS: tuple[Group, ...] = ("all", "training", "validation", "machine")
ZOOM = 0.5
MOST_ZOOM = 1e-5

NAMES = {
    "train/loss": "loss",
    "train/learning_rate": "learning rate",
    "train/examples_per_s": "examples/s",
    "train/cpu_percent": "CPU %",
    "train/memory_mb": "memory MiB",
    "train/peak_memory_mb": "peak memory MiB",
    "train/gpu_percent": "GPU %",
    "train/gpu_memory_mb": "GPU memory MiB",
}
"""Names of series of our own, as a person says them."""
ORDER = (
    "train/loss", "val/NDCG@10", "val/HR@10", "train/learning_rate", "train/examples_per_s",
    "train/cpu_percent", "train/gpu_percent", "train/gpu_memory_mb", "train/memory_mb",
)  # fmt: skip
"""What one looks at first."""
MACHINE = re.compile(
    r"(examples_per_s|cpu_percent|memory_mb|peak_memory_mb|gpu_percent|gpu_memory_mb|seconds)$"
)


def name_of(series: str) -> str:
    """A series in words."""
    return NAMES.get(series) or series.replace("val/", "val ", 1)


def group_of(series: str) -> Group:
    if MACHINE.search(series):
        return "machine"
    return "validation" if series.startswith("val/") else "training"


@dataclass
class Look:
    """What the keys change."""

    axis: Axis = "step"
    smoothing: int | None = None
    """Place in SMOOTHING."""
    log: bool = False
    share: float = 1.0
    """Of the whole, how much is seen."""
    end: float | None = None
    """Where that ends; None goes along with the newest."""
    cursor: float | None = None
    """Where values are read; None reads the newest."""
    group: Group = "all"
    pattern: re.Pattern[str] | None = None
    alone: str = ""
    """Letter of the only run shown; empty for all."""
    selected: str = ""
    """A series."""
    focused: bool = False

    _whole: tuple[float, float] = field(default=(0.0, 1.0), init=False)

    @property
    def state(self) -> tuple[object, ...]:
        """All of it, but for the cursor and what is selected among all plots."""
        only = self.selected if self.focused else ""
        return (
            self.axis, self.smoothing, self.log, self.share, self.end, self.group, self.pattern, self.alone,
            only, self._whole,
        )  # fmt: skip

    def shown(self, runs: Sequence[Followed]) -> list[Followed]:
        """The runs that are drawn."""
        return [run for run in runs if not self.alone or run.letter == self.alone]

    def series(self, runs: Iterable[Followed]) -> list[str]:
        """The plots there are, the most telling first. Test figures are one point each: a line has them."""
        found = {
            name: None
            for run in runs
            for name, track in run.curves.tracks.items()
            if not (name.startswith("test/") and track.points == 1)
        }
        first = {name: place for place, name in enumerate(ORDER)}
        listed = sorted(found, key=lambda name: (first.get(name, len(first)), group_of(name) == "machine"))
        return [name for name in listed if self._wanted(name)]

    def _wanted(self, name: str) -> bool:
        pattern = self.pattern
        return (self.group in ("all", group_of(name))) and (
            pattern is None or bool(pattern.search(name) or pattern.search(name_of(name)))
        )

    def search(self, typed: str) -> str:
        """Show the series of this regular expression; what is wrong with it, where it is none."""
        try:
            self.pattern = re.compile(typed, re.IGNORECASE) if typed else None
        except (re.error, OverflowError, RecursionError) as error:
            return f"not a regular expression: {error}"
        return ""

    # Along the axis.

    def places(self, run: Followed, track: Track) -> tuple[Floats, Floats]:
        """Where the buckets of a track begin and end; NaN where that is not known."""
        rows, curves = track.rows, run.curves
        if self.axis == "time":
            return rows[:, FIRST_TIME] - curves.started, rows[:, LAST_TIME] - curves.started
        first, last = rows[:, FIRST_STEP], rows[:, LAST_STEP]
        if self.axis == "epoch":
            return first / curves.steps_per_epoch, last / curves.steps_per_epoch
        return first, last

    def measure(self, runs: Iterable[Followed], series: Iterable[str]) -> None:
        """Take note of how far the tracks reach."""
        low, high = math.inf, -math.inf
        names = list(series)
        for run in runs:
            for name in names:
                track = run.curves.tracks.get(name)
                if track is None or not track.points:
                    continue
                first, last = self.places(run, track)
                low, high = min(low, float(np.fmin.reduce(first))), max(high, float(np.fmax.reduce(last)))
        self._whole = (low, high) if low < high else (low, low + 1) if low == high else (0.0, 1.0)

    @property
    def window(self) -> tuple[float, float]:
        """From where to where one looks."""
        low, high = self._whole
        width = (high - low) * self.share
        end = high if self.end is None else min(high, max(self.end, low + width))
        return end - width, end

    def zoom(self, factor: float) -> None:
        """Look at less or more, around the cursor or up to the newest."""
        low, high = self._whole
        start, end = self.window
        share = min(1.0, max(MOST_ZOOM, self.share * factor))
        middle = self.cursor
        if share == 1:
            self.end = None
        elif middle is not None and start <= middle <= end:
            left = (middle - start) / (end - start)
            self.end = middle + (1 - left) * (high - low) * share
        elif self.end is not None:
            self.end = (start + end) / 2 + (high - low) * share / 2
        self.share = share

    def pan(self, by: float) -> None:
        """Look further on, by a share of what is seen."""
        start, end = self.window
        low, high = self._whole
        end = max(low + (end - start), end + by * (end - start))
        self.end = None if end >= high else end

    def fit_all(self) -> None:
        self.share, self.end = 1.0, None

    def move(self, columns: int, of: int) -> None:
        """The cursor goes some of the columns on; the window goes with it."""
        start, end = self.window
        cursor = end if self.cursor is None else self.cursor
        cursor += columns * (end - start) / max(1, of - 1)
        low, high = self._whole
        if cursor >= high and columns > 0:
            self.cursor, self.end = None, None
            return
        self.cursor = max(low, cursor)
        if self.cursor < start or self.cursor > end:
            self.end = self.cursor + (end - start if self.cursor < start else 0)
            if self.end >= high:
                self.end = None

    def turn_axis(self) -> None:
        self.axis = AXES[(AXES.index(self.axis) + 1) % len(AXES)]
        self.cursor = None
        self.fit_all()

    def turn_smoothing(self) -> None:
        place = -1 if self.smoothing is None else self.smoothing
        self.smoothing = place + 1 if place + 1 < len(SMOOTHING) else None

    def turn_group(self) -> None:
        self.group = GROUPS[(GROUPS.index(self.group) + 1) % len(GROUPS)]


def nearest(look: Look, run: Followed, track: Track) -> int:
    """The bucket at the cursor, or the newest."""
    if look.cursor is None:
        return len(track) - 1
    first, last = look.places(run, track)
    away = np.maximum(np.maximum(first - look.cursor, look.cursor - last), 0)
    if np.isnan(away).all():
        return len(track) - 1
    return int(np.nanargmin(away))
