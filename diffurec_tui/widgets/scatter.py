"""All items as a cloud of dots, and a walk in it: history, top-k, the true next item, and the trail."""

from __future__ import annotations

import math
import textwrap
from dataclasses import dataclass

import numpy as np
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.message import Message

from diffurec_tui.theme.palette import Palette
from diffurec_tui.widgets.canvas import Canvas
from diffurec_tui.widgets.map_layers import draw_clouds, draw_items, draw_lines, draw_marks
from diffurec_tui.widgets.map_signs import styles_of
from diffurec_tui.widgets.panel import Panel, to_row
from diffurec_tui.widgets.raster import ACROSS, DOWN, Points, Window, fitting, scatter
from diffurec_tui.widgets.scene import Scene
from diffurec_tui.widgets.text import clean, symbols

ZOOM, WHEEL = 1.5, 1.25
MOST_ZOOM, LEAST_ZOOM = 5_000.0, 0.25
"""How near and how far one may get, against the picture of everything."""
PAN = 0.2
"""Share of the picture a key moves it by."""
REACH = 2
"""Cells from the mouse within which an item is read."""


@dataclass
class Held:
    """The map in the grip of the mouse."""

    x: int
    y: int
    window: Window
    """What was seen when it was taken hold of."""
    moved: bool = False


class Scatter(Panel):
    """The map; the cloud is drawn once for each window and size."""

    class Picked(Message):
        """The item nearest to a click."""

        def __init__(self, item: int) -> None:
            super().__init__()
            self.item = item

    class Hovered(Message):
        """The item under the mouse, or none."""

        def __init__(self, item: int | None) -> None:
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
        self._hovered: int | None = None
        self._held: Held | None = None
        self._dragged = False
        """Whether the click that comes next is the end of a drag."""

    def show(self, scene: Scene) -> None:
        if scene.picked is not None and (self.scene is None or self.scene.picked != scene.picked):
            self._bring_in(scene, scene.picked)
        if self.scene is not None and self.scene.items is not scene.items:
            self.window = None  # another picture
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
        key = (scene.items, scene.trail, scene.known, width, height)
        if self._everything is None or self._everything[0] != key:
            self._everything = (key, fitting(scene.extent(), width, height))
        return self._everything[1]

    def fit_all(self) -> None:
        """Show everything."""
        self.window = None
        self.changed()

    def look_at(self, points: Points) -> None:
        """Look at these points from near by."""
        self.window = fitting(points, *self.size)
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
        if not (math.isfinite(x) and math.isfinite(y)):  # a state that is not placed yet
            x, y = seen.x, seen.y
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
            x, y = scene.walked[scene.index].tolist()
        return x, y

    def _bring_in(self, scene: Scene, item: int) -> None:
        """Move so that an item is inside."""
        width, height = self.size
        seen, point = self.seen(scene, width, height), scene.items.points[item - 1 : item]
        if not scatter(point, seen, width, height).counts.any():
            self.window = Window(float(point[0, 0]), float(point[0, 1]), seen.scale)

    # Drawing.

    def segments(self, width: int, height: int, colours: Palette, base: Style) -> list[list[Segment]]:
        if self.scene is None:
            lines = textwrap.wrap(clean(self.message), max(8, width - 4))[:height]
            above = [Text()] * ((height - len(lines)) // 2)
            texts = [*above, *(Text(f"  {line}", colours.text) for line in lines)]
            return [to_row(text, width, base) for text in texts]
        canvas = self.draw(self.scene, width, height)
        return canvas.segments(styles_of(colours), base)

    def draw(self, scene: Scene, width: int, height: int) -> Canvas:
        """The picture in `width` × `height` cells."""
        window, braille = self.seen(scene, width, height), symbols().braille
        key = (scene.items, window, width, height, scene.colouring, braille)
        if self._cloud is None or self._cloud[0] != key:
            self._cloud = (key, draw_items(scene, window, width, height, braille=braille))
        canvas = self._cloud[1].copy()
        draw_clouds(canvas, scene, window)
        draw_lines(canvas, scene, window, braille=braille)
        draw_marks(canvas, scene, window)
        return canvas

    # The mouse.

    def _point(self, event: events.MouseEvent) -> tuple[float, float] | None:
        offset = event.get_content_offset(self)
        if self.scene is None or offset is None:
            return None
        window = self.seen(self.scene, *self.size)
        return window.point(offset.x + 0.5, offset.y + 0.5, *self.size)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        self._dragged = False
        if self.scene is not None and event.button == 1:
            self._held = Held(event.screen_x, event.screen_y, self.seen(self.scene, *self.size))
            self.capture_mouse()

    def on_mouse_up(self) -> None:
        self._dragged = self._held is not None and self._held.moved
        self.let_go()

    def let_go(self) -> None:
        """Something else has come between the map and the mouse."""
        self.release_mouse()
        self._held = None

    def _drag(self, held: Held, event: events.MouseMove) -> None:
        """The point that was taken hold of stays under the mouse."""
        right, down = event.screen_x - held.x, event.screen_y - held.y
        if held.moved or right or down:
            held.moved = True
            self.window = held.window.moved(-right * ACROSS, down * DOWN)
            self.changed()

    def on_click(self, event: events.Click) -> None:
        if self._dragged:
            return
        point = self._point(event)
        if point is not None and self.scene is not None:
            self.post_message(self.Picked(self.scene.items.nearest(*point)))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._held is not None and event.button:
            self._drag(self._held, event)
        else:
            if self._held is not None:  # it was let go of before there was a grip
                self.let_go()
            self._hover(self._read(self._point(event)))

    def on_leave(self) -> None:
        self._hover(None)

    def _read(self, point: tuple[float, float] | None) -> int | None:
        """The item nearest to a point, if it is near on screen."""
        if point is None or self.scene is None:
            return None
        item, window = self.scene.items.nearest(*point), self.seen(self.scene, *self.size)
        right, up = self.scene.items.points[item - 1] - np.array(point)
        near = abs(right) < REACH * ACROSS * window.scale and abs(up) < REACH * DOWN * window.scale
        return item if near else None

    def _hover(self, item: int | None) -> None:
        if item != self._hovered:
            self._hovered = item
            self.post_message(self.Hovered(item))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self.zoom(WHEEL, self._point(event))
        event.stop()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self.zoom(1 / WHEEL, self._point(event))
        event.stop()
