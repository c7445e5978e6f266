"""Curves as dots: 2×4 a cell where braille can be shown, one mark a cell elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], dtype=np.int64)  # (row, column)


def column_of(index: int, count: int, width: int) -> int:
    """The column in which point `index` of `count` is drawn; the first and last touch the edges."""
    return 0 if count < 2 else round(index * (width - 1) / (count - 1))


def index_at(column: int, count: int, width: int) -> int:
    """The point nearest to a column: the inverse of `column_of`."""
    if count < 2 or width < 2:
        return 0
    return min(count - 1, max(0, round(column * (count - 1) / (width - 1))))


def same_place(index: int, last: int, other_last: int) -> int:
    """State `index` of a walk on one of another length: the same number where they are as long."""
    if last == other_last or last < 1:
        return min(index, other_last)
    return round(index * other_last / last)


def curve(
    values: Sequence[float], count: int, width: int, height: int, low: float, high: float, *, braille: bool
) -> npt.NDArray[np.bool_]:
    """The dots of a connected line.

    Args:
        values: the first points of a curve of `count`; NaN and infinities leave gaps.
        count: number of points in the whole curve, which fill the width.
        width: cells.
        height: cells.
        low: value at the bottom.
        high: value at the top.
        braille: 2×4 dots a cell, or one.

    Returns:
        Rows of dots, the top row first: (4·height, 2·width), or (height, width).
    """
    across, down = (2, 4) if braille else (1, 1)
    dots = np.zeros((height * down, width * across), dtype=np.bool_)
    levels = _levels(values, count, dots.shape[1], low, high, dots.shape[0])
    there = levels >= 0
    before = np.concatenate([[-1], levels[:-1]])
    near = np.where(before < 0, levels, before + np.sign(levels - before))  # one dot nearer than the last
    first, last = np.minimum(levels, near), np.maximum(levels, near)
    rows = np.arange(dots.shape[0])[:, None]
    return there & (rows >= first) & (rows <= last)


def signs(dots: npt.NDArray[np.bool_], *, braille: bool) -> npt.NDArray[np.uint32]:
    """Dots as the characters of cells, code points (height, width); 0 where none is lit."""
    if not braille:
        return np.where(dots, ord("*"), 0).astype(np.uint32)
    height, width = dots.shape[0] // 4, dots.shape[1] // 2
    cells = dots.reshape(height, 4, width, 2).transpose(0, 2, 1, 3)  # (height, width, 4, 2)
    patterns = (cells * _BITS).sum(axis=(2, 3)).astype(np.uint32)
    return np.where(patterns > 0, patterns + 0x2800, 0).astype(np.uint32)


def _levels(
    values: Sequence[float], count: int, columns: int, low: float, high: float, rows: int
) -> npt.NDArray[np.int64]:
    """Dot row of the curve in each dot column, 0 at the top; -1 where there is none."""
    points = np.asarray(values, dtype=np.float64)
    if not len(points):
        return np.full(columns, -1, dtype=np.int64)
    points = np.where(np.isfinite(points), points, np.nan)
    last = max(1, count - 1)
    at = np.arange(columns) * last / max(1, columns - 1)
    heights = np.interp(at, np.arange(len(points)), points, right=np.nan)
    if len(points) == 1:
        heights = np.where(at < 0.5, points[0], np.nan)
    share = (heights - low) / (high - low) if high > low else np.full(columns, 0.5)
    share = np.where(np.isfinite(heights), np.clip(share, 0, 1), np.nan)
    rows_down = np.rint((1 - share) * (rows - 1))
    return np.where(np.isnan(rows_down), -1, rows_down).astype(np.int64)


def spark(values: Sequence[float], count: int, width: int, low: float, high: float, bars: str) -> str:
    """A curve in one row: a bar a column."""
    row: list[str] = []
    for column in range(width):
        index = index_at(column, count, width)
        value = values[index] if index < len(values) else float("nan")
        if not np.isfinite(value):
            row.append(" ")
            continue
        share = (value - low) / (high - low) if high > low else 0.0
        row.append(bars[min(len(bars) - 1, max(0, int(share * len(bars))))])
    return "".join(row)
