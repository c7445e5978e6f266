from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from diffurec_tui.app import ExplorerApp
from diffurec_tui.keys import ACTIONS, PLOTTED, Scope, available
from diffurec_tui.screens.help import TERM, HelpScreen
from diffurec_tui.words import WORDS
from tests.helpers import make_dataset, make_run, small_config
from tests.tui.explorer.conftest import exploring, screen_text, walked

LONGEST = 56
"""Columns beside a word on a terminal of 80."""
SHOWN: dict[Scope, tuple[str, ...]] = {
    "users": ("u",),
    "walk": ("1", "L", "L", "L", "L", "L", "L", "P", "s", "f", "g", *"number 9", "enter"),
    "diversity": ("2", "P", "n"),
    "map": ("3", "m"),
    "metrics": ("4",),
    "jobs": ("5",),
    "dials": ("d",),
    "edit": ("w", "x"),
}
"""Keys after which all words of a view are on screen at once."""
UNWRITTEN = {"grey title", "settled", "λ0", "running", "finished", "interrupted", "failed", "elsewhere"}
"""A look, what is said of a model that hardly looks at the state, and states of other runs."""


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("help")
    titles = [f"Title number {item}" for item in range(60)]
    dataset = make_dataset(folder / "data", titles=titles)
    return make_run(folder / "run", dataset, small_config(lambda_mean=0.5)).path


async def until_shown(app: ExplorerApp, pilot: Pilot[None], wanted: set[str]) -> set[str]:
    """What of it is not on screen, after some patience."""
    missing = wanted
    for _ in range(150):
        text = "\n".join(screen_text(app))
        missing = {one for one in wanted if one not in text}
        if not missing:
            break
        await pilot.pause(0.02)
    return missing


@pytest.mark.parametrize("scope", [scope for scope in WORDS if scope not in PLOTTED])
async def test_a_view_has_the_words_that_its_help_explains(moving: Path, scope: Scope):
    async with exploring(moving, user=5, size=(200, 60)) as (app, pilot):
        for key in SHOWN[scope]:
            await pilot.press(key)
            await walked(app, pilot)
            if scope == "diversity":
                await until_shown(app, pilot, {"walks 100/100"})
        terms = {term for term, _ in WORDS[scope]} - UNWRITTEN
        signs = {sign.rstrip("12") for term in terms for sign in term.split() if not sign[0].isalnum()}
        words = {term for term in terms if term[0].isalnum()}
        assert await until_shown(app, pilot, signs | words) == set()


def test_a_word_has_a_line():
    assert set(WORDS) == {"users", "walk", "diversity", "map", "metrics", "watch", "jobs", "dials", "edit"}
    for scope, words in WORDS.items():
        assert len({term for term, _ in words}) == len(words), scope
        for term, meaning in words:
            assert cell_len(meaning) <= LONGEST, meaning
            assert cell_len(term) <= TERM - 3 + 1, term


@pytest.mark.parametrize("scope", SHOWN)
async def test_what_a_view_has_comes_first(moving: Path, scope: Scope):
    async with exploring(moving, user=5, size=(80, 300)) as (app, pilot):
        await pilot.press(SHOWN[scope][0], "question_mark")
        assert isinstance(app.screen, HelpScreen)
        rows = [row[3:-3].strip(" │") for row in screen_text(app)]  # not what lies beside it
        words = rows.index("Words on this screen")
        text = " ".join(" ".join(rows).split())
        own = [action for action in ACTIONS if action.scope == scope]
        for action in own:
            assert f"{action.shown} {action.help}" in " ".join(" ".join(rows[:words]).split()), action
        for term, meaning in WORDS[scope]:
            assert [row for row in rows[words:] if row.startswith(term) and row.endswith(meaning)], term
        here = {action.binding for action in available(scope)}
        elsewhere = text.index(", on other screens")
        for action in ACTIONS:
            said = f" {action.shown} {action.help}"
            assert said in (text[:elsewhere] if action.binding in here else text[elsewhere:]), action
