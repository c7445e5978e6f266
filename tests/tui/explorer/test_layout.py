from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

from diffurec.inspection.cases import case_of_user
from diffurec_tui.widgets import text as signs
from diffurec_tui.widgets.text import clean, fit
from tests.helpers import make_run, small_config, write_dataset
from tests.tui.explorer.conftest import ODD_TITLES, exploring, screen_text

SIZES = [(80, 24), (120, 28), (120, 40), (200, 50)]


@pytest.mark.parametrize("size", SIZES)
async def test_what_a_walk_shows_at_any_usual_size(run_path: Path, size: tuple[int, int]):
    async with exploring(run_path, user=5, size=size) as (app, pilot):
        await pilot.press("l", "l")
        rows = screen_text(app)
        text = "\n".join(rows)
        assert len(rows) == size[1]
        assert {cell_len(row) for row in rows} == {size[0]}
        for shown in ("toy · best · epoch 3 · val HR@10 8.9", "user user5", "seed 0"):
            assert shown in rows[0]
        for shown in (
            "Top-10 of x_t", " 1 ", "10 ", "★", "%", "step  2/32", "t = 29", "noise", "item", "1×",
            "overlap", "entropy", "moved", "x̂_0", "from the start",
            "←→ step", "space play", "s seed", "? help", "q quit",
        ):  # fmt: skip
            assert shown in text, shown
        assert "rank" in text.lower()


@pytest.mark.parametrize("size", SIZES)
async def test_what_the_list_shows(run_path: Path, size: tuple[int, int]):
    async with exploring(run_path, size=size) as (app, _):
        text = "\n".join(screen_text(app))
        for shown in (
            "Users",
            "user39" if size[1] > 43 else "user12",
            "user ",
            "true next item",
            " len ",
            " pop ",
            " rank ",
            " lock ",
            "40 users",
            "/ len>20 rank<=10 miss",
            "o O order",
            "} { next miss",
            "enter open",
            "/ filter",
        ):
            assert shown in text, shown


@pytest.mark.parametrize("size", [(20, 5), (1, 1), (40, 10), (60, 15), (300, 80), (100, 6), (22, 60)])
@pytest.mark.parametrize("user", [None, 5])
async def test_any_size_is_survived(run_path: Path, size: tuple[int, int], user: int | None):
    async with exploring(run_path, user=user, size=size) as (app, pilot):
        await pilot.press("l", "space", "x", "question_mark", "escape", "g", "escape", "slash", "a", "escape")
        assert len(screen_text(app)) == size[1]


async def test_odd_titles_keep_the_columns(run_path: Path, tmp_path: Path):
    dataset = write_dataset(
        tmp_path / "data",
        [[1, 2, 3, 4, 5, 6, 7, 1], [2], [3, 4]],
        num_items=7,
        titles=ODD_TITLES,
        user_ids=["[red]ann[/red]", "ユーザー", "u" * 300],
        name="odd [b]name[/b]",
    )
    run = make_run(tmp_path / "run", dataset, small_config(steps=8))
    for size in SIZES:
        for user in range(3):
            async with exploring(run.path, user=user, size=size) as (app, pilot):
                await pilot.press("l", "u")
                await pilot.press("enter", "end")
                rows = screen_text(app)
                assert {cell_len(row) for row in rows} == {size[0]}
                text = "\n".join(rows)
                assert "Top-7" in text, "the catalogue is smaller than k"
                assert "[bold]Matrix" in text
                if user == 0:
                    assert "[red]ann" in rows[0]
                if user == 1:
                    assert case_of_user(dataset, 1).target is None
                    assert "next item is not known" in text


@pytest.mark.parametrize("title", ODD_TITLES)
@pytest.mark.parametrize("width", [1, 2, 3, 9, 40])
def test_text_fits_exactly(title: str, width: int):
    assert cell_len(fit(clean(title), width)) == width


def test_cleaned_text_moves_no_cursor():
    assert clean("a\tb\nc\x1b[31m\x07\u202e\u200f d") == "a b c[31m d"


async def test_plain_ascii(run_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DIFFUREC_ASCII", "1")
    monkeypatch.setenv("LC_ALL", "C")
    signs.symbols.cache_clear()
    clean.cache_clear()
    try:
        for size in SIZES:
            async with exploring(run_path, user=5, size=size) as (app, pilot):
                await pilot.press("l", "l")
                for screen in ("walk", "users"):
                    odd = {sign for row in screen_text(app) for sign in row if ord(sign) > 127}
                    assert not odd, (size, screen, odd)
                    await pilot.press("u")
    finally:
        monkeypatch.undo()
        signs.symbols.cache_clear()
        clean.cache_clear()


async def test_no_colour(run_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with exploring(run_path, user=5) as (app, pilot):
        await pilot.press("l")
        assert "▲" in "\n".join(screen_text(app)) or "▼" in "\n".join(screen_text(app))


async def test_a_long_walk(tmp_path: Path):
    dataset = write_dataset(tmp_path / "data", [[1, 2, 3, 4]], num_items=9)
    run = make_run(tmp_path / "run", dataset, small_config(steps=1000))
    async with exploring(run.path, user=0, size=(80, 24)) as (app, pilot):
        await pilot.press("end")
        assert app.walk.index == 1000
        assert "step 1000/1000" in "\n".join(screen_text(app))
