"""The dots of one curve in one plot, and the numbers beside them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from diffurec.following.track import HIGH, LAST, LOW, MEANS, MISSING, Floats
from diffurec_tui.widgets.text import symbols

Dots = npt.NDArray[np.bool_]
MINUTE, HOUR, DAY = 60, 3600, 86_400


@dataclass(frozen=True)
class Frame:
    """What part of the plane a plot shows, in how many dots."""

    start: float
    end: float
    low: float
    high: float
    """Limits on the scale drawn."""
    columns: int
    rows: int

    def column(self, x: Floats) -> Floats:
        return (x - self.start) / max(self.end - self.start, 1e-300) * (self.columns - 1)

    def level(self, values: Floats) -> Floats:
        """Rows from the top; NaN stays NaN."""
        if self.high <= self.low:
            return np.where(np.isnan(values), np.nan, (self.rows - 1) / 2)
        return np.clip((self.high - values) / (self.high - self.low), 0, 1) * (self.rows - 1)


def scaled(values: Floats, *, log: bool) -> Floats:
    """Values on the scale drawn: on that of logarithms, what is not positive has no place."""
    if not log:
        return values
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(values > 0, np.log10(values), np.nan)


def within(first: Floats, last: Floats, start: float, end: float) -> slice:
    """The buckets that are seen, and one beyond either edge, to which lines lead."""
    seen = np.flatnonzero((last >= start) & (first <= end))
    if not len(seen):
        after = np.flatnonzero(first > end)
        place = int(after[0]) if len(after) else 0
        return slice(max(0, place - 1), min(len(first), place + 1)) if len(after) else slice(0, 0)
    return slice(max(0, int(seen[0]) - 1), int(seen[-1]) + 2)


def drawn(
    first: Floats, last: Floats, rows: Floats, frame: Frame, *, log: bool, mean: int | None = None
) -> Dots:
    """A connected line through the last values of buckets, with all that lies between their extremes.

    Args:
        first: where the buckets begin.
        last: where they end.
        rows: the buckets.
        frame: of the plot.
        log: whether the limits of the frame are logarithms.
        mean: which running mean to draw in place of the values.
    """
    values = scaled(rows[:, LAST if mean is None else MEANS + mean], log=log)
    x, y = frame.column(last), frame.level(values)
    there = np.isfinite(x) & np.isfinite(y)
    if not there.any():
        return np.zeros((frame.rows, frame.columns), dtype=np.bool_)
    x, y = x[there], y[there]
    if (np.diff(x) < 0).any():  # a clock that was set back, or a file that begins again
        order = np.argsort(x, kind="stable")
        x, y = x[order], y[order]
    at = np.arange(frame.columns)
    line = np.rint(np.interp(at, x, y, left=np.nan, right=np.nan))
    beside = _beside(np.append(np.nan, line[:-1]), line)
    top, bottom = np.fmin(line, beside), np.fmax(line, beside)
    down = np.arange(frame.rows)[:, None]
    if mean is not None and len(x) > frame.columns:  # the line is all there is to see
        return (down >= top) & (down <= bottom)
    if mean is None:
        centre = frame.column((first + last) / 2)[there]
        upper = frame.level(scaled(rows[:, HIGH], log=log))[there]
        lower = frame.level(scaled(rows[:, LOW], log=log))[there]
    else:
        centre, upper, lower = x, y, y
    place = np.rint(centre)
    inside = (place >= 0) & (place < frame.columns) & np.isfinite(place)
    column = place[inside].astype(np.int64)
    np.fmin.at(top, column, np.rint(upper[inside]))
    np.fmax.at(bottom, column, np.rint(np.where(np.isnan(lower), frame.rows - 1, lower)[inside]))
    return (down >= top) & (down <= bottom)


def _beside(before: Floats, line: Floats) -> Floats:
    """The row beside the one before, on the way to the line."""
    return np.where(np.isnan(before), line, before + np.sign(line - before))


def lost(first: Floats, last: Floats, rows: Floats, frame: Frame) -> list[int]:
    """Columns at which a value was no number."""
    place = np.rint(frame.column((first + last) / 2)[rows[:, MISSING] > 0])
    return np.unique(place[(place >= 0) & (place < frame.columns)]).astype(np.int64).tolist()


def limits(rows: Floats, *, log: bool) -> tuple[float, float]:
    """Lowest and highest value of some buckets on the scale drawn; NaN where there are none."""
    if not len(rows):
        return math.nan, math.nan
    low, high = scaled(rows[:, LOW], log=log), scaled(rows[:, HIGH], log=log)
    if log:  # a bucket that begins below zero has positive values all the same
        low = np.where(np.isnan(low), high, low)
    return float(np.fmin.reduce(low)), float(np.fmax.reduce(high))


def figure(value: float) -> str:
    """A number in at most eight characters, with four digits that mean something."""
    if math.isnan(value):
        return symbols().none
    size = abs(value)
    if size == 0:
        return "0"
    if 1e-3 <= size < 1e5:
        return f"{value:,.0f}" if size >= 1e4 else f"{value:.4g}"
    if 1e5 <= size < 1e15:
        power, unit = next((p, u) for p, u in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")) if size >= p)
        return f"{value / power:.4g}{unit}"
    return f"{value:.2e}".replace("e-0", "e-").replace("e+0", "e+")


def place_told(value: float, axis: str) -> str:
    """A place on the axis."""
    if math.isnan(value):
        return symbols().none
    if axis == "step":
        return f"{value:,.0f}"
    if axis == "epoch":
        return f"{value:.4g}"
    seconds = round(value)
    if abs(seconds) < MINUTE:
        return f"{seconds} s"
    if abs(seconds) < HOUR:
        return f"{seconds // MINUTE}:{seconds % MINUTE:02} min"
    if abs(seconds) < DAY:
        return f"{seconds // HOUR}:{seconds % HOUR // MINUTE:02} h"
    return f"{seconds // DAY} d {seconds % DAY // HOUR} h"
