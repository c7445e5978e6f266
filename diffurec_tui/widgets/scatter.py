"""All items as a cloud of dots, and a walk in it: history, top-k, the true next item, and the trail."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from rich.style import Style
from rich.text import Text
from textual import events
from textual.message import Message
from textual.strip import Strip

from diffurec_tui.mapping import ItemMap, Mark, Trail
from diffurec_tui.theme.palette import Palette
from diffurec_tui.widgets.canvas import Canvas
from diffurec_tui.widgets.panel import Panel, to_strip
from diffurec_tui.widgets.raster import ACROSS, DOWN, Points, Raster, Window, fitting, path, scatter
from diffurec_tui.widgets.text import clean, symbols

ZOOM, WHEEL = 1.5, 1.25
MOST_ZOOM, LEAST_ZOOM = 5_000.0, 0.25
"""How near and how far one may get, against the picture of everything."""
PAN = 0.2
"""Share of the picture a key moves it by."""
JOINED = 6
"""The newest items of a history are joined by a line."""
RECENT = 4
"""The last steps of the trail are drawn stronger."""
LEVELS = 3
"""Kinds of brightness for cells with more or fewer items."""
GROUP_SIGNS = "x+^v="
HERE, NEWEST, OLD, ITEM = 0, 1, 2, 3
SIGNS, ASCII_SIGNS = "◆●∘•", "@Hho"
PLACES = "1234567890abcdefghijklmnopqrstuvwxyz"
Role = Literal["trail", "recent", "path", "old", "newest", "top", "target", "here", "picked"]
ROLES: tuple[Role, ...] = ("trail", "recent", "path", "old", "newest", "top", "target", "here", "picked")
FIRST_ROLE = 1 + LEVELS
FIRST_GROUP = FIRST_ROLE + len(ROLES)


@dataclass(frozen=True, eq=False)
class Scene:
    """What is drawn."""

    trail: Trail
    index: int
    """State the trail leads up to."""
    marks: tuple[Mark, ...]
    """The most important first."""
    picked: int | None
    """An item."""
    grouped: bool
    """Whether items are told apart by category."""

    @property
    def items(self) -> ItemMap:
        return self.trail.items

    def extent(self) -> Points:
        """Everything that is to be seen from afar."""
        return np.concatenate([self.items.points, self.trail.points])

    def near_extent(self) -> Points:
        """The list, the true next item and the newest of the history; a state may be far from all of them."""
        kept = [
            mark.item - 1 for mark in self.marks if mark.kind in ("top", "target") or mark.place <= JOINED
        ]
        return self.items.points[kept]


class Scatter(Panel):
    """The map; the cloud is drawn once for each window and size."""

    class Picked(Message):
        """The item nearest to a click."""

        def __init__(self, item: int) -> None:
            super().__init__()
            self.item = item

    scene: Scene | None = None
    message = ""
    window: Window | None = None
    """None shows everything."""

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._cloud: tuple[tuple[object, ...], Canvas] | None = None
        self._everything: tuple[tuple[object, ...], Window] | None = None

    def show(self, scene: Scene) -> None:
        if scene.picked is not None and (self.scene is None or self.scene.picked != scene.picked):
            self._bring_in(scene, scene.picked)
        self.scene = scene
        self.changed()

    def say(self, message: str) -> None:
        """Nothing to draw yet, and why."""
        self.scene, self.message = None, message
        self.changed()

    def forget(self) -> None:
        """Draw the cloud anew the next time."""
        self._cloud = None

    # Where one looks.

    def seen(self, scene: Scene, width: int, height: int) -> Window:
        """The window that is drawn."""
        return self.window or self._whole(scene, width, height)

    def _whole(self, scene: Scene, width: int, height: int) -> Window:
        key = (scene.items, scene.trail, width, height)
        if self._everything is None or self._everything[0] != key:
            self._everything = (key, fitting(scene.extent(), width, height))
        return self._everything[1]

    def fit_all(self) -> None:
        """Show everything."""
        self.window = None
        self.changed()

    def centre(self) -> None:
        """Look at the list from near by."""
        if self.scene is not None:
            self.window = fitting(self.scene.near_extent(), *self.size)
            self.changed()

    def pan(self, right: int, up: int) -> None:
        if self.scene is not None:
            width, height = self.size
            seen = self.seen(self.scene, width, height)
            self.window = seen.moved(right * PAN * width * ACROSS, up * PAN * height * DOWN)
            self.changed()

    def zoom(self, factor: float, around: tuple[float, float] | None = None) -> None:
        """Nearer or farther, around a point of the plane: else the item picked, else the state."""
        if self.scene is None:
            return
        width, height = self.size
        seen, whole = self.seen(self.scene, width, height), self._whole(self.scene, width, height)
        nearer = whole.scale / seen.scale
        factor = min(MOST_ZOOM, max(LEAST_ZOOM, nearer * factor)) / nearer
        x, y = around or self._of_interest(self.scene)
        self.window = seen.zoomed(factor, x, y)
        self.changed()

    def centre_on(self, item: int) -> None:
        """Look at where an item lies, from as near as before."""
        if self.scene is not None:
            x, y = self.scene.items.points[item - 1].tolist()
            self.window = Window(x, y, self.seen(self.scene, *self.size).scale)
            self.changed()

    def _of_interest(self, scene: Scene) -> tuple[float, float]:
        if scene.picked is not None:
            x, y = scene.items.points[scene.picked - 1].tolist()
        else:
            x, y = scene.trail.points[scene.index].tolist()
        return x, y

    def _bring_in(self, scene: Scene, item: int) -> None:
        """Move so that an item is inside."""
        width, height = self.size
        seen, point = self.seen(scene, width, height), scene.items.points[item - 1 : item]
        if not scatter(point, seen, width, height).counts.any():
            self.window = Window(float(point[0, 0]), float(point[0, 1]), seen.scale)

    # Drawing.

    def strips(self, width: int, height: int, colours: Palette, base: Style) -> list[Strip]:
        if self.scene is None:
            lines = textwrap.wrap(clean(self.message), max(8, width - 4))[:height]
            above = [Text()] * ((height - len(lines)) // 2)
            texts = [*above, *(Text(f"  {line}", colours.text) for line in lines)]
            return [to_strip(text, width, base) for text in texts]
        canvas = self.draw(self.scene, width, height)
        return canvas.strips(styles_of(colours), base)

    def draw(self, scene: Scene, width: int, height: int) -> Canvas:
        """The picture in `width` × `height` cells."""
        window, braille = self.seen(scene, width, height), symbols().braille
        key = (scene.items, window, width, height, scene.grouped, braille)
        if self._cloud is None or self._cloud[0] != key:
            self._cloud = (key, _cloud(scene, window, width, height, braille=braille))
        canvas = self._cloud[1].copy()
        _lines(canvas, scene, window, braille=braille)
        _marks(canvas, scene, window)
        return canvas

    # The mouse.

    def _point(self, event: events.MouseEvent) -> tuple[float, float] | None:
        offset = event.get_content_offset(self)
        if self.scene is None or offset is None:
            return None
        window = self.seen(self.scene, *self.size)
        return window.point(offset.x + 0.5, offset.y + 0.5, *self.size)

    def on_click(self, event: events.Click) -> None:
        point = self._point(event)
        if point is not None and self.scene is not None:
            self.post_message(self.Picked(self.scene.items.nearest(*point)))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self.zoom(WHEEL, self._point(event))
        event.stop()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self.zoom(1 / WHEEL, self._point(event))
        event.stop()


def styles_of(colours: Palette) -> list[Style]:
    """Styles by the numbers that a canvas of the map has."""
    roles: dict[Role, Style] = {
        "trail": colours.accent,
        "recent": colours.accent + Style(bold=True),
        "path": colours.down,
        "old": colours.down,
        "newest": colours.down + Style(bold=True),
        "top": colours.strong,
        "target": colours.target,
        "here": colours.accent + Style(bold=True, reverse=True),
        "picked": colours.target + Style(reverse=True),
    }
    cloud = [Style.null(), colours.faint, colours.muted, colours.text]
    return [*cloud, *(roles[role] for role in ROLES), *colours.groups]


def number_of(role: Role) -> int:
    """A role's place in `styles_of`."""
    return FIRST_ROLE + ROLES.index(role)


def _cloud(scene: Scene, window: Window, width: int, height: int, *, braille: bool) -> Canvas:
    canvas = Canvas.blank(width, height)
    raster = scatter(scene.items.points, window, width, height)
    canvas.dots(raster, 1 + _levels(raster), braille=braille)
    if scene.grouped:
        _sort(canvas, scene, window, raster)
    return canvas


def _levels(raster: Raster) -> npt.NDArray[np.int64]:
    """0, 1 or 2 a cell: on a logarithmic scale up to the fullest."""
    most = int(raster.counts.max(initial=1))
    share = np.log(np.maximum(raster.counts, 1)) / np.log(most + 1)
    return np.minimum(LEVELS - 1, share * LEVELS).astype(np.int64)


def _sort(canvas: Canvas, scene: Scene, window: Window, raster: Raster) -> None:
    """In each cell the sign of the category that most of its items have, if it is one of the large ones."""
    height, width = canvas.characters.shape
    points, groups = scene.items.points, scene.items.groups
    number = len(scene.items.group_names)
    each = [scatter(points[groups == group], window, width, height).counts for group in range(number)]
    if not each:
        return
    counts = np.stack([*each, raster.counts - sum(each)])
    leading = counts.argmax(axis=0)
    for group in range(number):
        canvas.fill((raster.counts > 0) & (leading == group), GROUP_SIGNS[group], FIRST_GROUP + group)


def _lines(canvas: Canvas, scene: Scene, window: Window, *, braille: bool) -> None:
    height, width = canvas.characters.shape
    newest = [mark.item - 1 for mark in scene.marks if mark.kind in ("history", "newest")][:JOINED]
    walked = scene.trail.points[: scene.index + 1]
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


def _marks(canvas: Canvas, scene: Scene, window: Window) -> None:
    """One over the other, the most important last."""
    height, width = canvas.characters.shape
    rows = np.array([mark.item - 1 for mark in scene.marks], dtype=np.int64)
    places = window.dots(scene.items.points[rows], width, height) // (ACROSS, DOWN)
    cells: list[tuple[int, int]] = [(int(column), int(row)) for column, row in places.tolist()]
    for (column, row), mark in reversed(list(zip(cells, scene.marks, strict=True))):
        canvas.put(column, row, *mark_sign(mark))
    here = window.dots(scene.trail.points[scene.index : scene.index + 1], width, height)[0] // (ACROSS, DOWN)
    canvas.put(int(here[0]), int(here[1]), sign_of(HERE), number_of("here"))
    if scene.picked is not None:
        point = scene.items.points[scene.picked - 1 : scene.picked]
        column, row = (int(place) for place in window.dots(point, width, height)[0] // (ACROSS, DOWN))
        mark = next((mark for mark in scene.marks if mark.item == scene.picked), None)
        canvas.put(column, row, mark_sign(mark)[0] if mark else sign_of(ITEM), number_of("picked"))


def sign_of(which: int) -> str:
    return (SIGNS if symbols().braille else ASCII_SIGNS)[which]


def mark_sign(mark: Mark) -> tuple[str, int]:
    """The sign of a mark, and its style."""
    if mark.kind == "target":
        return symbols().star, number_of("target")
    if mark.kind == "top":
        return PLACES[min(mark.place, len(PLACES)) - 1], number_of("top")
    if mark.kind == "newest":
        return sign_of(NEWEST), number_of("newest")
    return sign_of(OLD), number_of("old")
