"""What each view says on the screen of a small terminal: its main keys, and no half words."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from diffurec_tui.keys import ACTIONS, Scope, available
from diffurec_tui.screens.users import UsersScreen
from diffurec_tui.theme.palette import PLAIN
from diffurec_tui.widgets.footer import keys_of
from diffurec_tui.widgets.text import whole
from diffurec_tui.widgets.user_index import Tally
from diffurec_tui.widgets.user_summary import UserSummary
from tests.helpers import make_dataset, make_run, small_config
from tests.tui.explorer.conftest import exploring, screen_text, walked

MAIN: dict[Scope, tuple[str, ...]] = {
    "users": ("enter open", "o O order", "g go to", "/ filter", "} { next miss"),
    "walk": ("←→ step", "s seed", "P compare", "space play", "d dials", "12345 views"),
    "diversity": ("m M walks", "s seed", "P compare", "k K length", "d dials", "12345 views"),
    "map": ("←→ step", "s seed", "tab mark", "zZ zoom", "space play", "12345 views"),
    "metrics": ("enter large", "←→ read", "tab next plot", "s smooth", "x axis", "y log"),
    "jobs": ("n new", "s stop", "R resume", "l log", "enter open", "esc back"),
    "dials": ("↑↓ dial", "←→ turn", "0 reset", "r reset all", "esc close"),
    "edit": ("↑↓ item", "x remove", "a add", "r replace", "esc close", "0 reset"),
}
"""In this order, and then how to get help and out."""
OPENED = {"users": "u", "walk": "1", "diversity": "2", "map": "3", "metrics": "4", "jobs": "5", "dials": "d",
          "edit": "w"}  # fmt: skip


@pytest.mark.parametrize("scope", MAIN)
async def test_a_view_says_its_main_keys_at_80_columns(run_path: Path, scope: Scope):
    async with exploring(run_path, user=5, size=(80, 24)) as (app, pilot):
        await pilot.press(OPENED[scope])
        footer = screen_text(app)[-1]
        places = re.split(" {2,}", footer.strip())
        assert tuple(places[: len(MAIN[scope])]) == MAIN[scope]
        assert places[-2:] == ["? help", "q quit"]
        offered = {f"{keys_of(action)} {action.label}" for action in available(scope)}
        assert set(places) <= offered, "no place is cut"


@pytest.mark.parametrize("width", [40, 75, 120])
async def test_no_key_is_cut_at_any_width(run_path: Path, width: int):
    async with exploring(run_path, user=5, size=(width, 24)) as (app, pilot):
        for scope in ("walk", "diversity", "map", "metrics", "jobs", "users"):
            await pilot.press(OPENED[scope])
            rows = screen_text(app)
            offered = {f"{keys_of(action)} {action.label}" for action in available(scope)}
            assert set(re.split(" {2,}", rows[-1].strip())) <= offered, scope
            if scope == "map":
                (border,) = [row for row in rows if "WASD pan" in row and "╰" in row]
                told = border[border.index("─ ") + 2 : border.rindex(" ─╯")].split(" · ")
                assert set(told) <= offered


def test_one_word_for_one_thing():
    words: dict[str, set[str]] = defaultdict(set)
    for action in ACTIONS:
        if action.id in ("pin", "dials", "export", "dials_close", "edit_leave", "dial_reset", "edit_restore"):
            meaning = {"edit_leave": "dials_close", "edit_restore": "dial_reset"}.get(action.id, action.id)
            words[meaning].add(action.label)
    assert {meaning: len(labels) for meaning, labels in words.items()} == dict.fromkeys(words, 1)


async def test_a_click_on_one_of_several_keys_does_what_that_key_does(run_path: Path):
    async with exploring(run_path, user=5, size=(80, 24)) as (app, pilot):
        for key, screen in (("3", app.map), ("2", app.diversity), ("1", app.walk)):
            start = screen_text(app)[-1].index("12345 views")
            await pilot.click("#footer", offset=(start + int(key) - 1, 0))
            assert app.screen is screen, key
        start = screen_text(app)[-1].index("←→ step")
        await pilot.click("#footer", offset=(start + 1, 0))
        await pilot.click("#footer", offset=(start + 4, 0))
        assert app.walk.index == 2
        await pilot.click("#footer", offset=(start, 0))
        assert app.walk.index == 1


async def test_dials_are_told_of_in_every_view(run_path: Path):
    async with exploring(run_path, user=5, size=(80, 24)) as (app, pilot):
        await pilot.press("d", "right", "escape")
        await walked(app, pilot)
        for key in ("1", "2", "3", "u"):
            await pilot.press(key)
            assert "seed 0 · λ ×2" in screen_text(app)[0], key
        assert isinstance(app.screen, UsersScreen)
        await ranked(app, pilot)
        assert "test HR@10" in screen_text(app)[3]
        assert "ranks without the dials" in screen_text(app)[3]
        await pilot.press("enter", "d", "r", "escape", "u")
        assert "dials" not in screen_text(app)[3]
        assert "seen ranked" in screen_text(app)[3]
        assert "λ ×" not in screen_text(app)[0]


@pytest.mark.parametrize(("left_out", "word"), [(False, "ranked"), (True, "left out")])
async def test_whose_hit_rate_it_is(tmp_path: Path, left_out: bool, word: str):
    config = small_config()
    config = replace(config, train=replace(config.train, exclude_seen=left_out))
    run = make_run(tmp_path / "run", make_dataset(tmp_path / "data"), config)
    async with exploring(run.path, user=5, size=(120, 40)) as (app, _):
        assert f"val HR@10 8.9, seen {word}" in screen_text(app)[0]


async def ranked(app, pilot) -> None:
    for _ in range(500):
        if "test HR@10" in screen_text(app)[3] and "so far" not in screen_text(app)[3]:
            return
        await pilot.pause(0.02)


def test_whole_parts():
    parts = ("one", "two", "three")
    assert whole(parts, 99) == "one · two · three"
    assert whole(parts, 16) == "one · two"
    assert whole(parts, 9) == "one · two"
    assert whole(parts, 8) == "one"
    assert whole(parts, 2) == "o…"
    assert all(cell_len(whole(parts, width)) <= width for width in range(20))


def test_of_a_million_users_the_rate_and_the_progress_stay():
    summary = UserSummary()
    summary.tally = Tally(1_000_000, 999_999, 123_456, 12_345)
    summary.total = 1_000_000
    line = summary.first_line(76, PLAIN).plain
    assert line == " 1,000,000 users · test HR@10 so far 10.0 % · ranked 123,456/999,999"
    summary.turned = True
    line = summary.first_line(76, PLAIN).plain
    assert line == " 1,000,000 users · test HR@10 so far 10.0 % · ranks without the dials"
    assert "12,345 hits" in summary.first_line(120, PLAIN).plain
