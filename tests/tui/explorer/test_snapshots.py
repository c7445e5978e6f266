"""Every view, at three sizes and in both themes, as it was when somebody last looked at it.

`pytest tests/tui/explorer/test_snapshots.py --update-snapshots` writes the files of `snapshots/` anew; what
changed of the explorer is then to be read in the difference.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from difflib import unified_diff
from functools import cache
from pathlib import Path
from unittest.mock import patch

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import Input

from diffurec.run import Run
from diffurec_tui.app import ExplorerApp, Opened
from diffurec_tui.theme.palette import THEMES
from diffurec_tui.widgets import text as signs
from tests.helpers import make_run
from tests.tui.explorer.handmade import make_dataset
from tests.tui.explorer.pictures import Picture, picture, shown, written
from tests.tui.explorer.staged import StagedEngine

FOLDER = Path(__file__).with_name("snapshots")
UPDATE = "run pytest tests/tui/explorer/test_snapshots.py --update-snapshots and look at the difference"
Size = tuple[int, int]
SIZES: tuple[Size, ...] = ((80, 24), (120, 40), (200, 60))
TERMINAL = {"LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}
NOT_SET = ("DIFFUREC_ASCII", "NO_COLOR")
QUICK = 0.004
"""Seconds after which Textual looks again whether all is drawn; nothing here waits for a thread."""


@dataclass(frozen=True)
class State:
    """How to come to what is drawn from the state before it, and how to leave it."""

    name: str
    keys: str
    """Textual's names, with spaces between; `type:` goes before what is typed."""
    after: str = ""


STATES = (
    State("users-hint", "", "escape"),
    State("users", "down down down down"),
    State("users-filter", "slash type:miss_len>5", "escape"),
    State("users-order", "o o o o", "O o o"),
    State("own-history", "i type:emoji_|_千と千尋_|_i20_|_nowhere_|_voyage_=>_comet", "ctrl+u escape"),
    State("walk-hint", "home down down down down down down enter", "escape"),
    State("walk", "L L l l"),
    State("help", "question_mark", "escape"),
    State("palette", "ctrl+p type:walk down", "escape"),
    State("jump", "g type:2", "escape"),
    State("dials", "d right right right", "r escape"),
    State("why", "y"),
    State("why-attention", "y y", "y"),
    State("tree", "f s h f T", "escape"),
    State("pinned", "P s x", "x P"),
    State("editing", "w up up x", "0 escape"),
    State("diversity", "2 escape"),
    State("diversity-pinned", "P"),
    State("diversity-compared", "n", "P p"),
    State("map", "3 escape tab tab"),
    State("map-clouds", "backspace m N N", "C"),
    State("map-categories", "b c", "a"),
    State("map-tsne", "T"),
)


CASES = [(state.name, size) for size in SIZES for state in STATES]
"""Size by size, so that side by side processes draw few of them twice."""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Size], dict[str, str]]:
    """All pictures of a size, by state: the states follow each other in one app for each theme."""
    folder = tmp_path_factory.mktemp("snapshots")
    run = make_run(folder / "run", make_dataset(folder / "data"))

    @cache
    def of_size(size: Size) -> dict[str, str]:
        dark, light = (asyncio.run(go_through(run, size, theme.name)) for theme in THEMES)
        return {name: written(dark[name], light[name]) for name in dark}

    return of_size


@pytest.mark.parametrize(("state", "size"), CASES, ids=lambda one: one if isinstance(one, str) else told(one))
def test_it_looks_as_it_did(
    state: str, size: Size, pictures: Callable[[Size], dict[str, str]], request: pytest.FixtureRequest
):
    now, path = pictures(size)[state], file_of(state, size)
    if request.config.getoption("--update-snapshots"):
        path.write_text(now, encoding="utf-8")
    if not path.exists():
        pytest.fail(f"there is no {path.name}: {UPDATE}", pytrace=False)
    before = path.read_text(encoding="utf-8")
    if before != now:
        lines = unified_diff(before.splitlines(), now.splitlines(), "as it was", "as it is now", lineterm="")
        pytest.fail("\n".join([f"{path.name} is another: if this is meant, {UPDATE}", *lines]), pytrace=False)


def test_no_snapshot_is_left_over(request: pytest.FixtureRequest):
    left = {path.name for path in FOLDER.iterdir()} - {file_of(*case).name for case in CASES}
    if request.config.getoption("--update-snapshots"):
        for name in left:
            (FOLDER / name).unlink()
    else:
        assert not left, UPDATE


def test_the_text_of_both_themes_is_one():
    one, other = (Picture((text,), (("plain",),)) for text in "ab")
    with pytest.raises(ValueError, match="row 0"):
        written(one, other)


def test_how_a_picture_is_written():
    strip = Strip(
        [
            Segment("★ x", Style(color="#ffffff", bgcolor="#000000", bold=True)),
            Segment("  ", Style(color="#123456", bgcolor="#000000")),
            Segment("映", Style(color="#ffffff", bgcolor="#222222", reverse=True)),
            Segment("  ", Style(bgcolor="#222222")),
        ]
    )
    one = picture([strip, strip])
    assert one.text == ("★ x  映",) * 2
    assert written(one, one).split("\n") == [
        "★ x  映",
        "★ x  映",
        "",
        "styles",
        "    dark                        light",
        " a  bold #ffffff on #000000     bold #ffffff on #000000",
        " b  reverse #ffffff on #222222  reverse #ffffff on #222222",
        " c  on #222222                  on #222222",
        "",
        "rows",
        "  0-1  a5 b2 c2",
        "",
    ]


def told(size: Size) -> str:
    return f"{size[0]}x{size[1]}"


def file_of(state: str, size: Size) -> Path:
    return FOLDER / f"{state}-{told(size)}.txt"


async def go_through(run: Run, size: tuple[int, int], theme: str) -> dict[str, Picture]:
    found: dict[str, Picture] = {}
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, TERMINAL))
        for name in NOT_SET:
            os.environ.pop(name, None)
        stack.enter_context(patch("diffurec_tui.app.Engine", StagedEngine))
        stack.enter_context(patch.object(Input, "_toggle_cursor", lambda self: None))
        for kept in (signs.symbols, signs.clean):
            kept.cache_clear()
            stack.callback(kept.cache_clear)
        stack.enter_context(patch("textual._wait.SLEEP_GRANULARITY", QUICK))
        stack.enter_context(patch("textual._wait.SLEEP_IDLE", QUICK / 10))
        stack.enter_context(patch("diffurec_tui.screens.picturing.is_installed", lambda: True))
        app = ExplorerApp(Opened(run, run.dataset(), theme=theme, hints=True))
        app.animation_level = "none"
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            for state in STATES:
                await press(pilot, state.keys)
                app.clear_notifications()
                found[state.name] = await at_rest(pilot, app)
                await press(pilot, state.after)
    return found


async def press(pilot: Pilot[None], keys: str) -> None:
    for key in keys.split():
        _, typed, text = key.partition("type:")
        if typed:
            pilot.app.screen.query_one(Input).value = text.replace("_", " ")
        else:
            await pilot.press(key)
        await pilot.pause()


async def at_rest(pilot: Pilot[None], app: ExplorerApp) -> Picture:
    """What is on screen once nothing moves any more."""
    before, now = None, shown(app)
    while now != before:
        await pilot.pause()
        before, now = now, shown(app)
    return picture(now)
