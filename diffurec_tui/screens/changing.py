"""Changing a walk: every action asks the app for another spec, and the screen shows what the spec says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from textual import on

from diffurec_tui import walking
from diffurec_tui.keymap import keymap_of
from diffurec_tui.reading import States
from diffurec_tui.screens.arrange import arrange
from diffurec_tui.screens.dialing import Dialing
from diffurec_tui.screens.scrubbing import Scrubbing
from diffurec_tui.screens.title_search import TitleSearch
from diffurec_tui.screens.tree import TreeScreen
from diffurec_tui.snapshots import WalkSpec
from diffurec_tui.walk_tree import Branch, neighbour, shared_items, tree
from diffurec_tui.widgets.dials import Dials
from diffurec_tui.widgets.footer import Footer
from diffurec_tui.widgets.history import HeatColumn
from diffurec_tui.widgets.history_editor import HistoryEditor
from diffurec_tui.widgets.text import symbols
from diffurec_tui.widgets.walk_tree import Row, WalkTree

Mode = Literal["walk", "dials", "edit"]
Why = Literal["off", "top-1", "target", "attention"]


@dataclass(frozen=True, eq=False)
class Pinned:
    """A walk kept beside the one on screen."""

    spec: WalkSpec
    states: States
    by_hand: bool
    """Or else because the history was edited."""


class Changing(Dialing, Scrubbing):
    """Forks, dials, the pinned walk, the edited history and what explains it."""

    def __init__(self) -> None:
        super().__init__()
        self.mode: Mode = "walk"
        self.pinned: Pinned | None = None
        self.flipped = False
        """The pinned walk is in the place of the other, where there is room for one list."""
        self.why: Why = "off"

    # The noise.

    def _ask_for(self, spec: WalkSpec | None, otherwise: str) -> None:
        if spec is None:
            self.notify(otherwise, timeout=3)
        else:
            self.explorer.ask_for(spec)
            self.show()

    def action_fork(self) -> None:
        app = self.explorer
        if app.spec is not None:
            self.pause()
            forked = walking.fork(app.spec, self.shown, app.facts.num_steps)
            self._ask_for(forked, "the walk ends here: there is nothing left to draw")

    def action_previous_walk(self) -> None:
        self._go_among_walks(-1)

    def action_next_walk(self) -> None:
        self._go_among_walks(1)

    def _go_among_walks(self, by: int) -> None:
        app = self.explorer
        if app.spec is not None:
            found = neighbour(self.branches(), app.spec, by)
            self._go_to_walk(found, "the first walk seen" if by < 0 else "the last walk seen")

    def _go_to_walk(self, spec: WalkSpec | None, otherwise: str = "") -> None:
        self.pause()
        self._ask_for(spec, otherwise)

    def branches(self) -> tuple[Branch, ...]:
        """The walks seen of this user."""
        spec = self.explorer.spec
        if spec is None:
            return ()
        return tree(self.explorer.walks.of_user(spec.user), self.explorer.data_case(spec.user))

    def tree_rows(self) -> tuple[tuple[Row, ...], int | None]:
        """The tree as it is drawn, and the row of the walk on screen."""
        app, branches = self.explorer, self.branches()
        here = next((place for place, one in enumerate(branches) if one.spec == app.spec), None)
        shown = app.trajectory if app.trajectory is not None and app.trajectory.complete else None
        rows: list[Row] = []
        for one in branches:
            other = app.walks.peek(one.spec)
            shared = "" if shown is None or other is None else shared_items(shown, other)
            rows.append(Row(one.label, one.depth, shared))
        return tuple(rows), here

    def action_tree(self) -> None:
        branches = self.branches()

        def chosen(place: int | None) -> None:
            if place is not None:
                self._go_to_walk(branches[place].spec)

        if branches:
            self.app.push_screen(TreeScreen(*self.tree_rows()), chosen)

    @on(WalkTree.Chosen)
    def _walk_clicked(self, event: WalkTree.Chosen) -> None:
        branches = self.branches()
        if event.place < len(branches):
            self._go_to_walk(branches[event.place].spec)

    # One more item.

    def action_track(self) -> None:
        """Follow an item found by its title, or let go of the one followed."""
        if self.explorer.tracked is not None:
            self.explorer.track(None)
        else:
            self.find_title("Follow", self.explorer.track)

    # What has the keys.

    def set_mode(self, mode: Mode) -> None:
        """Give the keys to the dials, to the history, or back to the walk."""
        self.mode = self.scope = mode  # the palette offers what the keys do
        self.dialing = mode == "dials"
        self.query_one(Dials).open(mode == "dials")
        self.query_one(HistoryEditor).edit(mode == "edit")
        self.query_one(Footer).use(mode)
        self.rearrange()
        self.show()

    def rearrange(self) -> None:
        """Make room for what is open."""
        self.set_class(self.mode == "dials", "dialing")
        self.set_class(self.mode == "edit", "editing")
        self.set_class(self.why != "off", "why")
        arrange(self, self.explorer.opened.top_k)

    def open_dials(self, on: bool) -> None:
        self.set_mode("dials" if on else "walk")

    def action_edit(self) -> None:
        self.set_mode("walk" if self.mode == "edit" else "edit")

    # The pinned walk.

    def action_pin(self) -> None:
        if self.pinned is not None:
            self.unpin()
        elif not self._pin(by_hand=True):
            self.notify("the walk is not finished yet", timeout=3)
        self.show()

    def _pin(self, *, by_hand: bool) -> bool:
        app, states = self.explorer, self.states
        if app.spec is None or states is None or not states.trajectory.complete:
            return False
        self.pinned = Pinned(app.spec, states, by_hand)
        return True

    def unpin(self) -> None:
        self.pinned, self.flipped = None, False

    def action_flip(self) -> None:
        if self.pinned is None:
            key = keymap_of(self).key("walk.pin")
            key = keymap_of(self).key("walk.pin")
            self.notify(f"no walk is pinned: {key} pins this one", timeout=3, markup=False)
            return
        self.flipped = not self.flipped
        self.show()

    # The history.

    @on(HistoryEditor.Asked)
    def _history_asked(self, event: HistoryEditor.Asked) -> None:
        spec, place = self.explorer.spec, event.place
        if spec is None:
            return
        place = min(place, len(spec.case.history) - 1)  # keys come faster than what they change is drawn
        if event.change == "leave":
            self.set_mode("walk")
        elif event.change == "remove":
            self._edit(walking.remove(spec, place), place, "one item must stay")
        elif event.change in ("earlier", "later"):
            by = 1 if event.change == "later" else -1
            self._edit(walking.move(spec, place, by), place + by, "it is at the end already")
        elif event.change == "restore":
            data = self.explorer.data_case(spec.user)
            self._edit(walking.restore(spec, data), place, "")
            if self.pinned is not None and not self.pinned.by_hand:
                self.unpin()
                self.show()
        elif event.change == "add":
            self._search("Add", lambda now, item: walking.insert(now, place + 1, item), place + 1)
        else:
            self._search("Replace", lambda now, item: walking.substitute(now, place, item), place)

    def _search(self, what: str, change: Callable[[WalkSpec, int], WalkSpec], place: int) -> None:
        app = self.explorer
        asked_of = app.spec

        def found(item: int) -> None:
            if app.spec is not None and app.spec == asked_of:
                self._edit(change(app.spec, item), place, "")

        self.find_title(what, found)

    def find_title(self, what: str, then: Callable[[int], None]) -> None:
        """Let one choose an item by words of its title."""

        def found(item: int | None) -> None:
            if item is not None:
                then(item)

        self.app.push_screen(TitleSearch(self.explorer.titles, what), found)

    def _edit(self, spec: WalkSpec | None, place: int, otherwise: str) -> None:
        """Walk the edited history; the walk of the data's own is pinned, so that one sees the change."""
        app = self.explorer
        of_data = not app.edits
        if spec is not None and self.pinned is None and of_data and spec.case != app.data_case(spec.user):
            self._pin(by_hand=False)
        self._ask_for(spec, otherwise)
        if spec is not None:
            self.query_one(HistoryEditor).put_cursor(place)

    # Why.

    def action_why(self) -> None:
        order: tuple[Why, ...] = ("off", "top-1", "target", "attention")
        subject = self.explorer.subject
        self.why = order[(order.index(self.why) + 1) % len(order)]
        if self.why == "target" and (subject is None or subject.case.target is None):
            self.why = "attention"
        self.explorer.want_influence(self.why != "off")
        self.rearrange()
        self.show()

    @property
    def heat(self) -> HeatColumn | None:
        """What stands beside the history; without values until they are there."""
        if self.why == "off":
            return None
        heat = self.explorer.heat
        title = {"top-1": "why top-1", "target": f"why {symbols().star}", "attention": "attention"}[self.why]
        if heat is None:
            return HeatColumn(f"{title}{symbols().more}")
        values = {"top-1": heat.on_top, "target": heat.on_target, "attention": heat.attention}[self.why]
        return HeatColumn(title, values or (), share=self.why == "attention")

    def forget(self) -> None:
        """Another user, or other weights: nothing is kept beside."""
        self.unpin()
        if self.mode != "walk":
            self.set_mode("walk")
