"""The curves of one training, from its metrics.jsonl, while it is written."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from diffurec.files import as_object
from diffurec.following.tail import Tail
from diffurec.following.track import Track

MOST_SERIES = 256
"""Series of a training beyond which others are left out."""
Points = tuple[list[float], list[float], list[float]]
"""Steps, times and values."""


class Curves:
    """Series by name, `train/loss` or `val/HR@10`, in bounded memory."""

    def __init__(self) -> None:
        self.version = 0
        """Another number whenever there is something new."""
        self.forget()

    def forget(self) -> None:
        """Start anew."""
        self.tracks: dict[str, Track] = {}
        self.lines = 0
        self.broken = 0
        self.broken_line = 0
        """Number of the last line that is no entry."""
        self.left_out: set[str] = set()
        self.started = math.nan
        """Seconds since 1970 of the first entry."""
        self.step = 0.0
        self.epoch = 0.0
        self.steps_per_epoch = math.nan
        """Told from where the first epochs ended."""
        self.version += 1

    def take(self, lines: Iterable[bytes | None]) -> None:
        """Add lines of a metrics.jsonl; what is no entry is counted."""
        found: defaultdict[str, Points] = defaultdict(lambda: ([], [], []))
        any_line = False
        for line in lines:
            any_line = True
            self.lines += 1
            if line is not None and not line.strip():
                continue
            if line is None or not self._entry(line, found):
                self.broken += 1
                self.broken_line = self.lines
        for name, points in found.items():
            self.add(name, points)
        if any_line:
            self.version += 1

    def add(self, name: str, points: Points) -> None:
        """Add points to a series."""
        if name not in self.tracks:
            if len(self.tracks) >= MOST_SERIES:
                if len(self.left_out) < MOST_SERIES:
                    self.left_out.add(name)
                return
            self.tracks[name] = Track()
        self.tracks[name].add(*points)

    def _entry(self, line: bytes, found: defaultdict[str, Points]) -> bool:
        """Take what a line says; False where it is no entry."""
        try:
            entry = as_object(json.loads(line))
        except (ValueError, RecursionError):
            return False
        if entry is None:
            return False
        step, epoch = _number(entry.get("step")), _number(entry.get("epoch"))
        split, values = entry.get("split"), as_object(entry.get("values"))
        if not math.isfinite(step) or not isinstance(split, str) or values is None:
            return False
        time = _number(entry.get("wall_time"))
        if math.isnan(self.started) and math.isfinite(time):
            self.started = time
        self._count_epochs(step, epoch, split)
        self._put(found, split, step, time, values)
        self._put(found, split, step, time, as_object(entry.get("system")) or {})
        return True

    def _put(
        self, found: defaultdict[str, Points], split: str, step: float, time: float, values: dict[str, Any]
    ) -> None:
        for name, value in values.items():
            if value is None or type(value) in (int, float):
                steps, times, numbers = found[f"{split}/{name}"]
                steps.append(step)
                times.append(time)
                numbers.append(_number(value))

    def _count_epochs(self, step: float, epoch: float, split: str) -> None:
        if not math.isfinite(epoch) or split == "test":  # the test is of the best epoch, at the end of all
            return
        if split == "val" and epoch >= 1:
            self.steps_per_epoch = step / epoch
        elif epoch > self.epoch >= 1 and math.isnan(self.steps_per_epoch):
            self.steps_per_epoch = self.step / self.epoch
        self.step, self.epoch = step, epoch


class FollowedCurves(Curves):
    """The curves of a metrics.jsonl, read on whenever it is asked for."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tail = Tail(path)

    def read(self, most: int) -> bool:
        """Read on, `most` bytes at once; whether there is something new."""
        before = self.version, self.tail.there, self.tail.trouble
        again, lines = self.tail.read(most)
        if again:
            self.forget()
        self.take(lines)
        return before != (self.version, self.tail.there, self.tail.trouble)


def _number(value: Any) -> float:
    """A number of an entry; NaN where there is none."""
    if type(value) not in (int, float):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.nan
