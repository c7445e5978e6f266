"""A walk: history, top-k step by step, curves, and the line from noise to item."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Container

from diffurec.inspection.cases import Case
from diffurec.inspection.frames import Lens, Ranking, RankPaths, Trajectory
from diffurec_tui.export import snapshot
from diffurec_tui.keys import Scope, bindings
from diffurec_tui.reading import States, note
from diffurec_tui.screens.changing import Changing
from diffurec_tui.snapshots import Subject, User
from diffurec_tui.walk_plots import Followed, other_series, pinned_series, rank_series
from diffurec_tui.widgets.braille import same_place
from diffurec_tui.widgets.bump import Bump, BumpChart
from diffurec_tui.widgets.curves import Curves, Series
from diffurec_tui.widgets.dials import Dials
from diffurec_tui.widgets.footer import Footer
from diffurec_tui.widgets.header import Header
from diffurec_tui.widgets.history import History
from diffurec_tui.widgets.history_editor import HistoryEditor
from diffurec_tui.widgets.ranking import Step, TopK, Tracked
from diffurec_tui.widgets.text import symbols
from diffurec_tui.widgets.timeline import Timeline
from diffurec_tui.widgets.walk_tree import WalkTree

PATIENCE_SECONDS = 0.15


class WalkScreen(Changing):
    """Draws the walk that the app holds, beside the one that is pinned."""

    BINDINGS = bindings("walk")
    scope: Scope = "walk"

    def __init__(self) -> None:
        super().__init__()
        self.lens: Lens = "x_t"
        self._user: User | None = None
        self._drawn: tuple[tuple[object, ...], tuple[Series, ...], str] | None = None
        """What the curves were made of, the curves, and the note."""
        self._bump: tuple[Followed, Bump] | None = None
        self._tree_of: Trajectory | None = None
        """The walk for which the tree was drawn."""

    def compose(self) -> ComposeResult:
        yield Header(id="header")
        with Container(id="body"):
            with Container(id="past"):
                yield HistoryEditor(id="history")
                yield WalkTree(id="walks")
            with Container(id="main"):
                with Container(id="lists"):
                    yield TopK("x_t", id="x_t")
                    yield TopK("x_0_hat", id="x_0_hat")
                    yield TopK("x_t", id="pinned")
                with Container(id="curves"):
                    yield BumpChart(id="bump")
                    yield Curves(id="rest")
        yield Dials(id="dials")
        yield Timeline(id="timeline")
        yield Footer("walk")

    def on_mount(self) -> None:
        self.query_one("#walks").border_title = "Walks"
        self.query_one("#walks").border_subtitle = "shared"
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
        self._show_curves(states, subject)

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
        self.query_one(Curves).show((), 0, 0)
        self.query_one(BumpChart).show(None, 0)
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
            tracked = self._tracked(index, lens)
            step = step_of(states, lens, index, subject.case, other, tracked)
            panel = self.query_one(f"#{lens}", TopK)
            panel.note = self._beside(lens)
            panel.show(step, names)
        if self.pinned is not None:
            panel = self.query_one("#pinned", TopK)
            panel.note = "" if self.has_class("both") else f"{self._flip_key} the other walk"
            panel.prefix = f"Pinned {symbols().dot} "
            at, other = self._pinned_index(states), states.ranking(index, self.lens)
            panel.show(step_of(self.pinned.states, self.lens, at, self.pinned.spec.case, other), names)
        if self.explorer.trajectory is not self._tree_of:  # not for every step: it compares all walks
            self._tree_of = self.explorer.trajectory
            self.query_one(WalkTree).show(*self.tree_rows())

    @property
    def _paths(self) -> RankPaths | None:
        """Ranks of all items of the walk's lists, where they are there already."""
        spec = self.explorer.spec
        return None if spec is None else self.explorer.paths.get(spec)

    def _tracked(self, index: int, lens: Lens) -> Tracked | None:
        item, paths = self.explorer.tracked, self._paths
        if item is None:
            return None
        ranks = None if paths is None else paths.of(item, lens)
        if ranks is None:
            return Tracked(item, None, None)
        return Tracked(item, int(ranks[index]), int(ranks[index - 1]) if index else None)

    def _beside(self, lens: str) -> str:
        """Where there is no room for the pinned list: what the marks mean, and the key that shows it."""
        if self.pinned is None or self.has_class("both") or lens != self.lens:
            return ""
        return f"{symbols().differs} not in the pinned list, {self._flip_key} shows it"

    @property
    def _flip_key(self) -> str:
        return self.explorer.keymap.key("walk.flip")

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

    def _show_curves(self, states: States, subject: Subject) -> None:
        pinned = self.pinned.states if self.pinned is not None else None
        count, index, bumped = states.num_steps + 1, self.shown, self.has_class("bumped")
        drawn_of = (states, self.lens, pinned, bumped)
        if self._drawn is None or self._drawn[0] != drawn_of:
            items = self.explorer.facts.num_items
            series = list(other_series(states, self.lens, items))
            if not bumped:  # a bump chart has them
                beside = [] if pinned is None else [pinned_series(pinned, count, self.lens, items)]
                series = [rank_series(states, self.lens, items), *beside, *series]
            self._drawn = (drawn_of, tuple(series), note(states, self.explorer.facts, self._lambda_scale))
        series, said = self._drawn[1:]
        self.query_one(Curves).show(series, count, index)
        if bumped:
            self._show_bump(states, subject, pinned)
        self.show_timeline(states, said)

    def _show_bump(self, states: States, subject: Subject, pinned: States | None) -> None:
        app, chart, target = self.explorer, self.query_one(BumpChart), subject.case.target
        followed = Followed(
            states=states,
            lens=self.lens,
            items=tuple(states.ranking(self.shown, self.lens).items.tolist()),
            target=target,
            tracked=app.tracked,
            paths=self._paths,
            pinned=pinned,
            forks=() if app.spec is None else app.spec.forks,
        )
        if self._bump is None or self._bump[0] != followed:
            self._bump = followed, followed.bump(app.facts.num_items)
            star = "" if target is None else f" and {symbols().star}"
            chart.entitle(f"Ranks of this top-{len(followed.items)}{star}")
        chart.subtitle(self._rank_told(states, pinned))
        chart.show(self._bump[1], self.shown)

    def _rank_told(self, states: States, pinned: States | None) -> str:
        """Where the true next item is at the cursor, here and in the pinned walk."""
        rank = states.ranking(self.shown, self.lens).target_rank
        if rank is None:
            return ""
        told = f"{symbols().star} {rank:,}"
        if pinned is not None:
            other = pinned.ranking(self._pinned_index(states), self.lens).target_rank
            told += "" if other is None else f" {symbols().dot} pinned {other:,}"
        return told

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

    async def action_export(self) -> None:
        app = self.explorer
        walked = self.walked
        if self.states is None or walked is None:
            self.notify("nothing to export yet", timeout=3)
            return
        await self.export(snapshot, app.facts, walked, self.states, self.shown, app.names)


def step_of(
    states: States,
    lens: Lens,
    index: int,
    case: Case,
    beside: Ranking | None,
    tracked: Tracked | None = None,
) -> Step:
    """One state of a walk as a list shows it, and what it is shown beside."""
    return Step(
        ranking=states.ranking(index, lens),
        before=states.ranking(index - 1, lens) if index else None,
        target=case.target,
        seen=frozenset(case.history),
        final=states.final if states.trajectory.complete else frozenset(),
        t=states.t(index),
        beside=None if beside is None else frozenset(beside.items.tolist()),
        tracked=tracked,
    )
