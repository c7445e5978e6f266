from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from diffurec.inspection.cases import case_of_user
from diffurec.inspection.frames import Frame
from diffurec.inspection.inspector import load_inspector
from diffurec.inspection.views import View
from diffurec.run import open_run
from tests.tui.explorer.conftest import exploring, screen_text, walked


def same(ours: Frame, theirs: Frame) -> None:
    assert (ours.index, ours.t) == (theirs.index, theirs.t)
    for lens in ("x_0_hat", "x_t"):
        assert ours.ranking(lens).items.tolist() == theirs.ranking(lens).items.tolist()
        assert ours.ranking(lens).target_rank == theirs.ranking(lens).target_rank
        np.testing.assert_allclose(ours.ranking(lens).scores, theirs.ranking(lens).scores, rtol=1e-4)
    assert ours.moved == pytest.approx(theirs.moved, rel=1e-4)


async def test_frames_are_those_of_the_inspector(run_path: Path):
    run = open_run(run_path)
    inspector = load_inspector(run, device="cpu")
    async with exploring(run_path, user=5, seed=7) as (app, pilot):
        for seed in (7, 8):
            assert app.trajectory is not None
            case = case_of_user(run.dataset(), 5)
            expected = list(inspector.walk(case, seed, View(top_k=10)))
            assert len(app.trajectory.frames) == len(expected) == 32
            for ours, theirs in zip(app.trajectory.frames, expected, strict=True):
                same(ours, theirs)
            await pilot.press("s")
            await walked(app, pilot)


async def test_every_key_of_the_walk(run_path: Path):
    async with exploring(run_path, user=5) as (app, pilot):
        walk = app.walk
        assert walk.index == 0
        presses = [
            ("right", 1), ("l", 2), ("left", 1), ("h", 0), ("h", 0), ("L", 5), ("shift+right", 10),
            ("H", 5), ("shift+left", 0), ("shift+left", 0), ("end", 32), ("l", 32), ("h", 31), ("home", 0),
            ("dollar_sign", 32), ("0", 0),
        ]  # fmt: skip
        for key, index in presses:
            await pilot.press(key)
            assert walk.index == index, key
            assert f"step {index:>2}/32" in "\n".join(screen_text(app))
            assert ("x_0" if index == 32 else f"t = {31 - index}") in "\n".join(screen_text(app))


async def test_a_walk_ends_in_the_recommendation(run_path: Path):
    async with exploring(run_path, user=5) as (app, pilot):
        assert app.trajectory is not None
        await pilot.press("end")
        states = app.walk.states
        assert states is not None
        assert states.last == states.num_steps == 32
        recommended = app.trajectory.frames[-1].x_0_hat
        assert states.ranking(32, "x_t") is states.ranking(32, "x_0_hat") is recommended
        for index, frame in enumerate(app.trajectory.frames):
            assert states.ranking(index, "x_t") is frame.x_t
            assert states.ranking(index, "x_0_hat") is frame.x_0_hat
            assert states.t(index) == frame.t
        assert states.overlap("x_t")[-1] == 1
        assert "the recommendation" in "\n".join(screen_text(app))


async def test_a_new_seed_keeps_the_step(run_path: Path):
    async with exploring(run_path, user=5) as (app, pilot):
        await pilot.press("end", "h", "s")
        await walked(app, pilot)
        assert app.walk.shown == 31


async def test_h_is_left_and_never_help(run_path: Path):
    async with exploring(run_path, user=5) as (app, pilot):
        await pilot.press("l", "l", "h")
        assert app.screen is app.walk
        assert app.walk.index == 1


async def test_playing(run_path: Path):
    async with exploring(run_path, user=5) as (app, pilot):
        await pilot.press("minus", "minus", "minus", "equals_sign")
        assert app.walk.speed == 0.5
        await pilot.press("space")
        await pilot.pause(0.6)
        assert app.walk.index > 0
        await pilot.press("space")
        assert app.walk.player is None
        index = app.walk.index
        await pilot.pause(0.3)
        assert app.walk.index == index
        await pilot.press(*["plus"] * 5)
        assert app.walk.speed == 8
        await pilot.press("space")
        for _ in range(100):
            await pilot.pause(0.05)
            if app.walk.player is None:
                break
        assert app.walk.index == 32, "plays to the end and stops"
        await pilot.press(*["minus"] * 5, "space")
        assert app.walk.index < 32, "and begins again"
        await pilot.press("l")
        assert app.walk.player is None, "a step pauses"


async def test_going_to_a_step(run_path: Path):
    async with exploring(run_path, user=5) as (app, pilot):
        for typed, index in (("20", 20), ("999", 20), ("32", 32), ("0", 0), ("", 0)):
            await pilot.press("g", *typed, "enter")
            await pilot.pause()
            assert app.screen is app.walk
            assert app.walk.index == index
        await pilot.press("g", "7", "escape")
        await pilot.pause()
        assert app.walk.index == 0


async def test_lens_and_seed(run_path: Path):
    async with exploring(run_path, user=5, size=(80, 24)) as (app, pilot):
        assert "Top-10 of x_t" in "\n".join(screen_text(app))
        await pilot.press("x")
        assert "Top-10 of x̂_0" in "\n".join(screen_text(app))
        before = app.trajectory
        await pilot.press("s")
        await walked(app, pilot)
        assert app.seed == 1
        assert app.trajectory is not before
        assert "seed 1" in screen_text(app)[0]


async def test_both_lenses_where_there_is_room(run_path: Path):
    async with exploring(run_path, user=5, size=(120, 40)) as (app, _):
        text = "\n".join(screen_text(app))
        assert "Top-10 of x_t" in text
        assert "Top-10 of x̂_0" in text


async def test_movement_and_the_true_item(run_path: Path):
    async with exploring(run_path, user=5) as (app, pilot):
        assert app.trajectory is not None
        await pilot.press("l")
        text = "\n".join(screen_text(app))
        assert "★" in text
        before, after = app.trajectory.frames[0].x_t, app.trajectory.frames[1].x_t
        assert ("●" in text) == bool(set(after.items.tolist()) - set(before.items.tolist()))
        rank = app.trajectory.frames[1].x_t.target_rank
        assert rank is not None
        if rank > 10:
            row = next(line for line in screen_text(app) if f"{rank:>4} " in line and "★" in line)
            moved = app.trajectory.frames[0].x_t.target_rank or 0
            assert ("▲" if moved > rank else "▼" if moved < rank else "") in row


async def test_the_next_user_is_walked_and_the_seed_kept(run_path: Path):
    async with exploring(run_path, user=5) as (app, pilot):
        await pilot.press("n")
        await walked(app, pilot)
        assert app.subject is not None
        assert app.subject.user == 6
        await pilot.press("p", "p")
        await walked(app, pilot)
        assert app.subject.user == 4


async def test_export(run_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    async with exploring(run_path, user=5) as (app, pilot):
        await pilot.press("l", "e")
        await pilot.pause()
        (path,) = tmp_path.glob("*.json")
        value = json.loads(path.read_text())
        assert app.trajectory is not None
        assert value["step"] == 1
        assert value["user"] == "user5"
        assert [row["item"] for row in value["x_t"]["top"]] == app.trajectory.frames[1].x_t.items.tolist()
        await pilot.press("e")
        await pilot.pause()
        assert len(list(tmp_path.glob("*.json"))) == 1, "the same again is the same file"


async def test_a_held_key_queues_no_walks(run_path: Path):
    async with exploring(run_path, user=5) as (app, pilot):
        await pilot.press(*["s"] * 20)
        await walked(app, pilot)
        assert app.seed == 20
        assert app.spec is not None
        assert app.spec.seed == 20


async def test_help_comes_and_goes(run_path: Path):
    async with exploring(run_path, user=5) as (app, pilot):
        await pilot.press("question_mark")
        text = "\n".join(screen_text(app))
        assert "One step on" in text
        await pilot.press("l")
        await pilot.pause()
        assert app.screen is app.walk
        assert app.walk.index == 0


async def test_theme_and_palette(run_path: Path):
    async with exploring(run_path, user=5) as (app, pilot):
        await pilot.press("t")
        assert not app.current_theme.dark
        await pilot.press("t")
        assert app.current_theme.dark
        await pilot.press("ctrl+p")
        await pilot.pause(0.2)
        await pilot.press(*"lens")
        await pilot.pause(0.5)
        await pilot.press("enter")
        await pilot.pause(0.3)
        assert app.walk.lens == "x_0_hat"


async def test_what_works_everywhere_works_by_click_and_palette_too(run_path: Path):
    async with exploring(run_path, user=5) as (app, pilot):
        footer = screen_text(app)[-1]
        await pilot.click("#footer", offset=(footer.index("? help"), 0))
        await pilot.pause()
        assert "One step on" in "\n".join(screen_text(app))
        await pilot.press("escape", "ctrl+p")
        await pilot.pause(0.2)
        await pilot.press(*"light, dark")
        await pilot.pause(0.2)
        await pilot.press("enter")
        await pilot.pause(0.2)
        assert not app.current_theme.dark


async def test_mouse(run_path: Path):
    async with exploring(run_path, user=5) as (app, pilot):
        await pilot.click("#timeline", offset=(7, 0))
        assert app.walk.index == 0
        line = screen_text(app)[app.size.height - 3]
        await pilot.click("#timeline", offset=(line.index(" item ") - 1, 0))
        assert app.walk.index == 32
        await pilot.click("#bump", offset=(30, 6))
        assert 0 < app.walk.index < 32
        footer = screen_text(app)[-1]
        await pilot.click("#footer", offset=(footer.index("s seed"), 0))
        await walked(app, pilot)
        assert app.seed == 1


async def test_scrolling_a_long_history(run_path: Path):
    async with exploring(run_path, user=5, size=(120, 24)) as (app, pilot):
        history = app.walk.query_one("#history")
        await pilot.press("up", "k", "down", "j")
        await pilot.press(*["up"] * 40)
        assert "1 older" not in "\n".join(screen_text(app))
        await pilot.press(*["down"] * 40)
        assert history.scrolled == 0  # type: ignore[attr-defined]
