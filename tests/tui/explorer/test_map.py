from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len
from textual import events

from diffurec.inspection.inspector import load_inspector
from diffurec.inspection.projection import Projection, principal_plane
from diffurec.run import open_run
from diffurec_tui.mapping import ItemMap, Mark, explained, marks_of, told
from diffurec_tui.snapshots import NumberedNames
from diffurec_tui.widgets.footer import Footer
from diffurec_tui.widgets.map_signs import mark_sign, number_of
from diffurec_tui.widgets.text import clean, symbols
from tests.helpers import make_run, small_config, write_dataset, write_weights
from tests.tui.explorer.conftest import exploring, screen_text, walked
from tests.tui.explorer.maps import found, mapped, window

SIZES = [(80, 24), (120, 40)]


async def test_the_items_are_those_of_the_model_in_its_principal_plane(run_path: Path):
    run = open_run(run_path)
    table = load_inspector(run).model.item_embeddings.weight.detach().numpy()[1:]
    async with exploring(run_path, user=5) as (app, pilot):
        await mapped(app, pilot)
        items = app.item_map
        assert items is not None
        np.testing.assert_array_equal(items.vectors, table)
        np.testing.assert_allclose(items.points, principal_plane(table)(table), rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(items.counts, run.dataset().training_counts()[1:])
        assert items.points.dtype == items.vectors.dtype == np.float32


async def test_the_trail_is_the_walk_in_the_same_plane(run_path: Path):
    async with exploring(run_path, user=5) as (app, pilot):
        widget = await mapped(app, pilot)
        assert app.trajectory is not None
        frames = app.trajectory.frames
        for lens, key in (("x_t", "home"), ("x_0_hat", "x")):
            await pilot.press(key)
            assert widget.scene is not None
            trail = widget.scene.trail
            assert trail.lens == lens
            rows = [frame.x_t_vector if lens == "x_t" else frame.x_0_hat_vector for frame in frames]
            rows.append(frames[-1].x_0_hat_vector)
            layout = widget.scene.items.layout
            assert isinstance(layout, Projection)
            np.testing.assert_allclose(widget.scene.walked, layout(np.stack(rows)), atol=1e-6)
            assert trail.to_the_end(32) == 0


@pytest.mark.parametrize("size", SIZES)
async def test_what_the_map_shows(run_path: Path, size: tuple[int, int]):
    async with exploring(run_path, user=5, size=size) as (app, pilot):
        widget = await mapped(app, pilot)
        await pilot.press("l", "l")
        rows = screen_text(app)
        text = "\n".join(rows)
        assert len(rows) == size[1]
        assert {cell_len(row) for row in rows} == {size[0]}
        for shown in (
            "60 items and the walk in two dimensions", "★ next item", "◆ x_t", "● newest", "∘ history",
            "step  2/32",
            "from where the walk ends", "The picture has", "←→ step", "tab mark", "zZ zoom", "c near",
            "a all", "12345 views", "WASD pan", "b colour", "m M cloud", "N other user", "? help", "q quit",
        ):  # fmt: skip
            assert shown in text, shown
        assert ("Top-10 of x_t" in text) == (size[0] >= 110)
        assert found(widget, number_of("here")) == 1
        assert found(widget, number_of("trail")) + found(widget, number_of("recent")) > 1
        assert found(widget, 1) + found(widget, 2) + found(widget, 3) > 10, "items"


@pytest.mark.parametrize("size", SIZES)
async def test_stepping_is_shared_with_the_walk(run_path: Path, size: tuple[int, int]):
    async with exploring(run_path, user=5, size=size) as (app, pilot):
        await pilot.press("l", "l", "l")
        widget = await mapped(app, pilot)
        assert widget.scene is not None
        assert widget.scene.index == 3
        for key, index in (
            ("l", 4),
            ("right", 5),
            ("h", 4),
            ("L", 9),
            ("H", 4),
            ("end", 32),
            ("0", 0),
            ("l", 1),
        ):
            await pilot.press(key)
            assert widget.scene.index == index, key
            assert f"step {index:>2}/32" in "\n".join(screen_text(app))
        await pilot.press("x", "plus", "1")
        assert app.screen is app.walk
        assert (app.walk.index, app.walk.lens, app.walk.speed) == (1, "x_0_hat", 2.0)
        await pilot.press("g", "7", "enter", "3")
        assert (app.map.index, app.map.lens) == (7, "x_0_hat")
        await pilot.press("space")
        for _ in range(200):
            await pilot.pause(0.02)
            if app.map.index > 8:
                break
        assert app.map.index > 8
        await pilot.press("space", "n")
        await walked(app, pilot)
        assert app.subject is not None
        assert app.subject.user == 6
        await pilot.press("s")
        await walked(app, pilot)
        assert app.seed == 1
        await pilot.press("u")
        assert app.screen is app.users


@pytest.mark.parametrize("size", SIZES)
async def test_looking_around(run_path: Path, size: tuple[int, int]):
    async with exploring(run_path, user=5, size=size) as (app, pilot):
        widget = await mapped(app, pilot)
        whole = window(widget)
        for key, right, up in (
            ("A", -1, 0),
            ("D", 1, 0),
            ("W", 0, 1),
            ("S", 0, -1),
            ("up", 0, 1),
            ("down", 0, -1),
        ):
            before = window(widget)
            await pilot.press(key)
            after = window(widget)
            assert np.sign(round(after.x - before.x, 6)) == right, key
            assert np.sign(round(after.y - before.y, 6)) == up, key
        await pilot.press("z")
        assert window(widget).scale == pytest.approx(whole.scale / 1.5)
        await pilot.press("Z", "Z")
        assert window(widget).scale == pytest.approx(whole.scale * 1.5)
        await pilot.press("a")
        assert window(widget) == whole
        await pilot.press("c")
        assert window(widget).scale <= whole.scale
        for key in ("z", "Z"):
            await pilot.press(*[key] * 40)
            assert whole.scale / 5001 < window(widget).scale < whole.scale * 4.1
            assert {cell_len(row) for row in screen_text(app)} == {size[0]}


@pytest.mark.parametrize("size", SIZES)
async def test_marks_are_gone_through_and_told_of(run_path: Path, size: tuple[int, int]):
    async with exploring(run_path, user=5, size=size) as (app, pilot):
        widget = await mapped(app, pilot)
        assert widget.scene is not None
        marks = widget.scene.marks
        await pilot.press("tab")
        assert app.map.picked == marks[0].item
        assert "the true next item" in "\n".join(screen_text(app))
        assert "away" in "\n".join(screen_text(app))
        assert found(widget, number_of("picked")) == 1
        await pilot.press("tab")
        assert "number 1 of the list" in "\n".join(screen_text(app))
        await pilot.press("shift+tab", "shift+tab")
        assert "items ago" in "\n".join(screen_text(app))
        await pilot.press(*["z"] * 12, *["D"] * 9, "tab")
        assert found(widget, number_of("picked")) == 1, "it is brought into view"
        await pilot.press("backspace")
        assert app.map.picked is None
        assert found(widget, number_of("picked")) == 0


@pytest.mark.parametrize("size", SIZES)
async def test_the_mouse_reads_and_a_click_keeps(run_path: Path, size: tuple[int, int]):
    async with exploring(run_path, user=5, size=size) as (app, pilot):
        widget = await mapped(app, pilot)
        await pilot.press("c")
        assert widget.scene is not None
        place = window(widget).dots(widget.scene.items.points, *widget.size) // (2, 4)
        inside = (place >= 0).all(axis=1) & (place < (40, 10)).all(axis=1)
        column, row = place[np.flatnonzero(inside)[0]].tolist()
        cell = int(column), int(row)
        await pilot.hover(widget, offset=cell)
        assert app.map.hovered is not None
        assert np.abs(place[app.map.hovered - 1] - cell).max() <= 2
        assert app.map.picked is None
        assert "in training" in "\n".join(screen_text(app))
        await pilot.hover(Footer)
        assert app.map.hovered is None
        assert "in training" not in "\n".join(screen_text(app))
        await pilot.click(widget, offset=cell)
        assert app.map.picked is not None
        assert np.abs(place[app.map.picked - 1] - cell).max() <= 2
        before = window(widget).scale
        await pilot._post_mouse_events([events.MouseScrollUp], widget, offset=(5, 5))
        assert window(widget).scale < before


async def test_facts_are_not_cut_at_80_columns(run_path: Path):
    async with exploring(run_path, user=5, size=(80, 24)) as (app, pilot):
        await mapped(app, pilot)
        assert app.item_map is not None
        app.item_map = replace(app.item_map, categories=["", *["Drama|Film-Noir|Romance"] * 60])
        for item in range(1, 8):  # the odd titles
            app.map._pick(item)
            await pilot.pause()
            rows = [row for row in screen_text(app) if "in training" in row]
            assert len(rows) == 1
            assert "away (" in rows[0]
            assert "in the picture)" in rows[0]
            assert cell_len(rows[0]) == 80


async def test_export(run_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    async with exploring(run_path, user=5) as (app, pilot):
        widget = await mapped(app, pilot)
        await pilot.press("l", "c", "tab", "e")
        written = json.loads((tmp_path / "diffurec-user5-seed0-map-pca.json").read_text())
        view, points = window(widget), app.item_map.points if app.item_map else np.empty((0, 2))
        dots = view.dots(points, *widget.size)
        inside = ((dots >= 0) & (dots <= np.array(widget.size) * (2, 4))).all(axis=1)
        assert [one["item"] for one in written["items"]] == (np.flatnonzero(inside) + 1).tolist()
        assert 0 < len(written["items"]) < 60
        first = written["items"][0]
        assert [first["x"], first["y"]] == pytest.approx(points[first["item"] - 1].tolist())
        assert first["title"] == app.names.name(first["item"])
        assert (written["state"], written["lens"], len(written["trail"])) == (1, "x_t", 33)
        assert written["picked"] == written["marks"][0]["item"] == written["target"]["item"]
        assert written["clouds"] == []
        await pilot.press("e")
        assert len(list(tmp_path.iterdir())) == 1, "the same again is not written twice"


async def test_weights_that_are_no_numbers(tmp_path: Path):
    import torch
    from safetensors import safe_open
    from safetensors.torch import load_file, save_file

    dataset = write_dataset(tmp_path / "data", [[1, 2, 3, 4, 5]], num_items=9)
    run = make_run(tmp_path / "run", dataset, small_config(steps=8))
    with safe_open(run.weights_path, "pt") as file:
        metadata = file.metadata()
    tensors = load_file(run.weights_path)
    tensors["item_embeddings.weight"][3] = torch.nan
    save_file(tensors, run.weights_path, metadata)
    async with exploring(run.path, user=0, size=(80, 24)) as (app, pilot):
        await pilot.press("3")
        for _ in range(200):
            await pilot.pause(0.02)
            if app.map_failed:
                break
        await pilot.pause()
        assert "nothing to draw" in "\n".join(screen_text(app))
        await pilot.press("z", "c", "a", "A", "tab", "b", "l", "x")
        write_weights(run, seed=3)
        await pilot.press("r")
        for _ in range(200):
            await pilot.pause(0.02)
            if app.item_map is not None:
                break
        await pilot.pause()
        assert "nothing to draw" not in "\n".join(screen_text(app))


@pytest.mark.parametrize("size", SIZES)
async def test_plain_ascii(run_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]):
    monkeypatch.setenv("DIFFUREC_ASCII", "1")
    monkeypatch.setenv("LC_ALL", "C")
    symbols.cache_clear()
    clean.cache_clear()
    try:
        async with exploring(run_path, user=5, size=size) as (app, pilot):
            await mapped(app, pilot)
            for key in ("l", "x", "c", "tab", "b", "m", "N", "v", "end", "b", "b", "backspace"):
                await pilot.press(key)
                assert not {sign for row in screen_text(app) for sign in row if ord(sign) > 127}, key
            assert "@ x^_0" in "\n".join(screen_text(app))
    finally:
        monkeypatch.undo()
        symbols.cache_clear()
        clean.cache_clear()


@pytest.mark.parametrize("size", [(20, 5), (1, 1), (40, 10), (100, 6), (300, 80)])
async def test_any_size_is_survived(run_path: Path, size: tuple[int, int]):
    async with exploring(run_path, user=5, size=size) as (app, pilot):
        await pilot.press("3", "l", "z", "c", "tab", "b", "A", "W", "x", "end", "a")
        assert len(screen_text(app)) == size[1]
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert "★" in "\n".join(screen_text(app))


async def test_a_user_without_a_next_item(run_path: Path):
    async with exploring(run_path, user=0) as (app, pilot):
        widget = await mapped(app, pilot)
        assert widget.scene is not None
        assert [mark.kind for mark in widget.scene.marks].count("target") == 0
        await pilot.press("tab")
        assert "number 1 of the list" in "\n".join(screen_text(app))
        await pilot.press("c", "end")


async def test_marks_are_in_order_of_importance(run_path: Path):
    async with exploring(run_path, user=5) as (app, pilot):
        await mapped(app, pilot)
        states, subject = app.map.states, app.subject
        assert states is not None
        assert subject is not None
        marks = marks_of(states, 32, "x_t", subject, 3)
        assert marks[0] == Mark(subject.case.target or 0, "target", 0)
        assert [mark.place for mark in marks if mark.kind == "top"] == sorted(
            mark.place for mark in marks if mark.kind == "top"
        )
        newest = [mark.item for mark in marks if mark.kind in ("newest", "history")]
        assert newest == list(reversed(subject.case.history))[:3]


def test_words():
    items = ItemMap(
        layout=principal_plane(np.eye(3, dtype=np.float32)),
        vectors=np.eye(3, dtype=np.float32),
        points=principal_plane(np.eye(3, dtype=np.float32))(np.eye(3, dtype=np.float32)),
        counts=np.array([1, 2, 3]),
        categories=["", "A|B", "", ""],
    )
    title, facts, categories = told(
        1, Mark(1, "history", 4), items, NumberedNames(), np.array([1, 0, 0], dtype=np.float32)
    )
    assert title == "#1"
    assert facts == "4 items ago · 0.00 away (0.00 in the picture) · 1 in training"
    assert categories == "A, B"
    assert "100 %" in explained(items)
    assert items.nearest(*items.points[2].tolist()) == 3
    assert [mark_sign(Mark(1, "top", place))[0] for place in (1, 9, 10, 11, 99)] == ["1", "9", "0", "a", "z"]
