"""What a click, the wheel and a drag do in every view."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from textual import events
from textual.pilot import Pilot
from textual.widget import Widget

from diffurec_tui.app import ExplorerApp
from diffurec_tui.widgets.curves import Curves
from diffurec_tui.widgets.dials import Dials
from diffurec_tui.widgets.history import History
from diffurec_tui.widgets.item_shares import ItemShares
from diffurec_tui.widgets.ranking import TopK
from tests.helpers import make_dataset, make_run, small_config
from tests.tui.explorer.conftest import exploring, screen_text
from tests.tui.explorer.maps import mapped, until, window
from tests.tui.explorer.random_input import mouse


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with long histories, of a model that sees the state."""
    folder = tmp_path_factory.mktemp("mouse")
    dataset = make_dataset(folder / "data", max_length=60)
    return make_run(folder / "run", dataset, small_config(steps=16, lambda_mean=0.5)).path


async def do(
    app: ExplorerApp, pilot: Pilot[None], kind: str, widget: Widget, x: int, y: int, *to: int
) -> None:
    """What a terminal sends, at a place of the content of a widget."""
    left, top = widget.content_region.offset
    end = (left + to[0], top + to[1]) if to else (0, 0)
    assert app._driver is not None
    for event in mouse(kind, left + x, top + y, *end, 1, 0):
        app._driver.process_message(event)
        if kind == "drag":
            await pilot.pause()
    await pilot.pause()


async def test_an_item_of_a_list_is_followed_and_let_go(long: Path):
    async with exploring(long, user=5) as (app, pilot):
        listed = app.walk.query_one("#x_t", TopK)
        assert listed.step is not None
        item = int(listed.step.ranking.items[3])
        await do(app, pilot, "click", listed, 9, 3)
        assert app.tracked == item
        assert f"follows Title {item} " in " ".join(one.message for one in app._notifications)
        await do(app, pilot, "click", listed, 9, 3)
        assert app.tracked is None
        assert listed.step.target not in listed.step.ranking.items.tolist()
        await do(app, pilot, "click", listed, 9, listed.size.height - 1)
        assert app.tracked == listed.step.target, "its row lies below the others"


async def test_an_item_of_the_history_is_followed_or_edited(long: Path):
    async with exploring(long, size=(120, 40)) as (app, pilot):
        app.open_user(int(np.argmax(app.index.lengths)))
        await until(pilot, lambda: app.screen is app.walk and app.trajectory and app.trajectory.complete)
        history = app.walk.query_one("#history", History)
        assert app.spec is not None
        items, room = app.spec.case.history, history.size.height - 2
        assert len(items) > room
        for row, place in ((room - 1, len(items) - 1), (2, len(items) - room + 2)):
            await do(app, pilot, "click", history, 5, row)
            assert app.tracked == items[place]
        await do(app, pilot, "click", history, 5, room)
        await do(app, pilot, "click", history, 5, 0)
        assert app.tracked == items[len(items) - room + 2], "there are none in these rows"
        await do(app, pilot, "click", history, 5, room + 1)
        assert app.tracked == app.spec.case.target
        await pilot.press("w")
        await do(app, pilot, "click", history, 5, 4)
        assert history.cursor is not None
        assert (
            f"{history.cursor + 1} Title {items[history.cursor]}"
            in screen_text(app)[history.content_region.y + 4]
        )
        assert app.tracked == app.spec.case.target


async def test_an_item_of_the_draws_is_followed_and_marked(long: Path):
    async with exploring(long, user=5) as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: app.diversity.sampling.ready)
        items = app.diversity.query_one(ItemShares)
        await do(app, pilot, "click", items, 9, 2)
        assert items.draws is not None
        assert app.tracked == items.draws.items[2][0]
        assert "◆" in screen_text(app)[items.content_region.y + 2]
        await pilot.press("P")
        await until(pilot, lambda: items.draws is not None and items.draws.against)
        await do(app, pilot, "click", items, 9, 4)
        assert app.tracked == items._rows[3][0], "the names of the columns have a row"
        await do(app, pilot, "click", items, 9, 0)
        assert app.tracked == items._rows[3][0]


async def test_the_list_beside_the_map_picks(long: Path):
    async with exploring(long, user=5) as (app, pilot):
        await mapped(app, pilot)
        listed = app.map.query_one(TopK)
        assert listed.step is not None
        await do(app, pilot, "click", listed, 9, 1)
        assert app.map.picked == listed.step.ranking.items[1]
        await do(app, pilot, "click", listed, 9, 1)
        assert app.map.picked is None


async def test_the_map_is_dragged(long: Path):
    async with exploring(long, user=5) as (app, pilot):
        widget = await mapped(app, pilot)
        await pilot.press("z")
        held = window(widget).point(20.5, 5.5, *widget.size)
        await do(app, pilot, "drag", widget, 20, 5, 32, 9)
        assert window(widget).point(32.5, 9.5, *widget.size) == pytest.approx(held)
        assert app.map.picked is None, "the end of a drag is no click"
        await do(app, pilot, "drag", widget, 20, 5, 20, widget.size.height + 4)
        assert app.mouse_captured is None
        x, y = widget.content_region.offset
        assert app._driver is not None
        for event in mouse("drag", x + 9, y + 5, x + 20, y + widget.size.height + 4, 1, 0):
            app._driver.process_message(event)  # all at once
        await pilot.pause()
        before = window(widget)
        await do(app, pilot, "hover", widget, 30, 8)
        assert app.mouse_captured is None
        assert window(widget) == before, "it was let go of outside"
        await do(app, pilot, "click", widget, 20, 5)
        assert app.map.picked is not None


async def test_a_view_that_is_left_in_a_drag_lets_go(long: Path):
    async with exploring(long, user=5) as (app, pilot):
        widget = await mapped(app, pilot)
        assert app._driver is not None
        x, y = widget.content_region.offset
        for event in list(mouse("drag", x + 9, y + 5, x + 20, y + 8, 1, 0))[:-1]:
            app._driver.process_message(event)
        await pilot.pause()
        assert app.mouse_captured is widget
        await pilot.press("1")
        assert app.mouse_captured is None
        await do(app, pilot, "click", app.walk.query_one("#timeline"), 7, 0)
        assert app.walk.index == 0


@pytest.mark.parametrize("plot", ["#bump", "#rest"])
async def test_plots_go_to_a_step(long: Path, plot: str):
    async with exploring(long, user=5) as (app, pilot):
        widget = app.walk.query_one(plot)
        await do(app, pilot, "click", widget, widget.size.width // 2, 2)
        assert 4 < app.walk.index < 12
        assert isinstance(widget, Curves) == (plot == "#rest")


async def test_wheels(long: Path):
    async with exploring(long, user=5, size=(100, 24)) as (app, pilot):

        async def turn(widget: Widget, what: type[events.MouseEvent]) -> None:
            await pilot._post_mouse_events([what], widget, offset=(3, 2))

        timeline = app.walk.query_one("#timeline")
        await pilot._post_mouse_events([events.MouseScrollDown], timeline, offset=(9, 0))
        assert app.walk.index == 1
        await pilot.press("2")
        await until(pilot, lambda: app.diversity.sampling.ready)
        items = app.diversity.query_one(ItemShares)
        await turn(items, events.MouseScrollDown)
        assert items.scrolled == 3
        await turn(items, events.MouseScrollUp)
        assert items.scrolled == 0
        await pilot.press("u")
        assert app.users.list.scroll_offset.y == 0
        await turn(app.users.list, events.MouseScrollDown)
        await until(pilot, lambda: app.users.list.scroll_offset.y > 0)


async def test_a_dial_is_chosen_where_not_all_fit(long: Path):
    async with exploring(long, user=5, size=(80, 24)) as (app, pilot):
        await pilot.press("d")
        dials = app.walk.query_one(Dials)
        await do(app, pilot, "click", dials, 4, 2)
        assert dials.cursor == 2
        dials.styles.height = 5
        await pilot.pause()
        assert dials.size.height < 6
        dials.cursor = 5
        await do(app, pilot, "click", dials, 4, 0)
        assert dials.cursor == 6 - dials.size.height


@pytest.mark.parametrize("opens", ["g", "ctrl+p", "i", "question_mark"])
async def test_a_click_beside_what_lies_over_a_view_closes_it(long: Path, opens: str):
    async with exploring(long) as (app, pilot):
        await pilot.press(opens)
        assert app.screen is not app.users
        await do(app, pilot, "click", app.screen.query("Input, Static").first(), 6, 0)
        assert (app.screen is app.users) == (opens == "question_mark")
        await do(app, pilot, "click", app.screen, 0, app.size.height - 1)
        assert app.screen is app.users
