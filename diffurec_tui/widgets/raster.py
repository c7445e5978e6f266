"""Points and lines of a plane as cells of a terminal, 2×4 dots each; NumPy from end to end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float32]
"""(N, 2): x to the right, y upwards."""
ACROSS, DOWN = 2, 4
"""Dots of a cell: they are square where a cell is twice as high as wide."""
MARGIN = 1.08
BRAILLE = 0x2800
_BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], dtype=np.uint8)  # (row, column)

_ONES = np.array([bin(pattern).count("1") for pattern in range(256)], dtype=np.uint8)


@dataclass(frozen=True)
class Window:
    """The part of the plane that is on screen."""

    x: float
    y: float
    """Of the centre."""
    scale: float
    """Width of a dot."""

    def moved(self, dots_right: float, dots_up: float) -> Window:
        return Window(self.x + dots_right * self.scale, self.y + dots_up * self.scale, self.scale)

    def zoomed(self, factor: float, x: float, y: float) -> Window:
        """Nearer by `factor`, with (x, y) where it is."""
        return Window(x + (self.x - x) / factor, y + (self.y - y) / factor, self.scale / factor)

    def dots(self, points: Points, width: int, height: int) -> npt.NDArray[np.float64]:
        """Points in dots from the upper left corner of `width` × `height` cells, (N, 2): right, down."""
        placed = np.empty((len(points), 2))
        placed[:, 0] = points[:, 0]  # copied first: differences of float32 would be too coarse from near by
        placed[:, 1] = points[:, 1]
        placed[:, 0] = (placed[:, 0] - self.x) / self.scale + width * ACROSS / 2
        placed[:, 1] = (self.y - placed[:, 1]) / self.scale + height * DOWN / 2
        return placed

    def point(self, column: float, row: float, width: int, height: int) -> tuple[float, float]:
        """The point of the plane at a place given in cells; the inverse of `dots`."""
        x = self.x + (column * ACROSS - width * ACROSS / 2) * self.scale
        return x, self.y - (row * DOWN - height * DOWN / 2) * self.scale


def fitting(points: Points, width: int, height: int) -> Window:
    """The window that shows all of `points`, and a little room around them."""
    known = points[np.isfinite(points).all(axis=1)]
    if not len(known):
        return Window(0.0, 0.0, 1.0)
    low, high = known.min(axis=0).astype(np.float64), known.max(axis=0).astype(np.float64)
    size, centre = high - low, (low + high) / 2
    scale = float(max(size[0] / max(1, width * ACROSS - 1), size[1] / max(1, height * DOWN - 1)))
    return Window(float(centre[0]), float(centre[1]), scale * MARGIN if scale > 0 else 1.0)


@dataclass(frozen=True, eq=False)
class Raster:
    """What is drawn in each cell."""

    patterns: npt.NDArray[np.uint8]  # (height, width) the dots that are lit, as braille numbers them
    counts: npt.NDArray[np.int64]  # (height, width) points in the cell

    @property
    def dots_lit(self) -> npt.NDArray[np.uint8]:
        """How many of a cell's eight dots are lit, (height, width)."""
        return _ONES[self.patterns]


def scatter(points: Points, window: Window, width: int, height: int) -> Raster:
    """Every point inside the window lights its dot."""
    return _lit(window.dots(points, width, height), width, height)


def cells(points: Points, window: Window, width: int, height: int) -> npt.NDArray[np.int64]:
    """Number of each point's cell, row by row, (N,); -1 outside the window."""
    columns, rows = (window.dots(points, width, height) // (ACROSS, DOWN)).T
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    return np.where(inside, rows * width + columns, -1).astype(np.int64)


def path(points: Points, window: Window, width: int, height: int) -> Raster:
    """A line from each point to the next, as far as it is inside the window."""
    ends = window.dots(points, width, height)
    ends = ends[np.isfinite(ends).all(axis=1)]
    if len(ends) < 2:
        return _lit(ends, width, height)
    starts, along = ends[:-1], np.diff(ends, axis=0)
    first, last = _inside(starts, along, np.array([width * ACROSS, height * DOWN], dtype=np.float64))
    length = np.abs(along).max(axis=1) * np.maximum(0, last - first)  # dots
    number = np.where(last >= first, np.ceil(length).astype(np.int64) + 1, 0)
    segment = np.repeat(np.arange(len(number)), number)
    place = np.arange(len(segment)) - np.repeat(np.cumsum(number) - number, number)
    share = place / np.maximum(1, number[segment] - 1)
    at = first[segment] + share * (last - first)[segment]
    return _lit(np.concatenate([starts[segment] + at[:, None] * along[segment], ends]), width, height)


def _inside(
    starts: npt.NDArray[np.float64], along: npt.NDArray[np.float64], size: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The share of each line at which it enters and leaves the picture; it is outside if first > last."""
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = -starts / along, (size - starts) / along  # where it crosses the four edges
    still = along == 0
    outside = still & ((starts < 0) | (starts > size))
    enters = np.where(still, np.where(outside, np.inf, -np.inf), np.minimum(one, other))
    leaves = np.where(still, np.where(outside, -np.inf, np.inf), np.maximum(one, other))
    return np.clip(enters.max(axis=1), 0, None), np.clip(leaves.min(axis=1), None, 1)


def _lit(dots: npt.NDArray[np.float64], width: int, height: int) -> Raster:
    columns, rows = dots[:, 0], dots[:, 1]
    inside = (columns >= 0) & (columns < width * ACROSS) & (rows >= 0) & (rows < height * DOWN)
    across = columns[inside].astype(np.int64)
    down = rows[inside].astype(np.int64)
    cells = (down // DOWN) * width + across // ACROSS
    counts = np.bincount(cells, minlength=width * height).reshape(height, width)
    lit = np.zeros((height * DOWN, width * ACROSS), dtype=np.bool_)
    lit[down, across] = True
    grid = lit.reshape(height, DOWN, width, ACROSS).transpose(0, 2, 1, 3)
    return Raster((grid * _BITS).sum(axis=(2, 3), dtype=np.uint8), counts)
