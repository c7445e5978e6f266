"""A walk: history, top-k step by step, curves, and the line from noise to item."""

from __future__ import annotations

from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.timer import Timer

from diffurec.errors import UserError
from diffurec.inspection.frames import Lens
from diffurec_tui.export import snapshot, write_snapshot
from diffurec_tui.keys import Scope, bindings
from diffurec_tui.reading import States, note, other_series, rank_series
from diffurec_tui.screens.arrange import arrange
from diffurec_tui.screens.step_prompt import StepPrompt
from diffurec_tui.screens.view import ViewScreen
from diffurec_tui.snapshots import Subject
from diffurec_tui.widgets.curves import Curves, Series
from diffurec_tui.widgets.footer import Footer
from diffurec_tui.widgets.header import Header
from diffurec_tui.widgets.history import History
from diffurec_tui.widgets.ranking import Step, TopK
from diffurec_tui.widgets.text import symbols
from diffurec_tui.widgets.timeline import Position, Timeline

PATIENCE_SECONDS = 0.15
STEPS_A_SECOND = 8.0
SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)


class WalkScreen(ViewScreen):
    """Every key of the walk moves an index into frames that are there; nothing is computed here."""

    BINDINGS = bindings("walk")
    scope: Scope = "walk"

    def __init__(self) -> None:
        super().__init__()
        self.index = 0
        self.lens: Lens = "x_t"
        self.speed = 1.0
        self.player: Timer | None = None
        self._states: States | None = None
        self._drawn: tuple[States, Lens, tuple[Series, ...], str] | None = None

    def compose(self) -> ComposeResult:
        yield Header(id="header")
        with Container(id="body"):
            yield History(id="history")
            with Container(id="main"):
                with Container(id="lists"):
                    yield TopK("x_t", id="x_t")
                    yield TopK("x_0_hat", id="x_0_hat")
                with Container(id="curves"):
                    yield Curves(id="rank")
                    yield Curves(id="rest")
        yield Timeline(id="timeline")
        yield Footer("walk")

    def on_mount(self) -> None:
        self.query_one("#rank").border_title = "Rank of the true next item"
        self.query_one("#rest").border_title = "On the way"

    def on_screen_suspend(self) -> None:
        self._pause()

    def on_resize(self) -> None:
        arrange(self, self.explorer.opened.top_k)
        self.show()

    # Drawing.

    @property
    def states(self) -> States | None:
        """The walk, state by state."""
        trajectory = self.explorer.trajectory
        if trajectory is None:
            return None
        if self._states is None or self._states.trajectory is not trajectory:
            self._states = States(trajectory)
        return self._states

    @property
    def shown(self) -> int:
        """Number of the state on screen: the one wanted, or the last there is as yet."""
        return min(self.index, self.states.last) if self.states else 0

    def show(self) -> None:
        """Draw what the app holds, at the state the cursor is on."""
        app = self.explorer
        subject, states = app.subject, self.states
        lens_name = "x_t" if self.lens == "x_t" else symbols().x_0_hat
        self.query_one(Header).show(app.facts, subject, app.seed, f"lens {lens_name}")
        self.query_one(History).show(subject, app.names, app.facts.max_len)
        if states is None or subject is None:
            if self._drawn is None or app.trouble:
                self._show_waiting()
            else:  # what is drawn stays for a moment: a walk is mostly there before one could read "walking"
                self.set_timer(PATIENCE_SECONDS, self._show_waiting)
            return
        self._show_lists(states, subject)
        self._show_curves(states)

    def _show_waiting(self) -> None:
        app = self.explorer
        if app.trajectory is not None:
            return
        self._drawn = None
        waiting = f"{'walking' if app.model_read else 'loading the model'}{symbols().more}"
        for panel in self.query(TopK):
            panel.set_class(panel.lens == self.lens, "chosen")
            panel.say(app.trouble or waiting)
        for curves in self.query(Curves):
            curves.show((), 0, 0)
        self._show_timeline(None, "r reads the newest weights" if app.trouble else waiting)

    def _show_lists(self, states: States, subject: Subject) -> None:
        index, seen = self.shown, frozenset(subject.case.history)
        for panel in self.query(TopK):
            panel.set_class(panel.lens == self.lens, "chosen")
            panel.show(
                Step(
                    ranking=states.ranking(index, panel.lens),
                    before=states.ranking(index - 1, panel.lens) if index else None,
                    target=subject.case.target,
                    seen=seen,
                    final=states.final if states.trajectory.complete else frozenset(),
                    t=states.t(index),
                ),
                self.explorer.names,
            )

    def _show_curves(self, states: States) -> None:
        if self._drawn is None or self._drawn[0] is not states or self._drawn[1] != self.lens:
            items = self.explorer.facts.num_items
            series = (rank_series(states, self.lens, items), *other_series(states, self.lens, items))
            self._drawn = (states, self.lens, series, note(states, self.explorer.facts))
        series, said = self._drawn[2:]
        count, index = states.num_steps + 1, self.shown
        apart = self.has_class("full")
        self.query_one("#rank", Curves).show(series[:1] if apart else series, count, index)
        self.query_one("#rest", Curves).show(series[1:], count, index)
        self._show_timeline(states, said)

    def _show_timeline(self, states: States | None, said: str) -> None:
        self.query_one(Timeline).show(
            Position(
                index=self.shown,
                num_steps=states.num_steps if states else self.explorer.facts.num_steps,
                there=states.last if states else 0,
                t=states.t(self.shown) if states else None,
                playing=self.player is not None,
                speed=self.speed,
                note=said,
            )
        )

    # Moving.

    @property
    def _last(self) -> int:
        """The state a walk ends in, whether it is there already or not."""
        return self.states.num_steps if self.states else self.explorer.facts.num_steps

    def _go(self, index: int) -> None:
        self._pause()
        self._go_on(index)

    def _go_on(self, index: int) -> None:
        self.index = min(self._last, max(0, index))
        self.show()

    def action_forward(self) -> None:
        self._go(self.index + 1)

    def action_back(self) -> None:
        self._go(self.index - 1)

    def action_forward_5(self) -> None:
        self._go(self.index + 5)

    def action_back_5(self) -> None:
        self._go(self.index - 5)

    def action_first(self) -> None:
        self._go(0)

    def action_last(self) -> None:
        self._go(self._last)

    def action_go_to(self) -> None:
        def go(step: int | None) -> None:
            if step is not None:
                self._go(step)

        self.app.push_screen(StepPrompt(self._last), go)

    @on(Timeline.Picked)
    def _timeline_picked(self, event: Timeline.Picked) -> None:
        self._go(event.index)

    @on(Curves.Picked)
    def _curves_picked(self, event: Curves.Picked) -> None:
        self._go(event.index)

    # Playing.

    def action_play(self) -> None:
        if self.player is not None:
            self._pause()
        else:
            if self.index >= self._last:
                self.index = 0
            self._play()
        self.show()

    def action_faster(self) -> None:
        self._set_speed(1)

    def action_slower(self) -> None:
        self._set_speed(-1)

    def _set_speed(self, by: int) -> None:
        place = SPEEDS.index(self.speed) + by
        self.speed = SPEEDS[min(len(SPEEDS) - 1, max(0, place))]
        if self.player is not None:
            self._pause()
            self._play()
        self.show()

    def _play(self) -> None:
        self.player = self.set_interval(1 / (STEPS_A_SECOND * self.speed), self._tick)

    def _pause(self) -> None:
        if self.player is not None:
            self.player.stop()
            self.player = None

    def _tick(self) -> None:
        if self.index >= self._last:
            self._pause()
            self.show()
        elif (
            self.states is not None and self.index < self.states.last
        ):  # else wait for what is not walked yet
            self._go_on(self.index + 1)

    # Everything else.

    def action_lens(self) -> None:
        self.lens = "x_0_hat" if self.lens == "x_t" else "x_t"
        self.show()

    def action_history_up(self) -> None:
        self.query_one(History).scroll_items(1)

    def action_history_down(self) -> None:
        self.query_one(History).scroll_items(-1)

    def step_user(self, by: int) -> None:
        self._pause()
        super().step_user(by)

    def action_export(self) -> None:
        app = self.explorer
        states = self.states
        if states is None or app.subject is None:
            self.notify("nothing to export yet", timeout=3)
            return
        value = snapshot(app.facts, app.subject, app.seed, states, self.shown, app.names)
        try:
            path = write_snapshot(Path.cwd(), value)
        except UserError as error:
            self.notify(str(error), severity="warning", markup=False)
            return
        self.notify(f"written to {path.name}", timeout=4, markup=False)
