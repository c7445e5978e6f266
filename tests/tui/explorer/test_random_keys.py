from __future__ import annotations

import random
from pathlib import Path

import pytest

from diffurec_tui.keys import ACTIONS
from tests.tui.explorer.conftest import exploring

OTHERS = ["a", "1", "9", "tab", "shift+tab", "backspace", "delete", "enter", "escape", "pageup", "pagedown",
          "up", "down", "j", "k", "ctrl+f", "f1", ">", "<", "space", "ctrl+e", "~", "é", "世"]  # fmt: skip
KEYS = [key for action in ACTIONS for key in action.keys.split(",") if action.id != "quit"] + OTHERS


async def press_at_random(path: Path, number: int, resizes: int, seed: int) -> None:
    choose = random.Random(seed)
    async with exploring(path) as (app, pilot):
        done, seen = 0, set[str]()
        for _ in range(resizes):
            await pilot.press("escape", "escape", "enter", choose.choice("123"))
            seen.add(type(app.screen).__name__)
            for _ in range(number // resizes):
                app.simulate_key(choose.choice(KEYS))
                done += 1
                if done % 50 == 0:
                    await pilot.pause()
            await pilot.resize_terminal(choose.randint(20, 300), choose.randint(5, 80))
            await pilot.pause()
        assert {"DiversityScreen", "MapScreen"} <= seen
        await pilot.press("escape", "escape", "escape")
        await pilot.press("q")
        await pilot.pause()
        assert app.return_code == 0
        assert app._exception is None


async def test_thousands_of_random_keys_and_fifty_resizes(
    run_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    await press_at_random(run_path, 2_500, 50, seed=0)


@pytest.mark.slow
async def test_ten_thousand_random_keys(run_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    await press_at_random(run_path, 10_000, 50, seed=7)
