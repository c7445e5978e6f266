from __future__ import annotations

import time
from pathlib import Path
from random import Random

import numpy as np
import pytest
from textual.pilot import Pilot

from diffurec.run import open_run
from diffurec_tui.app import ExplorerApp
from diffurec_tui.widgets.user_index import Ordering
from diffurec_tui.widgets.user_list import UserList
from tests.helpers import make_many_users, make_run
from tests.tui.explorer.conftest import exploring, opened, screen_text, walked


async def ranked(app: ExplorerApp, pilot: Pilot[None], number: int = 39) -> None:
    """Wait until all walks of the list have been walked."""
    for _ in range(400):
        await pilot.pause(0.05)
        if app.index.tally().known == number:
            return
    raise AssertionError("no ranks after 20 s")


async def test_the_list_and_a_glance(run_path: Path):
    async with exploring(run_path) as (app, pilot):
        await pilot.press("down", "down", "down")
        await walked(app, pilot)
        text = "\n".join(screen_text(app))
        assert "▌ user3" in text
        assert "Recommended" in text
        assert app.subject is not None
        assert app.subject.user == 3
        await pilot.press("enter")
        assert app.screen is app.walk
        await pilot.press("l", "u")
        assert app.screen is app.users
        assert app.users.list.user == 3
        await pilot.press("l")
        assert app.screen is app.walk
        assert app.walk.index == 1, "the step one was at is kept"


async def test_filtering_as_one_types(run_path: Path):
    async with exploring(run_path) as (app, pilot):
        await pilot.press("slash", *"user1")
        assert app.users.list.rows.tolist() == [1, *range(10, 20)]
        await pilot.press(*" len>10")
        assert all(app.index.lengths[user] > 10 for user in app.users.list.rows)
        await pilot.press("escape")
        assert len(app.users.list.rows) == 40
        await pilot.press("slash", *"nobody", "enter", "enter", "down", "end", "l")
        assert app.screen is app.users
        assert "0 of 40" in "\n".join(screen_text(app))


async def test_filter_from_a_walk(run_path: Path):
    async with exploring(run_path, user=5) as (app, pilot):
        await pilot.press("slash", *"user7")
        assert app.screen is app.users
        await pilot.press("enter", "enter")
        await walked(app, pilot)
        assert app.screen is app.walk
        assert app.subject is not None
        assert app.subject.name == "user7"


async def test_ranks_arrive_and_can_be_filtered_and_ordered(run_path: Path):
    async with exploring(run_path) as (app, pilot):
        await ranked(app, pilot)
        await pilot.press("slash", *"rank<=20", "enter")
        assert {int(app.index.ranks[user]) <= 20 for user in app.users.list.rows} <= {True}
        await pilot.press("escape", *"oooo")
        ranks = [int(app.index.ranks[user]) for user in app.users.list.rows]
        assert ranks[:39] == sorted(ranks[:39])
        assert ranks[39] == -1
        await pilot.press("O")
        assert [int(app.index.ranks[user]) for user in app.users.list.rows] == [*reversed(ranks[:39]), -1]
        assert app.users.list.cursor == 0


async def test_ranks_are_those_of_the_walks(run_path: Path):
    async with exploring(run_path, user=9) as (app, pilot):
        await ranked(app, pilot)
        for _ in range(5):
            assert app.trajectory is not None
            assert app.subject is not None
            user = app.subject.user
            assert app.index.ranks[user] == app.trajectory.frames[-1].x_0_hat.target_rank
            assert app.index.locks[user] == app.trajectory.locked_in(10)
            await pilot.press("n")
            await walked(app, pilot)


async def test_a_click_opens_and_a_heading_orders(run_path: Path):
    async with exploring(run_path) as (app, pilot):
        for heading, by in (("rank", "rank"), ("len", "len"), ("user", "id")):
            row = next(row for row in screen_text(app) if " user " in row and " rank " in row)
            await pilot.click("#list", offset=(row.index(heading) - 1, 0))
            assert app.users.ordering == Ordering(by)  # type: ignore[arg-type]
            if by == "len":
                lengths = [int(app.index.lengths[user]) for user in app.users.list.rows]
                assert lengths == sorted(lengths, reverse=True)
                await pilot.click("#list", offset=(row.index(heading) - 1, 0))
                assert app.users.ordering == Ordering("len", reverse=True)
        assert [app.index.name(int(user)) for user in app.users.list.rows[:3]] == ["user0", "user1", "user10"]
        await pilot.click("#list", offset=(4, 3))
        assert app.screen is app.walk
        assert app.subject is not None
        assert app.subject.name == "user10"


@pytest.mark.parametrize("view", ["users", "walk", "diversity", "map"])
async def test_along_hits_and_misses_of_the_list_as_it_is(run_path: Path, view: str):
    async with exploring(run_path) as (app, pilot):
        await ranked(app, pilot)
        await pilot.press("slash", *"len>5", "enter", *"oo", "O", "home")
        rows = app.users.list.rows.tolist()
        ranks = app.index.ranks[rows]
        assert 0 < np.count_nonzero((ranks > 0) & (ranks <= 10)) < len(rows) - 2
        if view != "users":
            await pilot.press("enter", {"walk": "1", "diversity": "2", "map": "3"}[view])
        place = 0
        for key, step in (*[(")", 1)] * 2, *[("}", 1)] * 3, *[("{", -1)] * 2, *[("(", -1)] * 4):
            wanted = (ranks > 0) & ((ranks <= 10) if key in "()" else (ranks > 10))
            there = [one for one in np.flatnonzero(wanted).tolist() if (one - place) * step > 0]
            place = min(there, key=lambda one: abs(one - place), default=place)
            await pilot.press(key)
            assert app.users.list.cursor == place, key
            assert app.subject is not None
            assert app.subject.user == rows[place]
            assert bool(app._notifications) == (not there), key
            app.clear_notifications()
        assert app.screen is getattr(app, view)


async def test_where_there_is_no_hit_it_is_said(run_path: Path):
    async with exploring(run_path, size=(80, 24)) as (app, pilot):
        await ranked(app, pilot)
        await pilot.press("slash", *"miss", "enter", "right_parenthesis")
        told = [one.message for one in app._notifications]
        assert told == ["no hit below this user in the list"]
        app.index.forget_ends()
        await pilot.press("left_curly_bracket")
        told = [one.message for one in app._notifications]
        assert "no miss above this user in the list: 0 of " in told[-1]
        assert told[-1].endswith("ranked so far")


@pytest.mark.parametrize("user", [None, 5])
async def test_a_random_user_of_the_list(run_path: Path, user: int | None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("diffurec_tui.screens.along.AlongUsers.chance", Random(0))
    async with exploring(run_path, user=user) as (app, pilot):
        app.users.filter_by("user1")
        seen = set[int]()
        for _ in range(20):
            before = app.users.list.user
            await pilot.press("R")
            assert app.subject is not None
            assert app.subject.user == app.users.list.user != before
            seen.add(app.subject.user)
        assert seen <= {1, *range(10, 20)}
        assert len(seen) > 7
        app.users.filter_by("user17")
        await pilot.press("R")
        assert [one.message for one in app._notifications] == ["there is no other user in the list"]


async def test_what_is_said_above_the_list(run_path: Path):
    async with exploring(run_path, size=(80, 24)) as (app, pilot):
        await ranked(app, pilot)
        await pilot.pause(0.6)
        hits = int(np.count_nonzero((app.index.ranks > 0) & (app.index.ranks <= 10)))

        def said() -> str:
            return "\n".join(screen_text(app)[3:5])

        assert f"40 users · {hits} hits · test HR@10 {100 * hits / 39:.1f} %" in said()
        app.users.filter_by("hit")
        assert f"{hits} of 40 users · {hits} hits · test HR@10 100.0 %" in said()
        await pilot.press("o", "O")
        assert "by id, reversed" in said()
        for typed, told in (
            ("xlen>3", "no field xlen: there are len, pop, rank, lock"),
            ("len>x", "len>x: a number goes after len, as len>10"),
            ("mis", "no id contains mis; other words are hit and miss"),
            ("len>500", "no such user"),
        ):
            app.users.filter_by(typed)
            await pilot.pause()
            assert told in said()
        app.index.forget_ends()
        app.index.put_ends(np.array([3, 4]), np.array([1, 60]), np.array([0, 0]))
        app.users.filter_by("")
        await pilot.pause()
        assert "40 users · 1 hit · test HR@10 so far 50.0 % · ranked 2/39" in said()
        app.users.filter_by("rank>60")
        await pilot.pause()
        assert "none of the 2 users ranked so far" in said()


async def test_the_next_item_is_told_by_title(run_path: Path):
    async with exploring(run_path, size=(200, 60)) as (app, _):
        app.users.filter_by("user7")
        target = app.data_case(7).target
        assert target is not None
        shown = next(row for row in screen_text(app) if "user7 " in row)
        assert app.names.name(target) in shown
        count = int(app.opened.dataset.training_counts()[target])
        assert app.index.popularity is not None
        assert int(app.index.popularity[7]) == count


async def test_a_million_users(tmp_path: Path):
    made = make_run(tmp_path / "run", make_many_users(tmp_path / "data", 1_000_000, items=50))
    # The run keeps a copy of 200,000 users; the data set itself has them all.
    assert open_run(made.path).dataset().num_users == 1_000_000
    began = time.perf_counter()
    app = ExplorerApp(opened(made.path))
    async with app.run_test(size=(100, 30)) as pilot:
        mounted = time.perf_counter() - began
        await walked(app, pilot)
        rows = app.query_one(UserList)
        await pilot.press("slash", "9")
        assert 0 < len(rows.rows) < 1_000_000
        assert all("9" in app.index.name(int(user)) for user in rows.rows[:50])
        slowest = 0.0
        for text in ("99", "99x len>5", "99 len>5 rank<=10", "len>5", ""):
            began = time.perf_counter()
            app.users.filter_by(text)
            slowest = max(slowest, time.perf_counter() - began)
        assert len(rows.rows) == 1_000_000
        began = time.perf_counter()
        for place in (-1, 0, 500_000):
            rows.action_to(place)
            assert "A0" in rows.render_line(3).text
        moving = time.perf_counter() - began
    assert mounted < 5
    assert slowest < 1, "50 ms on a quiet machine"
    assert moving < 1
