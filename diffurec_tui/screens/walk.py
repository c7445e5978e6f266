"""A walk: history, top-k step by step, curves, and the line from noise to item."""

from __future__ import annotations

from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Container

from diffurec.errors import UserError
from diffurec.inspection.cases import Case
from diffurec.inspection.frames import Lens, Ranking
from diffurec_tui.export import snapshot, write_snapshot
from diffurec_tui.keys import Scope, bindings
from diffurec_tui.reading import States, note, other_series, rank_series
from diffurec_tui.screens.changing import Changing
from diffurec_tui.snapshots import Subject
from diffurec_tui.widgets.braille import same_place
from diffurec_tui.widgets.curves import Curves, Series
from diffurec_tui.widgets.dials import Dials
from diffurec_tui.widgets.footer import Footer
from diffurec_tui.widgets.header import Header
from diffurec_tui.widgets.history import History
from diffurec_tui.widgets.history_editor import HistoryEditor
from diffurec_tui.widgets.ranking import Step, TopK
from diffurec_tui.widgets.text import symbols
from diffurec_tui.widgets.timeline import Timeline

PATIENCE_SECONDS = 0.15


class WalkScreen(Changing):
    """Draws the walk that the app holds, beside the one that is pinned."""

    BINDINGS = bindings("walk")
    scope: Scope = "walk"

    def __init__(self) -> None:
        super().__init__()
        self.lens: Lens = "x_t"
        self._user: int | None = None
        self._drawn: tuple[tuple[object, ...], tuple[Series, ...], str] | None = None

    def compose(self) -> ComposeResult:
        yield Header(id="header")
        with Container(id="body"):
            yield HistoryEditor(id="history")
            with Container(id="main"):
                with Container(id="lists"):
                    yield TopK("x_t", id="x_t")
                    yield TopK("x_0_hat", id="x_0_hat")
                    yield TopK("x_t", id="pinned")
                with Container(id="curves"):
                    yield Curves(id="rank")
                    yield Curves(id="rest")
        yield Dials(id="dials")
        yield Timeline(id="timeline")
        yield Footer("walk")

    def on_mount(self) -> None:
        self.query_one("#rank").border_title = "Rank of the true next item"
        self.query_one("#rest").border_title = "On the way"

    def on_screen_suspend(self) -> None:
        self.pause()

    def on_resize(self) -> None:
        self.rearrange()
        self.show()

    # Drawing.

    def show(self) -> None:
        """Draw what the app holds, at the state the cursor is on."""
        app = self.explorer
        subject, states = app.subject, self.states
        if subject is not None and subject.user != self._user:
            self._user = subject.user
            self.forget()
        self._show_header(subject)
        self.query_one(History).show(subject, app.names, app.facts.max_len, self.heat)
        if app.spec is not None:
            self.query_one(Dials).show(app.spec.view, app.facts.num_steps)
        if states is None or subject is None:
            if self._drawn is None or app.trouble:
                self._show_waiting()
            else:  # what is drawn stays for a moment: a walk is mostly there before one could read "walking"
                self.set_timer(PATIENCE_SECONDS, self._show_waiting)
            return
        self._show_lists(states, subject)
        self._show_curves(states)

    def _show_header(self, subject: Subject | None) -> None:
        app = self.explorer
        lens = f"lens {'x_t' if self.lens == 'x_t' else symbols().x_0_hat}"
        self.query_one(Header).show(app.facts, subject, app.seed, lens, *app.told)

    def _show_waiting(self) -> None:
        app = self.explorer
        if app.trajectory is not None:
            return
        self._drawn = None
        waiting = f"{'walking' if app.model_read else 'loading the model'}{symbols().more}"
        for panel in self.query(TopK):
            panel.say(app.trouble or waiting)
        self._choose_lists()
        for curves in self.query(Curves):
            curves.show((), 0, 0)
        self.show_timeline(None, app.remedy if app.trouble else waiting)

    def _choose_lists(self) -> None:
        """The list of the lens; where two fit, the pinned walk's or that of the other lens beside it."""
        pinned = self.query_one("#pinned", TopK)
        pinned.lens = self.lens
        both = self.has_class("both")
        for panel in self.query(TopK):
            if panel is pinned:
                shown = self.pinned is not None and (both or self.flipped)
            elif panel.lens == self.lens:
                shown = both or not self.flipped
            else:
                shown = both and self.pinned is None
            panel.set_class(shown, "shown")
            panel.set_class(panel is not pinned and panel.lens == self.lens, "chosen")

    def _show_lists(self, states: States, subject: Subject) -> None:
        self._choose_lists()
        index, names = self.shown, self.explorer.names
        for lens in ("x_t", "x_0_hat"):
            other = self._pinned_ranking(states) if lens == self.lens else None
            self.query_one(f"#{lens}", TopK).show(step_of(states, lens, index, subject.case, other), names)
        if self.pinned is not None:
            panel = self.query_one("#pinned", TopK)
            panel.prefix = f"Pinned {symbols().dot} "
            at, other = self._pinned_index(states), states.ranking(index, self.lens)
            panel.show(step_of(self.pinned.states, self.lens, at, self.pinned.spec.case, other), names)

    def _pinned_index(self, states: States) -> int:
        """The state of the pinned walk that goes with the one on screen."""
        assert self.pinned is not None
        return same_place(self.shown, states.num_steps, self.pinned.states.num_steps)

    def _pinned_ranking(self, states: States) -> Ranking | None:
        if self.pinned is None:
            return None
        return self.pinned.states.ranking(self._pinned_index(states), self.lens)

    @property
    def _lambda_scale(self) -> float:
        spec = self.explorer.spec
        return spec.view.walk.lambda_scale if spec is not None else 1.0

    def _show_curves(self, states: States) -> None:
        beside = self.pinned.states if self.pinned is not None else None
        drawn_of = (states, self.lens, beside)
        if self._drawn is None or self._drawn[0] != drawn_of:
            items = self.explorer.facts.num_items
            series = (rank_series(states, self.lens, items, beside), *other_series(states, self.lens, items))
            self._drawn = (drawn_of, series, note(states, self.explorer.facts, self._lambda_scale))
        series, said = self._drawn[1:]
        count, index = states.num_steps + 1, self.shown
        apart = self.has_class("full")
        self.query_one("#rank", Curves).show(series[:1] if apart else series, count, index)
        self.query_one("#rest", Curves).show(series[1:], count, index)
        self.show_timeline(states, said)

    # Everything else.

    def action_lens(self) -> None:
        self.lens = "x_0_hat" if self.lens == "x_t" else "x_t"
        self.show()

    def action_history_up(self) -> None:
        self.query_one(History).scroll_items(1)

    def action_history_down(self) -> None:
        self.query_one(History).scroll_items(-1)

    def look_at_user(self, user: int) -> None:
        self.pause()
        super().look_at_user(user)

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


def step_of(states: States, lens: Lens, index: int, case: Case, beside: Ranking | None) -> Step:
    """One state of a walk as a list shows it, and what it is shown beside."""
    return Step(
        ranking=states.ranking(index, lens),
        before=states.ranking(index - 1, lens) if index else None,
        target=case.target,
        seen=frozenset(case.history),
        final=states.final if states.trajectory.complete else frozenset(),
        t=states.t(index),
        beside=None if beside is None else frozenset(beside.items.tolist()),
    )
