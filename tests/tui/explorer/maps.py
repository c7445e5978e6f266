"""What the tests of the map share."""

from __future__ import annotations

from collections.abc import Callable

from textual.pilot import Pilot

from diffurec_tui.app import ExplorerApp
from diffurec_tui.widgets.canvas import Canvas
from diffurec_tui.widgets.raster import Window
from diffurec_tui.widgets.scatter import Scatter
from diffurec_tui.widgets.scene import Scene


async def until(pilot: Pilot[None], holds: Callable[[], object], seconds: float = 30) -> None:
    """Wait until something holds and is drawn."""
    for _ in range(int(seconds / 0.02)):
        if holds():
            break
        await pilot.pause(0.02)
    else:
        raise AssertionError(f"it does not hold after {seconds} s")
    await pilot.pause()


async def mapped(app: ExplorerApp, pilot: Pilot[None]) -> Scatter:
    """Go to the map, and wait until it is drawn."""
    await pilot.press("3")
    await until(pilot, lambda: app.map.is_mounted and app.map.map.scene is not None)
    return app.map.map


def scene(app: ExplorerApp) -> Scene:
    assert app.map.map.scene is not None
    return app.map.map.scene


def picture(widget: Scatter) -> Canvas:
    assert widget.scene is not None
    return widget.draw(widget.scene, *widget.size)


def window(widget: Scatter) -> Window:
    assert widget.scene is not None
    return widget.seen(widget.scene, *widget.size)


def found(widget: Scatter, role: int) -> int:
    """Cells painted in a style."""
    return int((picture(widget).styles == role).sum())
