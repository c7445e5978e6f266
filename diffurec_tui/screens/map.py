"""The map: where all items lie, and how a walk comes from noise to one of them."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from diffurec.inspection.frames import Lens
from diffurec_tui.keymap import keymap_of
from diffurec_tui.keys import Scope, bindings
from diffurec_tui.mapping import Trail, marks_of
from diffurec_tui.reading import States
from diffurec_tui.screens.scrubbing import Scrubbing
from diffurec_tui.screens.view import ViewScreen
from diffurec_tui.snapshots import Subject
from diffurec_tui.widgets.footer import Footer, keys_of
from diffurec_tui.widgets.header import Header
from diffurec_tui.widgets.map_notes import Explained, Noted, PointNote
from diffurec_tui.widgets.ranking import Step, TopK
from diffurec_tui.widgets.scatter import ZOOM, Scatter, Scene
from diffurec_tui.widgets.text import symbols
from diffurec_tui.widgets.timeline import Timeline

MORE = ("pan_left", "colour", "view_walk")
"""Actions that the footer of a small terminal has no room for."""
SIDE_WIDTH, LOW = 110, 14
"""From how many columns on there is a list beside the map, and below how many rows no frame around it."""


class MapScreen(Scrubbing, ViewScreen):
    """It goes along the walk in step with the walk screen, and computes nothing but a projection."""

    BINDINGS = bindings("map")
    scope: Scope = "map"

    def __init__(self) -> None:
        super().__init__()
        self.lens: Lens = "x_t"
        self.picked: int | None = None
        self.grouped = False
        self._trail: Trail | None = None

    def compose(self) -> ComposeResult:
        yield Header(id="header")
        with Horizontal(id="map-body"):
            with Vertical(id="map-frame"):
                yield Scatter(id="map")
                yield PointNote(id="note")
            with Vertical(id="map-side"):
                yield TopK("x_t", id="map-list")
                yield Explained(id="explained")
        yield Timeline(id="timeline")
        yield Footer("map")

    def on_mount(self) -> None:
        actions = keymap_of(self).available("map")
        more = (f"{keys_of(action)} {action.label}" for action in actions if action.id in MORE)
        self.query_one("#map-frame").border_subtitle = f" {symbols().dot} ".join(more)

    def on_screen_resume(self) -> None:
        walk = self.explorer.walk
        self.index, self.lens, self.speed = walk.index, walk.lens, walk.speed

    def on_screen_suspend(self) -> None:
        self.pause()

    def on_resize(self) -> None:
        width, height = self.size
        self.set_class(width < SIDE_WIDTH, "narrow")
        self.set_class(height < LOW, "low")
        self.query_one("#map-list").styles.height = self.explorer.opened.top_k + 3
        self.show()

    # Drawing.

    def show(self) -> None:
        app, states = self.explorer, self.states
        app.walk.index, app.walk.lens, app.walk.speed = self.index, self.lens, self.speed
        lens_name = "x_t" if self.lens == "x_t" else symbols().x_0_hat
        self.query_one(Header).show(app.facts, app.subject, app.seed, f"lens {lens_name}")
        if states is None or app.subject is None:
            self._say(
                app.trouble or f"{'walking' if app.model_read else 'loading the model'}{symbols().more}"
            )
            self.show_timeline(None, app.remedy if app.trouble else "")
            return
        self._show_list(states, app.subject)
        self._show_map(states, app.subject)

    def _say(self, message: str) -> None:
        self.query_one(Scatter).say(message)
        self.query_one(PointNote).show(None)
        self.query_one(Explained).show(None)
        self.query_one(TopK).say("")

    def _show_map(self, states: States, subject: Subject) -> None:
        app = self.explorer
        items, index = app.item_map, self.shown
        frame = self.query_one("#map-frame")
        frame.border_title = f"{app.facts.num_items:,} items and the walk in two dimensions"
        if items is None:
            failed = "the weights hold NaN or infinity: there is nothing to draw"
            self.query_one(Scatter).say(failed if app.map_failed else f"finding the plane{symbols().more}")
            self.show_timeline(states, "")
            return
        if self._trail is None or not self._trail.is_of(states, self.lens, items):
            self._trail = Trail.of(states, self.lens, items)
        marks = marks_of(states, index, self.lens, subject, app.facts.max_len)
        scene = Scene(self._trail, index, marks, self.picked, self.grouped)
        self.query_one(Scatter).show(scene)
        noted = Noted(scene, app.names)
        self.query_one(PointNote).show(noted, brief=not self.has_class("narrow"))
        self.query_one(Explained).show(noted)
        self.show_timeline(states, self._travelled(self._trail, index))

    def _travelled(self, trail: Trail, index: int) -> str:
        """How far the state is from where it ends."""
        if not trail.states.trajectory.complete:
            return f"walking{symbols().more} {trail.states.last}/{trail.states.num_steps}"
        left, whole = trail.to_the_end(index), trail.to_the_end(0)
        what = "x_t" if self.lens == "x_t" else symbols().x_0_hat
        return f"{what} is {left:.2f} away from where the walk ends; it began {whole:.2f} away"

    def _show_list(self, states: States, subject: Subject) -> None:
        panel, index = self.query_one(TopK), self.shown
        panel.lens = self.lens
        step = Step(
            ranking=states.ranking(index, self.lens),
            before=states.ranking(index - 1, self.lens) if index else None,
            target=subject.case.target,
            seen=frozenset(subject.case.history),
            final=states.final if states.trajectory.complete else frozenset(),
            t=states.t(index),
        )
        panel.show(step, self.explorer.names)

    # Looking around.

    @property
    def map(self) -> Scatter:
        return self.query_one(Scatter)

    def action_lens(self) -> None:
        self.lens = "x_0_hat" if self.lens == "x_t" else "x_t"
        self.show()

    def action_zoom_in(self) -> None:
        self.map.zoom(ZOOM)

    def action_zoom_out(self) -> None:
        self.map.zoom(1 / ZOOM)

    def action_fit_all(self) -> None:
        self.map.fit_all()

    def action_centre(self) -> None:
        self.map.centre()

    def action_pan_left(self) -> None:
        self.map.pan(-1, 0)

    def action_pan_right(self) -> None:
        self.map.pan(1, 0)

    def action_pan_up(self) -> None:
        self.map.pan(0, 1)

    def action_pan_down(self) -> None:
        self.map.pan(0, -1)

    def action_colour(self) -> None:
        self.grouped = not self.grouped
        items = self.explorer.item_map
        if self.grouped and items is not None and not items.group_names:
            self.grouped = False
            self.notify("the items have no categories", timeout=3)
        self.show()

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
            self.picked = items[(items.index(self.picked) + by) % len(items)]
        else:
            self.picked = items[0 if by > 0 else -1]
        self.show()

    def action_unpick(self) -> None:
        self.picked = None
        self.show()

    def pick(self, item: int) -> None:
        """Pick any item, and look at where it lies."""
        self.picked = item
        self.show()
        self.map.centre_on(item)

    @on(Scatter.Picked)
    def _picked(self, event: Scatter.Picked) -> None:
        self.picked = event.item
        self.show()
