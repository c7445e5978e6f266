"""A series of any length in bounded memory: extremes are exact however much it is thinned."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

MOST_BUCKETS = 2048
"""Twice this many are merged in pairs, so that there is always one for every dot of a wide terminal."""
SMOOTHING = (0.6, 0.9, 0.99)
"""Decay of the running means that every series keeps."""

FIRST_STEP, LAST_STEP, FIRST_TIME, LAST_TIME, LOW, HIGH, LAST, MISSING, MEANS = range(9)
FIELDS = MEANS + len(SMOOTHING)


@dataclass(frozen=True)
class Summary:
    """What is left of some neighbouring points."""

    step: float
    """Of the last of them."""
    time: float
    low: float
    high: float
    last: float
    means: tuple[float, ...]


class Track:
    """Points in the order in which they were written, thinned to buckets of equally many.

    A bucket keeps the lowest and the highest value, the last one, and the running means at its end. Where
    there would be too many, each takes in its neighbour; that loses no extreme.
    """

    def __init__(self, most: int = MOST_BUCKETS) -> None:
        self._most = most
        self._rows: Floats = np.empty((min(64, most), FIELDS))
        self._means = [(0.0, 1.0)] * len(SMOOTHING)
        """A mean that began at nothing, and the weight that this nothing has left."""
        self._finite = 0
        self.points = 0
        """How many were added."""
        self.stride = 1
        """Points of a bucket."""

    def __len__(self) -> int:
        return (self.points + self.stride - 1) // self.stride

    @property
    def rows(self) -> Floats:
        """The buckets so far, (number, FIELDS); the last may still take points."""
        return self._rows[: len(self)]

    @property
    def missing(self) -> int:
        """Points that were no number."""
        return self.points - self._finite

    def add(self, steps: Sequence[float], times: Sequence[float], values: Sequence[float]) -> None:
        """Append points; a value that is not finite stands for none."""
        points = np.empty((len(values), 3))
        points[:, 0], points[:, 1], points[:, 2] = steps, times, values
        points[~np.isfinite(points[:, 2]), 2] = np.nan
        means = self._running_means(points[:, 2])
        start = 0
        while start < len(points):
            end = min(len(points), start + self._most * self.stride - self.points)
            self._append(points[start:end], means[start:end])
            start = end
            if self.points == self._most * self.stride:
                self._merge()

    def at(self, row: int) -> Summary:
        """A bucket in words."""
        values = self._rows[row].tolist()
        return Summary(
            values[LAST_STEP],
            values[LAST_TIME],
            values[LOW],
            values[HIGH],
            values[LAST],
            tuple(values[MEANS:]),
        )

    def _running_means(self, values: Floats) -> Floats:
        """Exponential means, corrected for having started from nothing."""
        columns = np.empty((len(values), len(SMOOTHING)))
        listed = values.tolist()
        for place, decay in enumerate(SMOOTHING):
            (mean, left), weight = self._means[place], 1 - decay
            column: list[float] = []
            for value in listed:
                if value == value:  # noqa: PLR0124  # not NaN
                    mean += weight * (value - mean)
                    left *= decay
                column.append(mean / (1 - left) if left < 1 else math.nan)
            self._means[place] = mean, left
            columns[:, place] = column
        self._finite += int(np.isfinite(values).sum())
        return columns

    def _append(self, points: Floats, means: Floats) -> None:
        """Add points that fit."""
        number = len(points)
        bucket = (self.points + np.arange(number)) // self.stride
        starts = np.flatnonzero(np.diff(bucket, prepend=-1))
        ends = np.append(starts[1:], number) - 1
        values = points[:, 2]
        there = np.isfinite(values)
        newest = np.maximum.accumulate(np.where(there, np.arange(number), -1))[ends]
        new = np.empty((len(starts), FIELDS))
        new[:, FIRST_STEP], new[:, LAST_STEP] = points[starts, 0], points[ends, 0]
        new[:, FIRST_TIME], new[:, LAST_TIME] = points[starts, 1], points[ends, 1]
        new[:, LOW], new[:, HIGH] = np.fmin.reduceat(values, starts), np.fmax.reduceat(values, starts)
        new[:, LAST] = np.where(newest >= starts, values[newest], np.nan)
        new[:, MISSING] = np.add.reduceat(~there, starts)
        new[:, MEANS:] = means[ends]
        first, last = int(bucket[0]), int(bucket[-1])
        self._make_room(last + 1)
        if self.points % self.stride:
            new[0] = _merged(self._rows[first], new[0])
        self._rows[first : last + 1] = new
        self.points += number

    def _make_room(self, rows: int) -> None:
        if rows > len(self._rows):
            larger = np.empty((min(self._most, max(rows, 2 * len(self._rows))), FIELDS))
            larger[: len(self._rows)] = self._rows
            self._rows = larger

    def _merge(self) -> None:
        """Half as many buckets, each of two."""
        half = self._most // 2
        self._rows[:half] = _merged(self._rows[0 : 2 * half : 2], self._rows[1 : 2 * half : 2])
        self.stride *= 2


def _merged(before: Floats, after: Floats) -> Floats:
    """Buckets, each with the one that follows it."""
    merged = after.copy()
    merged[..., FIRST_STEP], merged[..., FIRST_TIME] = before[..., FIRST_STEP], before[..., FIRST_TIME]
    merged[..., LOW] = np.fmin(before[..., LOW], after[..., LOW])
    merged[..., HIGH] = np.fmax(before[..., HIGH], after[..., HIGH])
    merged[..., LAST] = np.where(np.isnan(after[..., LAST]), before[..., LAST], after[..., LAST])
    merged[..., MISSING] += before[..., MISSING]
    return merged
