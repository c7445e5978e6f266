from __future__ import annotations

import time
from pathlib import Path

from diffurec.run import open_run
from diffurec_tui.app import ExplorerApp
from diffurec_tui.widgets.user_list import UserList
from tests.helpers import make_many_users, make_run
from tests.tui.explorer.conftest import exploring, opened, screen_text, walked


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
        for _ in range(200):
            await pilot.pause(0.05)
            if app.index.ranks_known == app.index.ranks_wanted == 39:
                break
        await pilot.press("slash", *"rank<=20", "enter")
        assert {int(app.index.ranks[user]) <= 20 for user in app.users.list.rows} <= {True}
        await pilot.press("escape", "o", "o")
        ranks = [int(app.index.ranks[user]) for user in app.users.list.rows]
        assert ranks[:39] == sorted(ranks[:39])
        assert ranks[39] == -1


async def test_ranks_are_those_of_the_walks(run_path: Path):
    async with exploring(run_path, user=9) as (app, pilot):
        for _ in range(200):
            await pilot.pause(0.05)
            if app.index.ranks_known == 39:
                break
        for _ in range(5):
            assert app.trajectory is not None
            assert app.subject is not None
            assert app.index.ranks[app.subject.user] == app.trajectory.frames[-1].x_0_hat.target_rank
            await pilot.press("n")
            await walked(app, pilot)


async def test_a_click_opens_and_a_heading_orders(run_path: Path):
    async with exploring(run_path) as (app, pilot):
        heading = next(row for row in screen_text(app) if " user " in row and " rank" in row)
        await pilot.click("#list", offset=(heading.index("items") - 1, 0))
        assert app.users.order == "length"
        lengths = [int(app.index.lengths[user]) for user in app.users.list.rows]
        assert lengths == sorted(lengths, reverse=True)
        await pilot.click("#list", offset=(3, 0))
        await pilot.click("#list", offset=(4, 5))
        assert app.screen is app.walk
        assert app.subject is not None
        assert app.subject.user == 4


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


async def test_ranks_that_come_in_while_the_app_closes_are_passed_over(run_path: Path):
    async with exploring(run_path) as (app, _):
        await app.users.query_one(UserList).remove()
        app.users.ranks_arrived()
        app.users.users_read()
        assert not app.users.drawable
