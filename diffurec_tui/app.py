"""The explorer: its screens, and which of them takes what the engine's thread tells."""

from __future__ import annotations

import gc
from functools import cached_property
from typing import TYPE_CHECKING

from textual import on
from textual.screen import Screen

from diffurec_tui.beside import Beside
from diffurec_tui.jobs.map import MapJob
from diffurec_tui.jobs.ranks import RankJob
from diffurec_tui.jobs.walk import WalkJob
from diffurec_tui.messages import (
    Drawn,
    Failed,
    Influenced,
    MapMessage,
    Mapped,
    ModelRead,
    PathsFound,
    Ranked,
    TitlesRead,
    UsersRead,
    UsersSorted,
    Walked,
)
from diffurec_tui.screens.users import UsersScreen
from diffurec_tui.screens.view import ViewScreen
from diffurec_tui.snapshots import User
from diffurec_tui.walking import length
from diffurec_tui.watching import Opened
from diffurec_tui.widgets.text import clean, ellipsis, symbols

if TYPE_CHECKING:  # the first frame does without them
    from diffurec_tui.screens.diversity import DiversityScreen
    from diffurec_tui.screens.jump import Place
    from diffurec_tui.screens.map import MapScreen
    from diffurec_tui.screens.walk import WalkScreen

STOP_SECONDS = 0.5
MOST_PATHS = 64


class ExplorerApp(Beside):
    """Users, and the reverse walks of their histories."""

    TITLE = "diffurec"
    CSS_PATH = "theme/explorer.tcss"

    def __init__(self, opened: Opened) -> None:
        super().__init__(opened)
        self.on_screen: tuple[int, ...] = ()
        self.ranking = False
        self.users = UsersScreen(self.index)

    # The views of a user, made when they are first needed: importing them takes a tenth of a second.

    @cached_property
    def walk(self) -> WalkScreen:
        from diffurec_tui.screens.walk import WalkScreen

        return self.installed(WalkScreen(), "walk")

    @cached_property
    def diversity(self) -> DiversityScreen:
        from diffurec_tui.screens.diversity import DiversityScreen

        return self.installed(DiversityScreen(self.opened.top_k), "diversity")

    @cached_property
    def map(self) -> MapScreen:
        from diffurec_tui.clouds import Clouds
        from diffurec_tui.screens.map import MapScreen

        return self.installed(MapScreen(Clouds(self.data_case, self.index.name)), "map")

    def get_default_screen(self) -> Screen[None]:
        return self.users

    def on_mount(self) -> None:
        self.set_class(not symbols().braille, "ascii")
        if self.opened.user is not None:
            self.open_user(self.opened.user)
        self.call_after_refresh(self._first_frame_shown)

    def _first_frame_shown(self) -> None:
        """Only now the slow things."""
        gc.freeze()  # what is imported stays: collections need not look at it
        gc.enable()
        self.engine.start()

    def on_unmount(self) -> None:
        self.engine.stop(STOP_SECONDS)

    # What the screens ask for.

    def track(self, item: int | None) -> None:
        super().track(item)
        self.refresh_view()

    def follow(self, item: int) -> None:
        """Follow an item that is on screen, or let go of it."""
        if item == self.tracked:
            self.track(None)
        else:
            self.track(item)
            self._say_followed(item)

    def look_at(self, users: tuple[int, ...]) -> None:
        """Rank these users before others."""
        self.on_screen = users

    @property
    def view(self) -> ViewScreen | None:
        """The view of a user that lies above the list, if there is one."""
        return next((screen for screen in self.screen_stack if isinstance(screen, ViewScreen)), None)

    def open_user(self, user: User) -> None:
        """Show the walk of a user."""
        self.ask(user)
        if self.view is None:
            self.push_screen(self.walk)

    def show_view(self, view: ViewScreen) -> None:
        """Look at the same user in another way."""
        if self.screen is self.view and self.screen is not view:
            self.switch_screen(view)

    def close_user(self) -> None:
        """Back to the list."""
        if self.screen is self.view:
            self.pop_screen()

    def refresh_view(self) -> None:
        """Draw the screen on top anew."""
        screen = self.view or self.users
        if screen.drawable:
            screen.show()

    # What the engine's thread tells.

    @on(UsersRead)
    def _users_read(self, message: UsersRead) -> None:
        self.index.set_ids(message.ids, message.lower)
        self.users.users_read()
        self.refresh_view()
        self.call_after_refresh(lambda: (self.walk, self.diversity, self.map))  # before they are asked for

    @on(UsersSorted)
    def _users_sorted(self, message: UsersSorted) -> None:
        self.index.set_facts(message.by_id, message.targets, message.popularity)
        self.users.users_read()

    @on(TitlesRead)
    def _titles_read(self, message: TitlesRead) -> None:
        self.names = message.names
        self.refresh_view()

    @on(ModelRead)
    def _model_read(self, message: ModelRead) -> None:
        if not self.model_read:  # torch is here to stay: looking at it takes a tenth of a second
            gc.freeze()  # once: what is garbage by then stays as well
        self.facts, self.trouble = message.facts, ""
        self.index.forget_ends()
        self.diversity.forget()
        if self.spec is not None and self.model_read:  # the first model finds what was asked before it
            self.engine.ask(WalkJob(self.spec))
        self.model_read, self.ranking = True, False
        self.forget_walks()
        self.walk.unpin()
        self.map.forget()
        self.engine.ask(MapJob())
        self.refresh_view()

    @on(Failed)
    def _failed(self, message: Failed) -> None:
        self.trouble = message.reason
        self.refresh_view()

    @on(Walked)
    def _walked(self, message: Walked) -> None:
        if message.spec != self.spec:
            return
        self.trajectory, self.trouble = message.trajectory, ""
        if message.trajectory.complete:
            self.walks.put(message.spec, message.trajectory)
            self.ask_about_walk()
        self.refresh_view()
        if message.trajectory.complete and not self.ranking:  # the first walk goes before all ranks
            self.ranking = True
            self.engine.ask(RankJob(self.opened.seed, self.opened.top_k, lambda: self.on_screen))

    @on(Mapped)
    def _mapped(self, message: Mapped) -> None:
        self.item_map, self.map_failed = message.items, message.items is None
        if self.view is self.map:
            self.refresh_view()

    @on(MapMessage)
    def _for_the_map(self, message: MapMessage) -> None:
        self.map.take(message)

    @on(Drawn)
    def _drawn(self, message: Drawn) -> None:
        self.diversity.take(message.draws)

    @on(Ranked)
    def _ranked(self, message: Ranked) -> None:
        self.index.put_ends(message.users, message.ranks, message.locks)
        self.users.ranks_arrived()

    @on(PathsFound)
    def _paths_found(self, message: PathsFound) -> None:
        self.paths.put(message.spec, message.paths)
        if message.spec == self.spec:
            self.refresh_view()

    @on(Influenced)
    def _influenced(self, message: Influenced) -> None:
        self.heats.kept.put(message.spec, message.heat)
        self.refresh_view()

    # Actions that work everywhere.

    def action_reload(self) -> None:
        self.trouble = ""
        self.engine.reload()
        self.notify("reading the newest weights", timeout=2)

    def action_go_to(self) -> None:
        if self.on_top is not None:
            from diffurec_tui.screens.jump import JumpScreen

            last = None if self.spec is None else length(self.spec, self.facts.num_steps)
            self.push_screen(JumpScreen(last, self.index, self.titles), self._jump)

    def _jump(self, place: Place | None) -> None:
        """To a step in a view that has steps; to a user in the present view; to an item on the map."""
        if place is None:
            return
        if place.kind == "user":
            if self.view is None:
                self.open_user(place.number)
            else:
                self.users.list.go_to(place.number)
                self.ask(place.number)
        elif place.kind == "item":
            if self.view is self.map:
                self.map.pick(place.number)
            else:
                self.track(place.number)
                self._say_followed(place.number)
        elif self.spec is not None:
            from diffurec_tui.screens.scrubbing import Scrubbing

            if self.view is None:
                self.open_user(self.spec.user)
            elif not isinstance(self.view, Scrubbing):
                self.show_view(self.walk)
            stepped = self.view if isinstance(self.view, Scrubbing) else self.walk
            stepped.start_at(place.number)
        self.refresh_view()

    def _say_followed(self, item: int) -> None:
        """That an item is followed, where it is seen and how to let go: most views do not show it."""
        key, title = self.keymap.key, ellipsis(clean(self.names.name(item)), 40)
        there = self.view is not None and self.view is self.walk
        look = "views.view_walk" if self.view is not None else "users.choose"
        shows = "" if there else f"{key(look)} shows its rank, "
        said = f"the walk follows {title} now: {shows}{key('walk.track')} {'' if there else 'there '}lets go"
        self.notify(said, timeout=5, markup=False)

    def action_filter(self) -> None:
        self.close_user()
        self.users.start_filter()
