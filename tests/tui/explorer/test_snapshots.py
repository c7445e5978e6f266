"""Every view, at three sizes and in both themes, as it was when somebody last looked at it.

`pytest tests/tui/explorer/test_snapshots.py --update-snapshots` writes the files of `snapshots/` anew; what
changed of the explorer is then to be read in the difference.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import ExitStack
from dataclasses import dataclass
from difflib import unified_diff
from itertools import chain
from pathlib import Path
from unittest.mock import patch

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import Input

from diffurec.run import Run
from diffurec_tui.app import ExplorerApp
from diffurec_tui.theme.palette import THEMES
from diffurec_tui.watching import Opened
from diffurec_tui.widgets import text as signs
from tests.helpers import make_run
from tests.tui.explorer.handmade import make_dataset
from tests.tui.explorer.pictures import Picture, picture, shown, written
from tests.tui.explorer.staged import StagedAttendant, StagedEngine
from tests.tui.explorer.trainings import write_metrics, write_other

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
    State("metrics-hint", "4", "escape"),
    State("metrics", "o s s tab left left left"),
    State("metrics-large", "enter y"),
    State("metrics-settings", "d", "escape"),
    State("jobs-hint", "5", "escape"),
    State("jobs", ""),
    State("jobs-failed", "down", "home"),
    State("jobs-log", "l", "l"),
)


def told(size: Size) -> str:
    return f"{size[0]}x{size[1]}"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("snapshots")
    run = make_run(folder / "run", make_dataset(folder / "data"))
    write_metrics(run.path)
    write_other(run.path, "other", learning_rate=0.1)
    return run


@pytest.mark.parametrize("size", SIZES, ids=told)
def test_every_view_looks_as_it_did(size: Size, run: Run, request: pytest.FixtureRequest):
    dark, light = (asyncio.run(go_through(run, size, theme.name)) for theme in THEMES)
    differences: dict[str, list[str]] = {}
    for state in STATES:
        now, path = written(dark[state.name], light[state.name]), file_of(state, size)
        if request.config.getoption("--update-snapshots"):
            path.write_text(now, encoding="utf-8")
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        lines = unified_diff(before.splitlines(), now.splitlines(), path.name, "now", lineterm="")
        if before != now:
            differences[path.name] = list(lines) if before else [f"--- {path.name} is not there"]
    if differences:
        lines = [", ".join(differences), f"If this is meant, {UPDATE}.", *chain(*differences.values())]
        pytest.fail("\n".join(lines), pytrace=False)


def test_no_snapshot_is_left_over(request: pytest.FixtureRequest):
    left = set(FOLDER.iterdir()) - {file_of(state, size) for state in STATES for size in SIZES}
    if request.config.getoption("--update-snapshots"):
        for path in left:
            path.unlink()
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


def file_of(state: State, size: Size) -> Path:
    return FOLDER / f"{state.name}-{told(size)}.txt"


async def go_through(run: Run, size: Size, theme: str) -> dict[str, Picture]:
    """A picture of every state, in one app."""
    found: dict[str, Picture] = {}
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, TERMINAL))
        for name in NOT_SET:
            os.environ.pop(name, None)
        stack.enter_context(patch("diffurec_tui.watching.Engine", StagedEngine))
        stack.enter_context(patch("diffurec_tui.screens.jobs.Attendant", StagedAttendant))
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
