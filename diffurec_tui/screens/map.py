"""The map: where all items lie, how a walk comes from noise to one of them, and where others would end."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message

from diffurec.inspection.frames import Lens
from diffurec_tui.clouds import Clouds
from diffurec_tui.colouring import KINDS, By, Colouring
from diffurec_tui.export import map_snapshot
from diffurec_tui.jobs.clouds import CloudJob
from diffurec_tui.jobs.colours import ColourJob
from diffurec_tui.keymap import keymap_of
from diffurec_tui.keys import Scope, bindings
from diffurec_tui.mapping import ItemMap, Trail, marks_of
from diffurec_tui.messages import Clouded, Coloured, Fitted, Fitting, Placed
from diffurec_tui.reading import States
from diffurec_tui.screens.picturing import Picturing
from diffurec_tui.screens.scrubbing import Scrubbing
from diffurec_tui.snapshots import Subject
from diffurec_tui.widgets.footer import Footer, keys_of
from diffurec_tui.widgets.header import Header
from diffurec_tui.widgets.map_notes import Explained, Noted, PointNote
from diffurec_tui.widgets.ranking import Step, TopK
from diffurec_tui.widgets.scatter import Scatter
from diffurec_tui.widgets.scene import Scene
from diffurec_tui.widgets.text import symbols, whole
from diffurec_tui.widgets.timeline import Timeline

MORE = ("pan_left", "cloud_more", "cloud_other", "tsne", "colour", "centre", "fit_all")
"""Actions that the footer of a small terminal has no room for."""
SIDE_WIDTH, LOW = 110, 14
"""From how many columns on there is a list beside the map, and below how many rows no frame around it."""
SIDE = 46
"""Columns of that list, as in the style sheet."""


class MapScreen(Scrubbing, Picturing):
    """It goes along the walk in step with the walk screen; what takes long is left to the engine's thread."""

    BINDINGS = bindings("map")
    scope: Scope = "map"

    def __init__(self, clouds: Clouds) -> None:
        super().__init__()
        self.clouds = clouds
        self.lens: Lens = "x_t"
        self.by: By = "nothing"
        self._colourings: dict[By, Colouring | None] = {}
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

    def on_screen_resume(self) -> None:
        walk = self.explorer.walk
        self.index, self.lens, self.speed = walk.index, walk.lens, walk.speed

    def on_screen_suspend(self) -> None:
        self.pause()
        self.map.let_go()
        self.explorer.engine.drop(CloudJob.kind)
        self.clouds.pause()

    def on_resize(self) -> None:
        width, height = self.size
        self.set_class(width < SIDE_WIDTH, "narrow")
        self.set_class(height < LOW, "low")
        self.query_one("#map-list").styles.height = self.explorer.opened.top_k + 3
        keys = (keymap_of(self).action(f"map.{name}") for name in MORE)
        more = (f"{keys_of(action)} {action.label}" for action in keys)
        frame = width - (SIDE if width >= SIDE_WIDTH else 0) - 6
        self.query_one("#map-frame").border_subtitle = whole(more, frame)
        self.show()

    def forget(self) -> None:
        """Other weights: what was computed says nothing of them."""
        self.clouds.forget()
        self._colourings.clear()
        self.forget_picture()

    def take(self, message: Message) -> None:
        """What the engine's thread computed for the map."""
        items = self.explorer.item_map
        if isinstance(message, Clouded):
            self.clouds.take(message.spec, message.vectors)
        elif isinstance(message, Coloured) and items is not None and items.vectors is message.vectors:
            self._colourings[message.by] = message.colouring
        elif isinstance(message, (Fitting, Fitted, Placed)):
            self.take_picture(message)
        if self.is_current:
            self.show()

    # Drawing.

    def show(self) -> None:
        app, states = self.explorer, self.states
        app.walk.index, app.walk.lens, app.walk.speed = self.index, self.lens, self.speed
        lens_name = "x_t" if self.lens == "x_t" else symbols().x_0_hat
        self.query_one(Header).show(app.facts, app.subject, app.seed, f"lens {lens_name}", *app.told)
        if self.is_current:
            self.draw_clouds()
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
        items = self.items
        frame = self.query_one("#map-frame")
        how = "by t-SNE" if items is not None and not items.quick else "in two dimensions"
        title = f"{app.facts.num_items:,} items and the walk {how}"
        if frame.border_title != title:
            frame.border_title = title
        if items is None:
            failed = "the weights hold NaN or infinity: there is nothing to draw"
            self.query_one(Scatter).say(failed if app.map_failed else f"finding the plane{symbols().more}")
            self.show_timeline(states, "")
            return
        scene = self._scene(states, subject, items)
        self.map.show(scene)
        self.show_notes()
        self.show_timeline(states, self._travelled(scene.trail, scene.index))

    def _scene(self, states: States, subject: Subject, items: ItemMap) -> Scene:
        app = self.explorer
        if self._trail is None or not self._trail.is_of(states, self.lens):
            self._trail = Trail.of(states, self.lens)
        places = self.places(items)
        clouds = self.clouds.shown(app.spec) if app.spec is not None else ()
        finished = (cloud.vectors for cloud in clouds if cloud.complete)
        self.place((self._trail.vectors, *finished))
        return Scene(
            items=items,
            trail=self._trail,
            walked=places.of(self._trail.vectors),
            index=self.shown,
            marks=marks_of(states, self.shown, self.lens, subject, app.facts.max_len),
            picked=self.picked,
            colouring=self._colourings.get(self.by),
            clouds=clouds,
            samples=tuple(places.of(cloud.vectors) for cloud in clouds),
        )

    def show_notes(self) -> None:
        scene = self.map.scene
        if scene is None:
            return
        read = self.picked if self.hovered is None else self.hovered
        noted = Noted(scene, self.explorer.names, read, self._doing(scene))
        self.query_one(PointNote).show(noted, brief=not self.has_class("narrow"))
        self.query_one(Explained).show(noted)

    def _doing(self, scene: Scene) -> str:
        if self.fitting is not None:
            return self.told_of_fit
        drawn = sum(len(cloud.vectors) for cloud in scene.clouds)
        spec = self.explorer.spec
        wanted = self.clouds.number * len(self.clouds.specs(spec)) if spec is not None else 0
        return f"drawing samples{symbols().more} {drawn:,}/{wanted:,}" if drawn < wanted else ""

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

    # What one does.

    def action_lens(self) -> None:
        self.lens = "x_0_hat" if self.lens == "x_t" else "x_t"
        self.show()

    def action_colour(self) -> None:
        items = self.explorer.item_map
        if items is None:
            return
        self.by = KINDS[(KINDS.index(self.by) + 1) % len(KINDS)]
        if self.by == "category" and not any(items.categories):
            self.by = "popularity"
        if self.by != "nothing" and self.by not in self._colourings:
            self.explorer.engine.ask(ColourJob(items, self.by))
        self.show()

    async def action_export(self) -> None:
        app, scene = self.explorer, self.map.scene
        walked = self.walked
        if scene is None or walked is None:
            self.notify("nothing to export yet", timeout=3)
            return
        size = (self.map.size.width, self.map.size.height)
        seen = self.map.seen(scene, *size)
        await self.export(map_snapshot, app.facts, walked, scene, seen, size, app.names)
