"""Looking around on the map: nearer, farther, elsewhere, from mark to mark."""

from __future__ import annotations

from textual import on

from diffurec_tui.screens.view import ViewScreen
from diffurec_tui.widgets.scatter import ZOOM, Scatter


class Looking(ViewScreen):
    """Where one looks on the map, which item is picked and which one the mouse is on."""

    def __init__(self) -> None:
        super().__init__()
        self.picked: int | None = None
        self.hovered: int | None = None

    @property
    def map(self) -> Scatter:
        return self.query_one(Scatter)

    def show_notes(self) -> None:
        """Tell what is read now; the map stays as it is."""
        raise NotImplementedError

    def action_zoom_in(self) -> None:
        self.map.zoom(ZOOM)

    def action_zoom_out(self) -> None:
        self.map.zoom(1 / ZOOM)

    def action_fit_all(self) -> None:
        self.map.fit_all()

    def action_centre(self) -> None:
        if self.map.scene is not None:
            self.map.look_at(self.map.scene.near_extent())

    def action_pan_left(self) -> None:
        self.map.pan(-1, 0)

    def action_pan_right(self) -> None:
        self.map.pan(1, 0)

    def action_pan_up(self) -> None:
        self.map.pan(0, 1)

    def action_pan_down(self) -> None:
        self.map.pan(0, -1)

    def action_mark_next(self) -> None:
        self._go_round(1)

    def action_mark_back(self) -> None:
        self._go_round(-1)

    def _go_round(self, by: int) -> None:
        scene = self.map.scene
        items = list(dict.fromkeys(mark.item for mark in scene.marks)) if scene else []
        if not items:
            return
        if self.picked in items:
            self._pick(items[(items.index(self.picked) + by) % len(items)])
        else:
            self._pick(items[0 if by > 0 else -1])

    def action_unpick(self) -> None:
        self._pick(None)

    def _pick(self, item: int | None) -> None:
        """Keys and clicks go before where the mouse happens to be."""
        self.picked, self.hovered = item, None
        self.show()

    def pick(self, item: int) -> None:
        """Pick any item, and look at where it lies."""
        self._pick(item)
        self.map.centre_on(item)

    def look_at_item(self, item: int) -> None:
        """An item was clicked in the list beside the map: pick it, or let go of it."""
        self._pick(None if item == self.picked else item)

    @on(Scatter.Picked)
    def _picked(self, event: Scatter.Picked) -> None:
        self._pick(event.item)

    @on(Scatter.Hovered)
    def _hovered(self, event: Scatter.Hovered) -> None:
        self.hovered = event.item
        self.show_notes()
