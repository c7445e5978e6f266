from __future__ import annotations

import json
from pathlib import Path

import pytest

from diffurec_tui.hints import SAID, Hints
from diffurec_tui.keymap import DEFAULT, Keymap
from diffurec_tui.remembered import Remembered
from diffurec_tui.widgets.footer import Footer
from tests.tui.explorer.conftest import exploring, screen_text

STEPS_ON = "→ steps on · s draws another seed · P keeps this walk to compare · ? all keys"


@pytest.mark.parametrize("view", list(SAID))
def test_a_hint_is_given_once_and_remembered(tmp_path: Path, view: str):
    path = tmp_path / "deep" / "explorer.json"
    hints = Hints(DEFAULT, Remembered(path), wanted=True)
    assert hints.first(view) is not None  # type: ignore[arg-type]
    assert hints.first(view) is None  # type: ignore[arg-type]
    assert Hints(DEFAULT, Remembered(path), wanted=True).first(view) is None  # type: ignore[arg-type]
    assert json.loads(path.read_text()) == {"hinted": [view]}


def test_a_hint_has_the_users_keys():
    hint = Hints(Keymap({"walk.pin": "K"}), Remembered(), wanted=True).first("walk")
    assert hint is not None
    assert "K keeps this walk to compare" in hint.parts
    assert hint.actions == {"forward", "seed", "pin", "help"}


@pytest.mark.parametrize("kept", ["", "[]", "{", '{"hinted": 3, "theme": []}', "\x00"])
def test_what_is_remembered_may_be_anything(tmp_path: Path, kept: str):
    path = tmp_path / "explorer.json"
    path.write_text(kept)
    remembered = Remembered(path)
    assert (remembered.theme, remembered.hinted) == ("", ())
    remembered.theme = "diffurec-light"
    assert Remembered(path).theme == "diffurec-light"


def test_two_explorers_keep_what_the_other_wrote(tmp_path: Path):
    one, other = Remembered(tmp_path / "s.json"), Remembered(tmp_path / "s.json")
    one.shown("walk")
    other.shown("map")
    one.theme = "diffurec-light"
    last = Remembered(tmp_path / "s.json")
    assert (last.hinted, last.theme) == (("map", "walk"), "diffurec-light")


def test_a_folder_that_cannot_be_written_is_no_trouble(tmp_path: Path):
    (tmp_path / "file").write_text("")
    remembered = Remembered(tmp_path / "file" / "explorer.json")
    remembered.shown("walk")
    assert remembered.hinted == ("walk",), "for this run"


@pytest.mark.parametrize(
    ("key", "left"),
    [("l", False), ("s", False), ("P", False), ("escape", False), ("x", True), ("space", True)],
)
async def test_it_stays_until_one_does_what_it_says(run_path: Path, tmp_path: Path, key: str, left: bool):
    state = tmp_path / "explorer.json"
    async with exploring(run_path, user=5, size=(80, 24), state=state, hints=True) as (app, pilot):
        assert STEPS_ON in screen_text(app)[-2]
        await pilot.press(key)
        assert (STEPS_ON in screen_text(app)[-2]) is left
        assert app.screen is app.walk, "escape ends the hint first"
        assert len(screen_text(app)) == 24
    async with exploring(run_path, user=5, size=(80, 24), state=state, hints=True) as (app, _):
        assert "steps on" not in "\n".join(screen_text(app))


async def test_each_view_has_its_own(run_path: Path):
    async with exploring(run_path, size=(80, 24), hints=True) as (app, pilot):
        assert "enter opens a user's walk" in screen_text(app)[-2]
        for key, said in (
            ("enter", "→ steps on"),
            ("2", "m draws more walks"),
            ("3", "tab to the next mark"),
        ):
            await pilot.press(key)
            await pilot.pause()
            assert said in screen_text(app)[-2]
        await pilot.press("escape")
        assert not app.hinting
        await pilot.press("escape")
        assert app.screen is app.users


async def test_a_click_ends_it_and_help_does_not_open_it_again(run_path: Path):
    async with exploring(run_path, user=5, size=(80, 24), hints=True) as (app, pilot):
        await pilot.click(Footer, offset=(5, 0))
        assert not app.hinting
        assert app.screen.query_one(Footer).size.height == 1
        await pilot.press("question_mark", "escape")
        assert not app.hinting


async def test_none_unless_it_is_wanted(run_path: Path):
    async with exploring(run_path, user=5) as (app, _):
        assert not app.hinting


async def test_the_theme_is_remembered(run_path: Path, tmp_path: Path):
    state = tmp_path / "explorer.json"
    async with exploring(run_path, state=state) as (app, pilot):
        assert app.theme == "diffurec-dark"
        await pilot.press("t")
        assert app.theme == "diffurec-light"
    async with exploring(run_path, state=state) as (app, pilot):
        assert app.theme == "diffurec-light"
        await pilot.press("ctrl+p", *"theme nord", "enter")
        assert app.theme == "nord"
    async with exploring(run_path, state=state, theme="diffurec-dark") as (app, _):
        assert app.theme == "diffurec-dark", "the command line goes first"
    state.write_text('{"theme": "gone"}')
    async with exploring(run_path, state=state) as (app, _):
        assert app.theme == "diffurec-dark"
