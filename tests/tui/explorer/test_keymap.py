from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.binding import BindingsMap

from diffurec.errors import UserError
from diffurec_tui import keymap as keymaps
from diffurec_tui.cli.explore import explore
from diffurec_tui.keymap import DEFAULT, Keymap, as_toml, read_keymap
from diffurec_tui.keys import ACTIONS, MODES, TAKEN, TOGETHER, VIEWS, Scope, bindings
from diffurec_tui.screens.help import HelpScreen
from diffurec_tui.widgets.user_list import UserList
from tests.tui.explorer.conftest import exploring, screen_text

SCREENS: tuple[Scope, ...] = ("users", *VIEWS)


@st.composite
def permuted(draw: st.DrawFn) -> dict[str, str]:
    """The keys of every scope, dealt anew among its actions."""
    own: dict[str, str] = {}
    for scope in dict.fromkeys(action.scope for action in ACTIONS):
        actions = [action for action in ACTIONS if action.scope == scope]
        keys = draw(st.permutations([action.keys for action in actions]))
        own |= {action.binding: key for action, key in zip(actions, keys, strict=True)}
    return own


def reached(scope: Scope, own: dict[str, str]) -> set[str]:
    """Bindings that a key leads to where `scope` has the keys, as Textual finds them."""
    chain = [bindings(scope), bindings("everywhere")]
    found: dict[str, str] = {}
    for level in chain:
        there = BindingsMap(level)
        there.apply_keymap(own)
        for key, bound in there.key_to_bindings.items():
            found.setdefault(key, bound[0].id or "")
    return set(found.values())


@given(permuted())
def test_any_permutation_of_the_keys_keeps_every_action_reachable(own: dict[str, str]):
    keymap = Keymap(own)
    for scope in (*SCREENS, *MODES):
        assert {action.binding for action in keymap.available(scope)} <= reached(scope, own)


@given(permuted())
def test_what_is_printed_is_what_is_read(own: dict[str, str]):
    text = as_toml(Keymap(own))
    assert tomllib.loads(text) == own
    assert text.count("#") >= len(ACTIONS)


def written(folder: Path, text: str) -> Path:
    path = folder / "keys.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_may_be_written_in_three_ways(tmp_path: Path):
    for text in ('"walk.fork" = "f6"', 'walk.fork = "f6"', '[walk]\nfork = "f6"'):
        keymap = read_keymap(written(tmp_path, text))
        assert keymap.own == {"walk.fork": "f6"}
        assert keymap.action("walk.fork").shown == "f6"


def test_a_character_may_stand_for_its_name(tmp_path: Path):
    keymap = read_keymap(written(tmp_path, '"walk.fork" = "!, ctrl+f"\n"steps.play"="f5"'))
    assert keymap.own["walk.fork"] == "exclamation_mark,ctrl+f"
    assert keymap.action("walk.fork").shown == "! ctrl+f"
    assert keymap.key("steps.play") == "f5"


def test_the_printed_table_changes_nothing(tmp_path: Path):
    assert read_keymap(written(tmp_path, as_toml(DEFAULT))).own == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('"walk.frok" = "f6"', '"walk.frok" = "f6": there is no such action; did you mean "walk.fork"?'),
        ('"zzz" = "F"', "--print-keys lists all"),
        ('"walk.fork" = "leftish"', "leftish is no key"),
        ('"walk.fork" = "hyper+f"', "hyper+f is no key"),
        ('"walk.fork" = ""', "are a text such as"),
        ('"walk.fork" = 7', "are a text such as"),
        ('"walk.fork" = "F,,G"', "a comma is no key"),
        ('"walk.fork" = "shift+f"', "shift+f comes from a terminal as F"),
        ('"walk.fork" = "ctrl+i"', "ctrl+i comes from a terminal as tab"),
        ('"walk.fork" = "s"', '"walk.fork" = "s": s is taken by "views.seed" (seed)'),
        ('"walk.fork" = "q"', '"everywhere.quit" (quit)'),
        ('"everywhere.theme" = "z"', '"everywhere.theme" = "z": z is taken by "map.zoom_in" (zoom)'),
        ('"walk.fork" = "f6"\n"walk.pin" = "f6"', 'f6 is taken by "walk.'),
        ('"users.order" = "j"', "j is taken by what moves in the list"),
        ('"walk.fork" = "ctrl+q"', "the terminal interface itself"),
        ("walk.fork = ", "keys.toml: "),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path: Path, text: str, said: str):
    with pytest.raises(UserError) as raised:
        read_keymap(written(tmp_path, text))
    line = str(raised.value)
    assert line.startswith(str(tmp_path / "keys.toml"))
    assert said in line
    assert "\n" not in line


def test_keys_swap_without_a_clash(tmp_path: Path):
    keymap = read_keymap(written(tmp_path, '"walk.fork" = "s"\n"views.seed" = "f"'))
    assert keymap.own == {"walk.fork": "s", "views.seed": "f"}


def test_a_file_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(UserError, match="No such file"):
        read_keymap(tmp_path / "none.toml")
    monkeypatch.setattr(keymaps, "default_path", lambda: tmp_path / "none.toml")
    assert read_keymap() is DEFAULT


def test_the_users_own_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    path = keymaps.default_path()
    path.parent.mkdir(parents=True)
    path.write_text('"walk.fork" = "f6"')
    assert read_keymap().own == {"walk.fork": "f6"}


def test_print_keys_needs_no_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    explore(keys=written(tmp_path, '"walk.fork" = "f6"'), print_keys=True)
    printed = tomllib.loads(capsys.readouterr().out)
    assert printed == {action.binding: action.keys for action in ACTIONS} | {"walk.fork": "f6"}
    with pytest.raises(UserError, match="--ckpt"):
        explore()


def test_a_clash_ends_the_program(run_path: Path, tmp_path: Path):
    with pytest.raises(UserError, match="is taken by"):
        explore(run_path, keys=written(tmp_path, '"walk.fork" = "s"'))


def test_the_tables_beside_the_table_name_what_there_is():
    known = {action.binding for action in ACTIONS}
    for name, together in TOGETHER.items():
        assert name in together
        assert set(together) <= known
    of_list = {key for one in BindingsMap(UserList.BINDINGS).key_to_bindings for key in one.split(",")}
    assert of_list == set(TAKEN["users"].split(","))


async def test_the_users_keys_do_it_and_are_shown(run_path: Path):
    keymap = Keymap({"steps.forward": "right_curly_bracket", "walk.fork": "s", "views.seed": "f"})
    async with exploring(run_path, user=5, keymap=keymap) as (app, pilot):
        await pilot.press("right_curly_bracket")
        assert app.walk.index == 1
        await pilot.press("right")
        assert app.walk.index == 1, "the key it had is free"
        await pilot.press("f")
        assert app.seed == 1
        await pilot.press("s")
        assert app.spec is not None
        assert app.spec.forks
        footer = screen_text(app)[-1]
        for shown in ("←} step", "s fork", "f seed"):
            assert shown in footer
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        text = "\n".join(screen_text(app))
        assert "}          One step on" in text
        await pilot.press("escape", "ctrl+p", *"one step on")
        assert any("One step on" in row and "}" in row for row in screen_text(app))
