from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from diffurec_tui.app import ExplorerApp
from diffurec_tui.screens.jump import JumpScreen, Place, places
from diffurec_tui.screens.picking import Matches
from diffurec_tui.screens.title_search import TitleIndex
from diffurec_tui.widgets.user_index import UserIndex
from tests.tui.explorer.conftest import exploring, screen_text, walked


class Titled:
    def name(self, item: int) -> str:
        return f"Film {item} of the {item % 97}th year"


def index_of(ids: list[str]) -> UserIndex:
    index = UserIndex(np.full(len(ids), 7), np.ones(len(ids), dtype=np.bool_))
    series = pl.Series(ids)
    index.set_ids(series, series.str.to_lowercase())
    return index


def test_steps_come_before_users_and_users_before_items():
    users, titles = index_of(["x7", "70", "7", "abc"]), TitleIndex(Titled(), 9)
    assert places("7", 32, users, titles) == [
        Place("step", 7), Place("user", 2), Place("user", 1), Place("user", 0), Place("item", 7),
    ]  # fmt: skip
    assert places("7", 6, users, titles)[0] == Place("user", 2), "the walk has no such step"
    assert places("7", None, users, titles)[0] == Place("user", 2)
    assert places("ABC", 32, users, titles) == [Place("user", 3)]
    assert places("film 3th", 32, users, titles) == [Place("item", 3)]
    assert places(" ", 32, users, titles) == []
    assert places("nothing", 32, users, titles) == []


def test_many_users_leave_room_for_items():
    users, titles = index_of([f"user7{number}" for number in range(500)]), TitleIndex(Titled(), 20)
    found = places("7", 5, users, titles)
    assert [place.kind for place in found] == ["user"] * 8 + ["item"] * 2
    assert len(places("user", 5, users, titles)) == 200


def test_a_million_users_and_a_hundred_thousand_items_are_found_as_one_types():
    ids = pl.select(
        pl.lit("A") + pl.arange(0, 1_000_000).cast(pl.String).str.zfill(7) + pl.lit("X")
    ).to_series()
    users = UserIndex(np.full(len(ids), 7), np.ones(len(ids), dtype=np.bool_))
    users.set_ids(ids, ids.str.to_lowercase())
    titles = TitleIndex(Titled(), 100_000)
    assert places("a0999999x", 32, users, titles) == [Place("user", 999_999)]
    took: list[float] = []
    for typed in ("a", "7", "0999", "film 12", "nothing at all"):
        began = time.perf_counter()
        places(typed, 32, users, titles)
        took.append(time.perf_counter() - began)
    assert sorted(took)[len(took) // 2] < 0.2, took  # measured: 0.03 on a quiet machine


async def jump(app: ExplorerApp, pilot: Pilot[None], typed: str, *keys: str) -> None:
    await pilot.press("g")
    assert isinstance(app.screen, JumpScreen)
    app.screen.query_one(Input).value = typed
    await pilot.pause()
    await pilot.press(*keys, "enter")
    await pilot.pause()


async def test_to_a_step_a_user_and_an_item_of_the_walk(run_path: Path):
    async with exploring(run_path, user=5) as (app, pilot):
        await jump(app, pilot, "7")
        assert app.walk.index == 7
        await jump(app, pilot, "user1", "down")
        assert app.screen is app.walk
        assert app.spec is not None
        assert app.index.name(app.spec.user).startswith("user1")
        assert app.spec.user != 5
        assert app.users.list.user == app.spec.user, "next user goes on from there"
        await walked(app, pilot)
        await jump(app, pilot, "Title number 30")
        assert app.names.name(app.tracked or 0) == "Title number 30"


@pytest.mark.parametrize("view", ["2", "3"])
async def test_a_user_is_opened_in_the_present_view(run_path: Path, view: str):
    async with exploring(run_path, user=5) as (app, pilot):
        await pilot.press(view)
        before = app.screen
        await jump(app, pilot, "user9")
        assert app.screen is before
        assert app.spec is not None
        assert app.spec.user == 9


async def test_a_step_opens_the_walk_where_the_view_has_none(run_path: Path):
    async with exploring(run_path) as (app, pilot):
        await jump(app, pilot, "3")
        assert app.screen is app.walk
        assert app.walk.index == 3
        await pilot.press("2")
        await jump(app, pilot, "4")
        assert app.screen is app.walk
        assert app.walk.index == 4
        await pilot.press("3")
        await jump(app, pilot, "5")
        assert app.screen is app.map
        assert app.map.index == 5


async def test_an_item_is_picked_on_the_map_and_in_the_middle(run_path: Path):
    async with exploring(run_path, user=5) as (app, pilot):
        await pilot.press("3")
        for _ in range(200):
            await pilot.pause(0.02)
            if app.item_map is not None:
                break
        assert app.item_map is not None
        await pilot.press("z", "z")
        await jump(app, pilot, "Title number 30")
        assert app.map.picked is not None
        assert app.names.name(app.map.picked) == "Title number 30"
        window = app.map.map.window
        assert window is not None
        assert (window.x, window.y) == pytest.approx(app.item_map.points[app.map.picked - 1].tolist())


async def test_it_says_what_one_can_type_and_what_is_not_there(run_path: Path):
    async with exploring(run_path, user=5, size=(80, 24)) as (app, pilot):
        await pilot.press("g")
        assert "a step 0 to 32, a user's id, or words of a title" in "\n".join(screen_text(app))
        await pilot.press(*"zzz")
        assert "no step, user or item of that name" in "\n".join(screen_text(app))
        await pilot.press("enter")
        assert app.screen is app.walk
        await pilot.press("g", "escape")
        assert app.screen is app.walk


async def test_the_mouse_scrolls_and_picks(run_path: Path):
    async with exploring(run_path, user=5, size=(80, 24)) as (app, pilot):
        await pilot.press("g", *"user")
        matches = app.screen.query_one(Matches)
        await pilot._post_mouse_events([events.MouseScrollDown], matches)
        assert matches.cursor == 1
        wanted = matches.entries[2].number
        await pilot.click(Matches, offset=(8, 2))
        assert app.spec is not None
        assert app.spec.user == wanted


@pytest.mark.parametrize(
    ("view", "told", "look"),
    [
        ("u", "enter shows its rank, i there lets go", "enter"),
        ("2", "1 shows its rank, i there lets go", "1"),
        ("1", "i lets go", "1"),
    ],
)
async def test_it_is_said_that_an_item_is_followed(run_path: Path, view: str, told: str, look: str):
    async with exploring(run_path, user=5) as (app, pilot):
        await pilot.press(view, "g", *"matrix", "enter")
        await pilot.pause()
        assert app.tracked == 1
        title = "The [bold]Matrix[/bold] [link=x] (1999)"
        assert [one.message for one in app._notifications] == [f"the walk follows {title} now: {told}"]
        await pilot.press(look)
        assert app.screen is app.walk
        await pilot.press("i")
        assert app.tracked is None


async def test_a_jump_to_a_step_ends_following(run_path: Path):
    async with exploring(run_path, user=5) as (app, pilot):
        await pilot.press("F")
        assert (app.walk.follow, app.walk.shown) == (True, 32)
        await pilot.press("g", "7", "enter")
        await pilot.pause()
        assert (app.walk.follow, app.walk.shown) == (False, 7)
