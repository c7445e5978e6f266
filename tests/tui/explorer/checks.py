"""A place in the explorer, and what checks of its actions ask of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from textual.pilot import Pilot

from diffurec_tui.app import ExplorerApp
from diffurec_tui.screens.map import MapScreen
from diffurec_tui.screens.walk import WalkScreen
from diffurec_tui.snapshots import WalkSpec
from diffurec_tui.widgets.dials import Dials
from diffurec_tui.widgets.history_editor import HistoryEditor
from tests.tui.explorer.conftest import walked
from tests.tui.explorer.maps import until

WAYS = {
    "users": (),
    "walk": ("enter", "1"),
    "diversity": ("enter", "2"),
    "map": ("enter", "3"),
    "metrics": ("4",),
    "jobs": ("5",),
    "dials": ("enter", "1", "d"),
    "dials of the draws": ("enter", "2", "d"),
    "edit": ("enter", "1", "w"),
}


class At:
    """One place of a running app: keys are pressed there."""

    def __init__(self, app: ExplorerApp, pilot: Pilot[None], place: str) -> None:
        self.app, self.pilot, self.place = app, pilot, place

    async def home(self) -> None:
        """Be in the place, wherever the last check ended."""
        app = self.app
        if not self.is_here:
            for _ in range(4):
                if app.screen is app.users and app.focused is app.users.list:
                    break
                await self.pilot.press("escape")
            assert app.screen is app.users
            app.users.list.go_to(self.user_with_long_history)
            way = WAYS[self.place]
            await self.pilot.press(*way[:2])
            if not self.is_here:  # the dials and the editor stay open where one left them
                await self.pilot.press(*way[2:])
        if app.screen is app.jobs:
            await self.until(lambda: len(app.jobs.jobs) > 1 and not app.jobs.under_way)
        elif app.screen is not app.metrics:
            await walked(app, self.pilot)
        if app.screen is app.map:
            await until(self.pilot, lambda: app.map.map.scene is not None)
        elif app.screen is app.diversity:
            await self.drawn()
        assert self.is_here

    @property
    def user_with_long_history(self) -> int:
        return 1 + int(np.argmax(self.app.index.lengths[1:-2]))

    @property
    def is_here(self) -> bool:
        screen, editing = self.app.screen, self.app.walk.is_mounted and self.app.walk.mode
        dialing = self.app.diversity.dialing
        return {
            "users": screen is self.app.users and self.app.focused is self.app.users.list,
            "walk": screen is self.app.walk and editing == "walk",
            "dials": screen is self.app.walk and editing == "dials",
            "edit": screen is self.app.walk and editing == "edit",
            "map": screen is self.app.map,
            "metrics": screen is self.app.metrics,
            "jobs": screen is self.app.jobs and not self.app.jobs.has_class("log"),
            "diversity": screen is self.app.diversity and not dialing,
            "dials of the draws": screen is self.app.diversity and dialing,
        }[self.place]

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def walk(self, *keys: str) -> None:
        """Press, and wait for the walk that was asked for."""
        await self.pilot.press(*keys)
        await walked(self.app, self.pilot)

    async def drawn(self) -> None:
        """Wait for all draws that were asked for."""
        await until(self.pilot, lambda: self.app.diversity.sampling.ready is not None)

    async def until(self, holds: Callable[[], object]) -> None:
        await until(self.pilot, holds)

    async def changed(self, of: Callable[[], object], *keys: str) -> None:
        """Press, and wait until something is not what it was."""
        before = of()
        await self.press(*keys)
        await self.until(lambda: of() != before)

    @property
    def spec(self) -> WalkSpec:
        assert self.app.spec is not None
        return self.app.spec

    @property
    def history(self) -> tuple[int, ...]:
        return self.spec.case.history

    @property
    def user(self) -> int:
        """The user under the cursor of the list."""
        user = self.app.users.list.user
        assert user is not None
        return user

    @property
    def stepped(self) -> WalkScreen | MapScreen:
        view = self.app.screen
        assert isinstance(view, (WalkScreen, MapScreen))
        return view

    @property
    def dials(self) -> Dials:
        return self.app.screen.query_one(Dials)

    @property
    def editor(self) -> HistoryEditor:
        return self.app.screen.query_one(HistoryEditor)

    def said(self) -> str:
        return " ".join(one.message for one in self.app._notifications)

    async def written(self, *keys: str) -> Path:
        """Press, and wait for a file in the current folder."""
        before = set(Path.cwd().glob("*.json"))
        await self.press(*keys)
        await self.until(lambda: set(Path.cwd().glob("*.json")) - before)
        (new,) = set(Path.cwd().glob("*.json")) - before
        return new
