from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from textual.pilot import Pilot

from diffurec.errors import UserError
from diffurec.inspection import tsne
from diffurec.inspection.neighbours import Neighbours
from diffurec_tui.app import ExplorerApp
from diffurec_tui.jobs.base import Later, Session, Told
from diffurec_tui.screens import picturing
from tests.helpers import make_dataset, make_run, write_weights
from tests.tui.explorer.conftest import exploring, screen_text, walked
from tests.tui.explorer.maps import mapped, scene, until

processes: list[tsne.TsneProcess] = []


@pytest.fixture
def own_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run that may be written to."""
    processes.clear()

    class Noted(tsne.TsneProcess):
        def __init__(self, vectors: np.ndarray, number_items: int) -> None:
            super().__init__(vectors, number_items)
            processes.append(self)

    monkeypatch.setattr(tsne, "TsneProcess", Noted)
    return make_run(tmp_path / "run", make_dataset(tmp_path / "data")).path


async def with_clouds(app: ExplorerApp, pilot: Pilot[None]) -> None:
    await mapped(app, pilot)
    await pilot.press("m", "N")
    await until(pilot, lambda: len(scene(app).clouds) == 2 and all(one.complete for one in scene(app).clouds))


async def test_items_and_clouds_are_fitted_together_and_kept(own_run: Path, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with exploring(own_run, user=5) as (app, pilot):
        await with_clouds(app, pilot)
        plane = scene(app).items
        await pilot.press("T")
        assert scene(app).items is plane, "the plane stays as long as it is fitted"
        assert "t-SNE of all items… " in "\n".join(screen_text(app))
        await pilot.press("l")
        assert scene(app).index == 1, "the walk goes on"
        await until(pilot, lambda: scene(app).items is not plane and np.isfinite(scene(app).walked).all())
        items = scene(app).items
        kept = np.load(next((own_run / "maps").glob("*.npy")))
        np.testing.assert_array_equal(items.points, kept[:60])
        np.testing.assert_allclose(np.concatenate(scene(app).samples), kept[60:], atol=1e-3)
        assert isinstance(items.layout, Neighbours)
        np.testing.assert_allclose(scene(app).walked, items.layout(scene(app).trail.vectors), atol=1e-5)
        rows = "\n".join(screen_text(app))
        assert "60 items and the walk by t-SNE" in rows
        assert "60 items and 200" in rows
        await pilot.press("tab")
        assert "in the picture" not in "\n".join(screen_text(app)), "a distance in it means nothing"
        await pilot.press("e")
        assert json.loads(next(tmp_path.glob("*map-t-sne.json")).read_text())["layout"] == "t-sne"
        await pilot.press("T")
        assert scene(app).items is plane
        await pilot.press("T")
        await until(pilot, lambda: scene(app).items is not plane)
        np.testing.assert_array_equal(scene(app).items.points, kept[:60])
        assert len(processes) == 1, "the second time it is read"
        write_weights(app.opened.run, seed=3)
        await pilot.press("r")
        await until(pilot, lambda: app.map.map.scene is not None and scene(app).items.quick)
        assert scene(app).items is not plane


async def test_what_comes_later_lies_among_its_nearest(own_run: Path):
    async with exploring(own_run, user=5, size=(80, 24)) as (app, pilot):
        await mapped(app, pilot)
        await pilot.press("T")
        await until(pilot, lambda: not scene(app).items.quick)
        assert "t-SNE: what is near" in "\n".join(screen_text(app))
        await pilot.press("m")
        await until(pilot, lambda: len(scene(app).samples) == 1 and len(scene(app).samples[0]) == 100)
        await until(pilot, lambda: np.isfinite(scene(app).samples[0]).all())
        assert (scene(app).samples[0] >= scene(app).items.points.min(axis=0)).all()
        await pilot.press("n")
        await walked(app, pilot)
        await until(pilot, lambda: np.isfinite(scene(app).walked).all())
        for key in ("x", "v", "c", "z", "a", "b", "tab", "end"):
            await pilot.press(key)
        assert app.map.map.scene is not None


async def test_a_second_press_stops_it(own_run: Path):
    async with exploring(own_run, user=5, size=(80, 24)) as (app, pilot):
        await mapped(app, pilot)
        await pilot.press("T")
        await until(pilot, lambda: processes)
        await pilot.press("T")
        assert app.map.fitting is None
        await until(pilot, lambda: processes[0]._process.returncode is not None)
        assert scene(app).items.quick
        assert "t-SNE of all" not in "\n".join(screen_text(app))


async def test_it_ends_with_the_app(own_run: Path):
    async with exploring(own_run, user=5) as (app, pilot):
        await mapped(app, pilot)
        await pilot.press("T")
        await until(pilot, lambda: processes)
    assert processes[0]._process.returncode is not None
    assert not processes[0]._folder.exists()


async def test_without_the_library_one_line_says_what_to_install(run_path: Path, monkeypatch):
    monkeypatch.setattr(picturing, "is_installed", lambda: False)
    async with exploring(run_path, user=5, size=(80, 24)) as (app, pilot):
        await mapped(app, pilot)
        await pilot.press("T")
        await pilot.pause()
        assert 'pip install "diffurec[map]"' in " ".join(one.message for one in app._notifications)
        assert app.map.fitting is None


async def test_a_failure_is_said_and_the_plane_stays(own_run: Path, monkeypatch):
    def broken(*_: object) -> None:
        raise UserError("t-SNE failed: [b]no memory[/b]")

    monkeypatch.setattr(tsne, "TsneProcess", broken)
    async with exploring(own_run, user=5) as (app, pilot):
        await mapped(app, pilot)
        await pilot.press("T")
        await until(pilot, lambda: app.map.fitting is None)
        assert scene(app).items.quick
        assert "[b]no memory[/b]" in " ".join(one.message for one in app._notifications)


@dataclass(eq=False)
class Sleeper:
    """A job that has nothing to do for a while, again and again."""

    woken: list[float] = field(default_factory=list)
    kind: ClassVar[str] = "sleeper"
    urgency: ClassVar[int] = 0

    def run(self, session: Session) -> Iterator[Told]:
        for _ in range(4):
            self.woken.append(time.monotonic())
            yield Later(0.2)


async def test_a_job_that_waits_lets_others_go_on(run_path: Path):
    async with exploring(run_path, user=5) as (app, pilot):
        sleeper = Sleeper()
        app.engine.ask(sleeper)
        await until(pilot, lambda: sleeper.woken)
        await pilot.press("s")
        await walked(app, pilot)
        assert len(sleeper.woken) < 4, "the walk did not wait, though it is not more urgent"
        await until(pilot, lambda: len(sleeper.woken) == 4)
        assert np.diff(sleeper.woken).min() >= 0.19
