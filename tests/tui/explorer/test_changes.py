from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from diffurec.inspection.influence import influence
from diffurec.inspection.inspector import load_inspector
from diffurec.inspection.views import Fork
from diffurec.run import open_run
from diffurec_tui.app import ExplorerApp
from diffurec_tui.screens.title_search import TitleIndex, TitleSearch
from tests.helpers import make_dataset, make_run, small_config, write_dataset
from tests.tui.explorer.conftest import exploring, screen_text, walked


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose model sees the state, so that walks differ."""
    folder = tmp_path_factory.mktemp("changes")
    return make_run(folder / "run", make_dataset(folder / "data"), small_config(lambda_mean=0.5)).path


def text_of(app: ExplorerApp) -> str:
    return "\n".join(screen_text(app))


def lists(app: ExplorerApp) -> list[list[int]]:
    assert app.trajectory is not None
    return [frame.x_t.items.tolist() for frame in app.trajectory.frames]


async def press(app: ExplorerApp, pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await walked(app, pilot)


async def influenced(app: ExplorerApp, pilot: Pilot[None]) -> None:
    for _ in range(500):
        if app.heat is not None:
            break
        await pilot.pause(0.02)
    assert app.heat is not None
    await pilot.pause()


async def test_a_fork_shares_the_past(moving: Path):
    async with exploring(moving, user=5, seed=7) as (app, pilot):
        before = lists(app)
        await press(app, pilot, "L", "L", "f")
        assert app.spec is not None
        assert app.spec.forks == (Fork(10, 8),)
        assert app.walk.shown == 10
        assert "seed 7 ⑂10:8" in screen_text(app)[0]
        after = lists(app)
        assert after[:11] == before[:11]
        assert after[11:] != before[11:]
        await press(app, pilot, "s")
        assert (app.spec.seed, app.spec.forks) == (8, ())
        await press(app, pilot, "end", "f")
        assert app.spec.forks == (), "nothing is left to draw at the end"


async def test_back_among_the_walks_seen_costs_nothing(moving: Path):
    async with exploring(moving, user=5) as (app, pilot):
        first = app.trajectory
        await press(app, pilot, "s")
        second = app.trajectory
        await press(app, pilot, "l", "f")
        third = app.trajectory
        for key, there in (
            ("[", second),
            ("[", first),
            ("[", first),
            ("]", second),
            ("]", third),
            ("]", third),
        ):
            await pilot.press({"[": "left_square_bracket", "]": "right_square_bracket"}[key])
            assert app.trajectory is there, "at once"
        assert app.spec is not None
        assert app.seed == app.spec.seed == 1
        assert app.subject is not None
        assert app.subject.user == 5


async def test_other_weights_walk_anew(moving: Path):
    async with exploring(moving, user=5) as (app, pilot):
        await press(app, pilot, "s", "P")
        before = app.trajectory
        await pilot.press("r")
        for _ in range(500):
            await pilot.pause(0.02)
            if app.trajectory is not before:
                break
        await walked(app, pilot)
        assert app.trajectory is not before
        assert len(app.walks) == 1
        assert app.walk.pinned is None


@pytest.mark.parametrize("size", [(120, 40), (120, 28), (80, 24), (60, 12)])
async def test_dials_change_the_walk_behind_them(moving: Path, size: tuple[int, int]):
    async with exploring(moving, user=5, size=size) as (app, pilot):
        before = lists(app)
        await pilot.press("d")
        assert "lambda" in text_of(app)
        assert "←→ turn" in screen_text(app)[-1]
        await press(app, pilot, "right")
        assert app.spec is not None
        assert app.spec.view.walk.lambda_scale == 2
        assert lists(app) != before
        await press(app, pilot, "down", "right", "right")
        assert app.spec.view.walk.steps == 8
        assert app.trajectory is not None
        assert len(app.trajectory.frames) == 8
        if size[0] >= 80:
            assert "λ ×2 · steps 8" in screen_text(app)[0]
        await press(app, pilot, "0")
        assert app.spec.view.walk.steps is None
        await press(app, pilot, "left", "down", "right", "down", "right", "down", "right", "down", "right")
        view = app.spec.view
        assert (view.walk.variance, view.walk.rounding) == ("fixed_large", "inner_product")
        assert (view.temperature, view.exclude_seen) == (2, True)
        await press(app, pilot, "r", "escape")
        assert app.spec.view.walk.lambda_scale == 1
        assert lists(app) == before
        assert app.screen is app.walk
        assert app.walk.mode == "walk"
        await pilot.press("l")
        assert app.walk.index == 1, "the keys are the walk's again"


async def test_dials_stay_for_the_next_user_and_a_step_can_be_taken(moving: Path):
    async with exploring(moving, user=5) as (app, pilot):
        await press(app, pilot, "d", "right", "L", "space", "space", "d")
        assert app.walk.index >= 5, "what the dials do not take is the walk's"
        await press(app, pilot, "n")
        assert app.spec is not None
        assert (app.spec.user, app.spec.view.walk.lambda_scale) == (6, 2)
        assert "λ ×2" in screen_text(app)[0]


async def test_nothing_left_to_rank_is_said_and_goes_away(tmp_path: Path):
    dataset = write_dataset(tmp_path / "data", [[1, 2, 3, 1]], num_items=3)
    run = make_run(tmp_path / "run", dataset, small_config(steps=4))
    async with exploring(run.path, user=0) as (app, pilot):
        await pilot.press("w", *["up"] * 3, "a")
        await pilot.press(*"Title 1", "enter")
        await pilot.press("escape", "d", *["up"] * 6, *["down"] * 5, "right")
        await pilot.pause(0.3)
        assert app.spec is not None
        if app.trouble:
            assert "every item" in text_of(app)
        await press(app, pilot, "left")
        assert app.trouble == ""


async def test_a_pinned_walk_stands_beside(moving: Path):
    async with exploring(moving, user=5) as (app, pilot):
        await press(app, pilot, "L", "P")
        assert "Pinned · Top-10 of x_t at t = 26" in text_of(app)
        assert "≠" not in text_of(app), "the same walk twice"
        assert "Top-10 of x̂_0" not in text_of(app)
        await press(app, pilot, "s")
        text = text_of(app)
        assert "≠" in text
        assert app.walk.pinned is not None
        rank = app.walk.pinned.states.ranking(5, "x_t").target_rank
        assert f"· pinned {rank}" in text
        panel = app.walk.query_one("#pinned")
        await pilot.press("x", "l")
        assert panel.step.ranking is app.walk.pinned.states.ranking(6, "x_0_hat")  # type: ignore[attr-defined]
        await press(app, pilot, "d", "down", "right", "right", "escape", "end", "h", "h")  # 8 steps beside 32
        assert app.walk.shown == 6
        assert panel.step.ranking is app.walk.pinned.states.ranking(24, "x_0_hat")  # type: ignore[attr-defined]
        await pilot.press("P")
        assert "Pinned" not in text_of(app)
        assert app.walk.pinned is None


async def test_a_small_terminal_turns_to_the_pinned_walk(moving: Path):
    async with exploring(moving, user=5, size=(80, 24)) as (app, pilot):
        await pilot.press("v")
        assert not app.walk.flipped, "nothing is pinned"
        await press(app, pilot, "P", "s")
        assert "Pinned" not in text_of(app)
        await pilot.press("v")
        assert "Pinned · Top-10 of x_t" in text_of(app)
        await pilot.press("v")
        assert "Pinned" not in text_of(app)


async def test_another_user_is_not_shown_beside(moving: Path):
    async with exploring(moving, user=5) as (app, pilot):
        await press(app, pilot, "P", "w", "n")
        assert app.walk.pinned is None
        assert app.walk.mode == "walk"


@pytest.mark.parametrize("size", [(120, 40), (120, 28), (80, 24), (60, 12)])
async def test_editing_the_history(moving: Path, size: tuple[int, int]):
    async with exploring(moving, user=5, size=size) as (app, pilot):
        assert app.spec is not None
        data, before = app.spec.case.history, lists(app)
        await pilot.press("w")
        assert "x remove" in screen_text(app)[-1]
        await press(app, pilot, "x")
        assert app.spec.case.history == data[:-1]
        assert app.walk.pinned is not None
        assert app.walk.pinned.spec.case.history == data
        assert "history edited −1" in screen_text(app)[0]
        assert lists(app) != before
        await press(app, pilot, "a", *"title 42", "enter")
        assert app.spec.case.history == (*data[:-1], 42)
        await press(app, pilot, "r", *"43", "enter")
        assert app.spec.case.history == (*data[:-1], 43)
        assert "history edited −1 +1" in screen_text(app)[0]
        await press(app, pilot, "K", "shift+up")
        assert app.spec.case.history == (*data[:-3], 43, *data[-3:-1])
        await press(app, pilot, "J", "k", "delete")
        assert app.spec.case.history == (*data[:-3], 43, data[-2])
        await press(app, pilot, "0")
        assert app.spec.case.history == data
        assert lists(app) == before
        assert app.walk.pinned is None, "nothing is changed any more"
        await press(app, pilot, "escape")
        assert app.screen is app.walk
        assert app.walk.mode == "walk"


async def test_one_item_must_stay(moving: Path):
    async with exploring(moving, user=5) as (app, pilot):
        await press(app, pilot, "w", *["x"] * 40)
        assert app.spec is not None
        assert len(app.spec.case.history) == 1
        await press(app, pilot, "up", "K", "J", "down", "escape")
        assert len(app.spec.case.history) == 1


async def test_what_is_pinned_by_hand_stays(moving: Path):
    async with exploring(moving, user=5) as (app, pilot):
        await press(app, pilot, "s", "P", "s", "w", "x", "0", "escape")
        assert app.walk.pinned is not None
        assert app.walk.pinned.spec.seed == 1


async def test_searching_titles(run_path: Path):
    async with exploring(run_path, user=5) as (app, pilot):
        await pilot.press("w", "a")
        await pilot.pause()
        assert isinstance(app.screen, TitleSearch)
        await pilot.press(*"number TITLE 1")
        await pilot.pause()
        assert "Title number 10" in text_of(app)
        await pilot.press("down", "down", "up", "escape")
        await pilot.pause()
        assert app.screen is app.walk
        assert app.spec is not None
        assert app.edits == ""
        await pilot.press("a", *"no such title", "enter")
        await pilot.pause()
        assert app.edits == ""
        await pilot.press("a")
        await pilot.pause()
        app.screen.query_one(Input).value = "[bold]"
        await pilot.pause()
        await pilot.click("#matches", offset=(4, 0))
        await walked(app, pilot)
        assert app.spec.case.history[-1] == 1


def test_a_hundred_thousand_titles_are_searched_at_once():
    class Many:
        def name(self, item: int) -> str:
            return f"The title of film {item * 7919 % 100_003}, part {item}"

    index = TitleIndex(Many(), 100_000)
    assert 77_777 in index.find("part 77777")
    began = time.perf_counter()
    for typed in ("t", "title", "film 99", "title of 123 part", "nothing"):
        index.find(typed)
    assert (time.perf_counter() - began) / 5 < 0.1
    assert len(index.find("")) == 500


def test_titles_that_begin_with_what_is_typed_come_first():
    class Few:
        def name(self, item: int) -> str:
            return ("", "Return of Alien", "Alien", "Aliens", "Brazil")[item]

    assert TitleIndex(Few(), 4).find("alien") == (2, 3, 1)


async def test_why(moving: Path):
    run = open_run(moving)
    async with exploring(moving, user=5) as (app, pilot):
        await pilot.press("y")
        await influenced(app, pilot)
        assert app.spec is not None
        assert app.heat is not None
        found = influence(load_inspector(run, device="cpu"), app.spec.case, 0)
        assert found is not None
        np.testing.assert_allclose(app.heat.on_top, found.on_top, rtol=1e-3, atol=1e-4)
        text = text_of(app)
        assert "History · why top-1" in text
        assert f"{app.heat.on_top[-1]:+.2f}" in text
        await pilot.press("y")
        assert "History · why ★" in text_of(app)
        assert app.heat.on_target is not None
        assert f"{app.heat.on_target[-1]:+.2f}" in text_of(app)
        await pilot.press("y")
        assert "History · attention" in text_of(app)
        assert f"{100 * app.heat.attention[-1]:.1f} %" in text_of(app)
        await press(app, pilot, "s")
        await influenced(app, pilot)
        np.testing.assert_allclose(sum(app.heat.attention), 1, rtol=1e-3)
        await pilot.press("y")
        assert "History ·" not in text_of(app)


async def test_only_what_the_model_reads_has_influence(moving: Path):
    lengths = open_run(moving).dataset().offsets
    user = int(np.diff(lengths).argmax())
    async with exploring(moving, user=user, size=(80, 24)) as (app, pilot):
        await pilot.press("y")
        await influenced(app, pilot)
        assert app.spec is not None
        assert app.heat is not None
        assert len(app.spec.case.history) > 12 == len(app.heat.on_top)
        assert "why top-1" in text_of(app)


async def test_why_of_a_single_item_without_a_next_one(moving: Path):
    async with exploring(moving, user=0) as (app, pilot):
        await pilot.press("y")
        await influenced(app, pilot)
        assert "–" in text_of(app)
        await pilot.press("y")
        assert app.walk.why == "attention", "there is no true next item to explain"


async def test_a_forked_walk_is_explained_as_it_is(moving: Path):
    async with exploring(moving, user=5) as (app, pilot):
        await press(app, pilot, "l", "y")
        await influenced(app, pilot)
        before = app.heat
        await press(app, pilot, "f")
        await influenced(app, pilot)
        assert before is not None
        assert app.heat is not None
        assert app.heat.on_top != before.on_top


async def test_actions_of_what_has_the_keys_are_in_footer_and_palette(moving: Path):
    async with exploring(moving, user=5) as (app, pilot):
        await pilot.press("w")
        footer = screen_text(app)[-1]
        await pilot.click("#footer", offset=(footer.index("x remove"), 0))
        await walked(app, pilot)
        assert app.edits == "history edited −1"
        await pilot.press("ctrl+p")
        await pilot.pause(0.2)
        await pilot.press(*"history as the data")
        await pilot.pause(0.2)
        await pilot.press("enter")
        await pilot.pause(0.2)
        await walked(app, pilot)
        assert app.edits == ""


async def test_the_tree_of_walks(moving: Path):
    async with exploring(moving, user=5, seed=7, size=(200, 60)) as (app, pilot):
        await press(app, pilot, "L", "f")
        await press(app, pilot, "L", "f")
        await press(app, pilot, "s")
        rows, here = app.walk.tree_rows()
        assert [row.label for row in rows] == ["seed 7", "⑂5:8", "⑂10:9", "seed 8"]
        assert here == 3
        assert rows[3].shared == "10/10"
        text = text_of(app)
        assert "seed 7" in text
        assert "└ ⑂5:8" in text
        await press(app, pilot, "left_square_bracket")
        assert app.spec is not None
        assert app.spec.forks == (Fork(5, 8), Fork(10, 9)), "the walk above it"
        await pilot.press("left_square_bracket", "left_square_bracket", "left_square_bracket")
        assert app.spec.forks == ()
        await pilot.press("T")
        await pilot.pause(0.1)
        await pilot.press("down", "down", "enter")
        await pilot.pause(0.1)
        assert app.screen is app.walk
        assert app.spec.forks == (Fork(5, 8), Fork(10, 9))
        await pilot.click("#walks", offset=(4, 4))
        await pilot.pause(0.1)
        assert app.spec.seed == 8
        await pilot.press("T")
        await pilot.pause(0.1)
        await pilot.press("escape")
        await pilot.pause(0.1)
        assert app.spec.seed == 8


async def test_an_item_is_followed_through_every_walk(moving: Path):
    async with exploring(moving, user=5, size=(120, 40)) as (app, pilot):
        await pilot.press("i")
        await pilot.pause(0.2)
        await pilot.press(*"17")
        await pilot.pause(0.2)
        await pilot.press("enter")
        for _ in range(100):
            await pilot.pause(0.02)
            paths = None if app.spec is None else app.paths.get(app.spec)
            if app.tracked is not None and paths is not None and paths.of(app.tracked, "x_t") is not None:
                break
        assert app.tracked is not None
        name = app.names.name(app.tracked)
        assert name in text_of(app)
        assert "◆" in text_of(app)
        assert paths is not None
        ranks = paths.of(app.tracked, "x_t")
        assert ranks is not None
        row = next(line for line in screen_text(app) if f"◆ {name}" in line)
        assert str(int(ranks[0])) in row
        await press(app, pilot, "s")
        assert app.tracked is not None
        await pilot.press("i")
        await pilot.pause(0.1)
        assert app.tracked is None
        assert "◆" not in text_of(app)


async def test_loop_and_follow(moving: Path):
    async with exploring(moving, user=5) as (app, pilot):
        await pilot.press("o", *["plus"] * 3, "end", "h", "space")
        for _ in range(100):
            await pilot.pause(0.02)
            if app.walk.index < 31:
                break
        assert app.walk.player is not None
        assert app.walk.index < 31, "at the end it begins again"
        assert "↻" in text_of(app)
        await pilot.press("o", "space", "0")
        assert not app.walk.loop
        await press(app, pilot, "F", "s")
        assert app.walk.shown == 32, "the newest state"
        assert "⇥" in text_of(app)
        await pilot.press("h")
        assert app.walk.shown == 31, "one back from where it was"
        assert not app.walk.follow


async def test_the_curve_of_a_pinned_walk_where_there_is_little_room(moving: Path):
    async with exploring(moving, user=5, size=(80, 24)) as (app, pilot):
        await press(app, pilot, "P", "s")
        assert any(line.startswith("  pinned") for line in screen_text(app))
