"""The list of users, a filter over it, and a glance at the one under the cursor."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.geometry import Size
from textual.timer import Timer
from textual.widgets import Input

from diffurec.inspection.cases import Case
from diffurec_tui import walking
from diffurec_tui.keys import Scope, bindings
from diffurec_tui.screens.along import AlongUsers
from diffurec_tui.snapshots import NumberedNames, Own
from diffurec_tui.widgets.footer import Footer
from diffurec_tui.widgets.header import Header
from diffurec_tui.widgets.history import History
from diffurec_tui.widgets.ranking import Step, TopK
from diffurec_tui.widgets.text import clean, spelled
from diffurec_tui.widgets.user_filter import Query, parse
from diffurec_tui.widgets.user_index import Ordering, Tally, UserIndex
from diffurec_tui.widgets.user_list import UserList
from diffurec_tui.widgets.user_summary import UserSummary

if TYPE_CHECKING:
    from diffurec_tui.own_history import Reader

PATIENCE_SECONDS = 0.06
"""For which the cursor rests on a user before the walk begins: who scrolls has the frames to himself."""
RANK_REFRESH_SECONDS = 0.5
MOST_SHARE = 1 / 20
"""Of the time, that finding anew what depends on ranks may take."""
NARROW, WIDE = 90, 160
"""Columns below which there is no glance, and from which on the list has all the room it can use."""


class UsersScreen(AlongUsers):
    """Filter as one types; enter opens."""

    BINDINGS = bindings("users")
    AUTO_FOCUS = "#list"
    scope: Scope = "users"

    def __init__(self, index: UserIndex) -> None:
        super().__init__()
        self.index = index
        self.query_: Query = Query()
        self.ordering = Ordering()
        self.tally = Tally(0, 0, 0, 0)
        self._reader: Reader | None = None
        self._own: dict[Case, Own] = {}
        """Histories of one's own so far."""
        self._stale: Timer | None = None
        self._patience = RANK_REFRESH_SECONDS

    def compose(self) -> ComposeResult:
        yield Header(id="header")
        with Horizontal(id="users"):
            with Vertical(id="found"):
                yield Input(
                    placeholder="part of an id, len>20, rank<=10, miss",
                    id="filter",
                    select_on_focus=False,
                )
                yield UserSummary(id="summary")
                yield UserList(self.index, id="list")
            with Vertical(id="glance"):
                yield History(id="history")
                yield TopK("x_0_hat", id="recommended", title="Recommended")
        yield Footer("users")

    def on_mount(self) -> None:
        self._arrange(self.app.size)  # before the first frame, not after it
        self.query_one("#found").border_title = "Users"
        self._highlight()

    @property
    def list(self) -> UserList:
        return self.query_one(UserList)

    def on_resize(self) -> None:
        self._arrange(self.size)

    def _arrange(self, size: Size) -> None:
        self.set_class(size.width < NARROW, "narrow")
        self.set_class(size.width >= WIDE, "wide")
        self.set_class(size.height < 14, "short")

    def on_screen_resume(self) -> None:
        self.explorer.greet(self.scope)
        spec = self.explorer.spec
        if spec is not None and isinstance(spec.user, int):
            self.list.go_to(spec.user)
        self._highlight()  # after a history of one's own, the user under the cursor

    # What arrives.

    def users_read(self) -> None:
        if self.drawable:
            self._filter()

    def ranks_arrived(self) -> None:
        """Draw new ranks, and now and then find anew what depends on them."""
        if not self.drawable:
            return
        self.list.refresh()
        if self._stale is None:
            self._stale = self.set_timer(self._patience, self._ranks_settled)

    def _ranks_settled(self) -> None:
        self._stale = None
        if not self.drawable:
            return
        began = time.perf_counter()
        if self.query_.on_walks or self.ordering.by in ("rank", "lock"):
            self._filter()
        else:
            self._summarise()
        self._patience = max(RANK_REFRESH_SECONDS, (time.perf_counter() - began) / MOST_SHARE)

    def show(self) -> None:
        """Draw what the app holds."""
        app = self.explorer
        subject = app.subject
        turned = "" if app.spec is None else spelled(walking.turned(app.spec.view))
        self.query_one(Header).show(app.facts, None, app.seed, changes=(turned,) if turned else ())
        self._show_summary()
        self.query_one(History).show(subject, app.names, app.facts.max_len)
        recommended = self.query_one(TopK)
        if app.trajectory is not None and app.trajectory.complete and subject is not None:
            ranking, case = app.trajectory.frames[-1].x_0_hat, subject.case
            step = Step(ranking, None, case.target, frozenset(case.history), frozenset(), None)
            recommended.show(step, app.names)
        else:
            recommended.say(app.trouble or ("walking" if app.model_read else "loading the model"))
        self.list.use_names(app.names)

    # What one does.

    def start_filter(self) -> None:
        self.query_one("#filter").focus()

    def filter_by(self, text: str) -> None:
        """Show the users that a query leaves."""
        query = parse(text)
        if query != self.query_:
            self.query_ = query
            self._filter()

    def action_choose(self) -> None:
        user = self.list.user
        if user is not None:
            self._open(user)

    def action_order(self) -> None:
        self._order_by(self.ordering.next())

    def action_order_back(self) -> None:
        self._order_by(self.ordering.reversed())

    def _order_by(self, ordering: Ordering) -> None:
        self.ordering = ordering
        self._filter()
        self.list.action_to(0)  # what one asked for is at the top

    def action_own(self) -> None:
        from diffurec_tui.own_history import Reader
        from diffurec_tui.screens.own_history import OwnHistoryScreen

        app = self.explorer
        if isinstance(app.names, NumberedNames):
            self.notify("the titles are not read yet", timeout=3)
            return
        if self._reader is None or self._reader.items is not app.names:
            self._reader = Reader(app.names, app.facts.num_items, app.titles)

        def typed(own: Own | None) -> None:
            if own is not None:
                number = len(self._own) + 1
                name = own.name if number == 1 else f"{own.name} {number}"
                app.open_user(self._own.setdefault(own.case, replace(own, name=name)))

        app.push_screen(OwnHistoryScreen(self._reader, app.facts.max_len), typed)

    def action_clear(self) -> None:
        self.query_one(Input).value = ""
        self.list.focus()

    @on(Input.Changed, "#filter")
    def _typed(self, event: Input.Changed) -> None:
        self.filter_by(event.value)

    @on(Input.Submitted, "#filter")
    def _typed_enough(self) -> None:
        self.list.focus()

    @on(UserList.Highlighted)
    def _highlighted(self) -> None:
        self._highlight()

    @on(UserList.Chosen)
    def _chosen(self, event: UserList.Chosen) -> None:
        self._open(event.user)

    @on(UserList.Ordered)
    def _ordered(self, event: UserList.Ordered) -> None:
        again = event.order == self.ordering.by
        self._order_by(self.ordering.reversed() if again else Ordering(event.order))

    def _highlight(self) -> None:
        user = self.list.user
        if user is not None and self.explorer.view is None:
            self.explorer.ask(user, patience=PATIENCE_SECONDS)
        self.explorer.look_at(self.list.visible_users())
        self.list.refresh()
        self.show()

    def _open(self, user: int) -> None:
        self.explorer.open_user(user)

    def _filter(self) -> None:
        self.list.show_rows(self.index.rows(self.query_, self.ordering), self.ordering)
        self.explorer.look_at(self.list.visible_users())
        self._summarise()

    def _summarise(self) -> None:
        self.tally = self.index.tally(self.list.rows)
        self._show_summary()

    def _show_summary(self) -> None:
        spec = self.explorer.spec
        self.query_one(UserSummary).show(
            self.tally,
            len(self.index),
            self.ordering,
            self._trouble(),
            turned=spec is not None and walking.turned(spec.view) != "",
        )

    def _trouble(self) -> str:
        """Why the filter finds nobody, or is not what was meant."""

        if self.query_.trouble or self.tally.found:
            return self.query_.trouble
        nobody = next((one for one in self.query_.fragments if not self.index.any_id_has(one)), None)
        if nobody is not None:
            return f"no id contains {clean(nobody)}; other words are hit and miss"
        everybody = self.index.tally()
        if self.query_.on_walks and everybody.known < everybody.wanted:
            return f"none of the {everybody.known:,} users ranked so far"
        return "no such user"

    def step(self, by: int) -> int | None:
        """Move to the next or previous user of the list."""
        return self.list.step(by)

    def look_at_user(self, user: int) -> None:
        """The list has told that its cursor moved."""
