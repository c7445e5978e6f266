"""The layers of the map, one painted over the other: items, clouds, lines, marks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from diffurec_tui.widgets.canvas import Canvas
from diffurec_tui.widgets.map_signs import (
    FIRST_CLOUD,
    FIRST_GROUP,
    GROUP_SIGNS,
    HERE,
    ITEM,
    LEVELS,
    cloud_sign,
    mark_sign,
    number_of,
    sign_of,
)
from diffurec_tui.widgets.raster import ACROSS, DOWN, Points, Raster, Window, cells, path, scatter
from diffurec_tui.widgets.scene import JOINED, Scene

RECENT = 4
"""The last steps of the trail are drawn stronger."""
FULL = 0.02
"""Share of a cloud's samples in one cell from which on it has the full sign."""


def draw_items(scene: Scene, window: Window, width: int, height: int, *, braille: bool) -> Canvas:
    """All items, on a canvas of its own: it is drawn once for a window."""
    canvas = Canvas.blank(width, height)
    raster = scatter(scene.items.points, window, width, height)
    canvas.dots(raster, 1 + _levels(raster), braille=braille)
    if scene.colouring is not None:
        _sort(canvas, scene, window, raster)
    return canvas


def _levels(raster: Raster) -> npt.NDArray[np.int64]:
    """0, 1 or 2 a cell: on a logarithmic scale up to the fullest."""
    most = int(raster.counts.max(initial=1))
    share = np.log(np.maximum(raster.counts, 1)) / np.log(most + 1)
    return np.minimum(LEVELS - 1, share * LEVELS).astype(np.int64)


def _sort(canvas: Canvas, scene: Scene, window: Window, raster: Raster) -> None:
    """In each cell the sign of the group that most of its items have, if it is one that is told apart."""
    if scene.colouring is None:
        return
    height, width = canvas.characters.shape
    number = len(scene.colouring.names)
    where = cells(scene.items.points, window, width, height)
    inside = where >= 0
    both = scene.colouring.groups[inside] * (width * height) + where[inside]
    counts = np.bincount(both, minlength=(number + 1) * width * height).reshape(number + 1, height, width)
    leading = counts.argmax(axis=0)
    for group in range(number):
        canvas.fill((raster.counts > 0) & (leading == group), GROUP_SIGNS[group], FIRST_GROUP + group)


def draw_clouds(canvas: Canvas, scene: Scene, window: Window) -> None:
    """Each cloud's sign in the cells that have samples of it; the cloud of the user looked at over others."""
    height, width = canvas.characters.shape
    for number, points in reversed(list(enumerate(scene.samples))):
        where = cells(points, window, width, height)
        counts = np.bincount(where[where >= 0], minlength=width * height).reshape(height, width)
        many = counts > max(1, FULL * len(points))
        canvas.fill((counts > 0) & ~many, cloud_sign(number, full=False), FIRST_CLOUD + number)
        canvas.fill(many, cloud_sign(number), FIRST_CLOUD + number)


def draw_lines(canvas: Canvas, scene: Scene, window: Window, *, braille: bool) -> None:
    """The newest of the history, and the trail."""
    height, width = canvas.characters.shape
    newest = [mark.item - 1 for mark in scene.marks if mark.kind in ("history", "newest")][:JOINED]
    walked = scene.walked[: scene.index + 1]
    for points, role in (
        (scene.items.points[newest], number_of("path")),
        (walked, number_of("trail")),
        (walked[-RECENT - 1 :], number_of("recent")),
    ):
        raster = path(points, window, width, height)
        if braille:
            canvas.dots(raster, role, braille=True)
        else:
            canvas.fill(raster.patterns > 0, "-" if role == number_of("path") else "~", role)


def draw_marks(canvas: Canvas, scene: Scene, window: Window) -> None:
    """One over the other, the most important last."""
    rows = np.array([mark.item - 1 for mark in scene.marks], dtype=np.int64)
    cells = _cells(canvas, scene.items.points[rows], window)
    for cell, mark in reversed(list(zip(cells, scene.marks, strict=True))):
        canvas.put(*cell, *mark_sign(mark))
    for cell in _cells(canvas, scene.walked[scene.index : scene.index + 1], window):
        canvas.put(*cell, sign_of(HERE), number_of("here"))
    if scene.picked is not None:
        mark = scene.mark(scene.picked)
        sign = mark_sign(mark)[0] if mark else sign_of(ITEM)
        for cell in _cells(canvas, scene.items.points[scene.picked - 1 : scene.picked], window):
            canvas.put(*cell, sign, number_of("picked"))


def _cells(canvas: Canvas, points: Points, window: Window) -> list[tuple[int, int]]:
    """Column and row of each point; outside the canvas for those that are not known."""
    height, width = canvas.characters.shape
    places = window.dots(points, width, height) // (ACROSS, DOWN)
    known = np.where(np.isfinite(places), places, -1)
    return [(int(column), int(row)) for column, row in known.tolist()]
