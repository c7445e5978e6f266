"""By the name of an action of the metrics: press its key, and see the effect."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.widgets import Input

from diffurec_tui.metrics.look import Look
from diffurec_tui.screens.plotting import PlotsScreen
from diffurec_tui.screens.settings import SettingsScreen
from tests.tui.explorer.checks import At
from tests.tui.explorer.checks_of_actions import check


def plots(at: At) -> PlotsScreen:
    screen = at.app.screen
    assert isinstance(screen, PlotsScreen)
    return screen


def anew(at: At) -> Look:
    """As it was when it was opened."""
    screen = plots(at)
    screen.look = Look()
    screen.query_one("#series-filter", Input).value = ""
    screen.show()
    return screen.look


def looks(binding: str, start: Callable[[Look], object], ended: Callable[[Look], object]) -> None:
    @check(binding)
    async def _(at: At, key: str) -> None:
        look = anew(at)
        start(look)
        plots(at).show()
        assert not ended(look)
        await at.press(key)
        assert ended(look)


def at_middle(look: Look) -> None:
    look.cursor = 200.0


def near(look: Look) -> None:
    look.share, look.end = 0.25, 300.0


def nothing(look: Look) -> None: ...


def cursor(look: Look) -> float:
    return -1.0 if look.cursor is None else look.cursor


looks("plots.cursor_right", at_middle, lambda look: 200 < cursor(look) < 250)
looks("plots.cursor_left", at_middle, lambda look: 150 < cursor(look) < 200)
looks("plots.cursor_far_right", at_middle, lambda look: 250 < cursor(look) < 400)
looks("plots.cursor_far_left", at_middle, lambda look: 10 < cursor(look) < 150)
looks("plots.cursor_first", at_middle, lambda look: cursor(look) == 10)
looks("plots.cursor_newest", at_middle, lambda look: look.cursor is None)
looks("plots.zoom_in", nothing, lambda look: look.share == 0.5 and look.window[1] == 400)
looks("plots.zoom_out", near, lambda look: look.share == 0.5)
looks("plots.pan_left", near, lambda look: look.window[1] == pytest.approx(300 - 390 / 16))
looks("plots.pan_right", near, lambda look: look.window[1] == pytest.approx(300 + 390 / 16))
looks("plots.fit_all", near, lambda look: look.window == (10, 400))
looks("plots.log", nothing, lambda look: look.log)
looks("plots.focus_plot", nothing, lambda look: look.focused)
looks("plots.plot_next", nothing, lambda look: look.selected == "val/NDCG@10")
looks("plots.plot_back", nothing, lambda look: look.selected == "val/seconds")
looks("plots.plot_below", nothing, lambda look: look.selected not in ("train/loss", "val/NDCG@10"))


@check("plots.plot_above")
async def plot_above(at: At, key: str) -> None:
    look = anew(at)
    await at.press("down", key)
    assert look.selected == "train/loss"


@check("plots.smooth")
async def smooth(at: At, key: str) -> None:
    look, seen = anew(at), list[int | None]()
    for _ in range(4):
        await at.press(key)
        seen.append(look.smoothing)
    assert seen == [0, 1, 2, None]


@check("plots.axis")
async def axis(at: At, key: str) -> None:
    look = anew(at)
    await at.press(key)
    assert (look.axis, look.window) == ("epoch", pytest.approx((0.1, 4)))
    await at.press(key)
    assert (look.axis, look.window) == ("time", pytest.approx((0, 195)))
    await at.press(key)
    assert look.axis == "step"


@check("plots.kind")
async def kind(at: At, key: str) -> None:
    anew(at)
    seen: list[tuple[str, ...]] = []
    for _ in range(3):
        await at.press(key)
        seen.append(tuple(plots(at)._series))
    training, validation, machine = seen
    assert training == ("train/loss", "train/learning_rate")
    assert validation == ("val/NDCG@10", "val/HR@10")
    assert set(machine) == {"train/examples_per_s", "train/cpu_percent", "train/memory_mb", "val/seconds"}


@check("plots.filter")
async def series_filter(at: At, key: str) -> None:
    anew(at)
    await at.press(key, *"HR|los")
    assert plots(at)._series == ["train/loss", "val/HR@10"]
    await at.press("(")
    assert plots(at)._series == ["train/loss", "val/HR@10"], "what is no regular expression changes nothing"
    await at.press("backspace", "enter")
    assert at.app.focused is None
    await at.press(key, "escape")
    assert len(plots(at)._series) > 2


@check("plots.others")
async def others(at: At, key: str) -> None:
    anew(at)
    following = plots(at).following
    before = len(following.runs)
    await at.press(key)
    assert [run.letter for run in following.runs] == ["A", "B"]
    await at.press(key)
    assert len(following.runs) == before


@check("plots.alone")
async def alone(at: At, key: str) -> None:
    look = anew(at)
    if len(plots(at).following.runs) < 2:
        await at.press("o")
    seen: list[str] = []
    for _ in range(3):
        await at.press(key)
        seen.append(look.alone)
    assert seen == ["A", "B", ""]
    plots(at).following.let_go()


@check("plots.settings")
async def settings(at: At, key: str) -> None:
    anew(at)
    await at.press(key)
    assert isinstance(at.app.screen, SettingsScreen)
    await at.press("escape")


@check("plots.back")
async def back(at: At, key: str) -> None:
    look = anew(at)
    look.focused, look.group, look.alone, look.cursor = True, "training", "A", 100.0
    look.zoom(0.5)
    for done in (
        lambda: not look.focused,
        lambda: look.group == "all",
        lambda: not look.alone,
        lambda: look.share == 1,
        lambda: look.cursor is None,
    ):
        assert not done()
        await at.press(key)
        assert done()


@check("metrics.users")
async def close(at: At, key: str) -> None:
    await at.press(key)
    assert at.app.screen is at.app.users
    await at.press("enter", "3", "4", "escape")
    assert at.app.screen is at.app.map, "escape leads back to where one was"


@check("along.view_metrics")
async def view_metrics(at: At, key: str) -> None:
    await at.press(key)
    assert at.app.screen is at.app.metrics
