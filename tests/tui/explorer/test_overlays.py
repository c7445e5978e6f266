"""Keys and clicks that come faster than what lies over a view is there, or gone."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events

from diffurec_tui.screens.overlay import Overlay
from diffurec_tui.screens.picking import Matches
from tests.tui.explorer.conftest import exploring
from tests.tui.explorer.random_input import key_of


@pytest.mark.parametrize("opens", ["go_to", "command_palette", "help"])
async def test_keys_that_come_before_it_is_there(run_path: Path, opens: str):
    async with exploring(run_path) as (app, pilot):
        for keys in (("up", "pagedown"), ("up", "escape", "escape"), ("escape",)):
            getattr(app, f"action_{opens}")()
            assert isinstance(app.screen, Overlay)
            assert not app.screen.is_mounted
            for key in keys:
                await app._check_bindings(key, priority=True)
            await pilot.pause()
            await pilot.press("escape")
            assert app.screen is app.users


@pytest.mark.parametrize("opens", ["go_to", "command_palette", "help"])
async def test_it_may_be_closed_before_it_is_there(run_path: Path, opens: str):
    async with exploring(run_path) as (app, pilot):
        getattr(app, f"action_{opens}")()
        assert isinstance(app.screen, Overlay)
        app.screen.dismiss()
        app.screen.dismiss()
        await pilot.pause()
        assert app.screen is app.users


async def test_a_click_picks_what_was_there_when_it_came(run_path: Path):
    async with exploring(run_path) as (app, pilot):
        await pilot.press("ctrl+p")
        matches = app.screen.query_one(Matches)
        place = next(number for number, one in enumerate(matches.entries) if one.id == "app.theme")
        before = app.theme
        matches.on_click(events.Click(matches, 3, place, 0, 0, 1, False, False, False))
        matches.show((), "typed in between")
        await pilot.pause()
        assert app.theme != before
        assert app.screen is app.users


async def test_keys_after_the_one_that_quits_do_nothing(run_path: Path):
    async with exploring(run_path) as (app, _):
        await app.run_action("quit")
        assert app.return_code == 0
        await app.on_event(key_of("ctrl+p"))
        assert app.screen is app.users


@pytest.mark.parametrize("opens", ["app.go_to", "app.command_palette", "app.help", "own"])
async def test_the_program_may_end_while_one_is_being_opened(run_path: Path, opens: str):
    async with exploring(run_path) as (app, _):
        await app.users.run_action(opens)
        assert isinstance(app.screen, Overlay)
        app.exit()
    assert app._exception is None
