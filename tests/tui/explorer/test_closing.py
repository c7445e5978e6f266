"""What the engine's thread tells comes at any time: also when no widget is there yet, or any more."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.message import Message

from diffurec_tui.messages import Failed, TitlesRead
from diffurec_tui.snapshots import NumberedNames
from tests.tui.explorer.conftest import exploring


@pytest.mark.parametrize("view", [None, "1", "2", "3"])
async def test_what_is_told_while_the_app_closes_is_passed_over(run_path: Path, view: str | None):
    told: list[Message] = []
    late: list[str] = []
    async with exploring(run_path, user=None if view is None else 5) as (app, pilot):
        app.engine._post = lambda message: (told.append(message), app.post_message(message))[1]
        app.action_reload()
        await pilot.press(*([] if view is None else [view]))
        for _ in range(400):
            await pilot.pause(0.02)
            if {"ModelRead", "Walked", "Mapped", "Ranked"} <= {type(one).__name__ for one in told}:
                break
        close_all = app._close_all

        async def close_and_tell() -> None:
            assert app.engine.stop(5)
            await close_all()
            assert not app.is_running
            again = {type(one): one for one in told}
            again |= {TitlesRead: TitlesRead(NumberedNames()), Failed: Failed("no more")}
            for message in again.values():
                late.append(type(message).__name__)
                message._prevent.clear()
                app.post_message(message)
            await asyncio.sleep(0.05)

        app._close_all = close_and_tell
    assert {"ModelRead", "Walked", "Mapped", "Ranked", "TitlesRead", "Failed"} <= set(late)
    assert view != "2" or "Drawn" in late
    assert app.trouble == "no more", "they were taken, and nothing was drawn"
    assert app._exception is None


async def test_a_view_that_is_not_mounted_yet_is_not_drawn(run_path: Path):
    async with exploring(run_path) as (app, pilot):
        assert app.users.drawable
        app.open_user(5)
        assert app.view is app.walk
        assert not app.walk.drawable
        app.refresh_view()
        await pilot.pause()
        assert app.walk.drawable
