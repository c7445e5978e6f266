"""What is exported is enough to walk the same walk again, by the engine and on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from diffurec.inspection.cases import Case
from diffurec.inspection.frames import Frame, Lens
from diffurec.inspection.inspector import load_inspector
from diffurec.inspection.views import Fork, View
from diffurec.run import open_run
from diffurec.walk_options import WalkOptions
from tests.helpers import make_dataset, make_run, small_config
from tests.tui.command import diffurec
from tests.tui.explorer.conftest import exploring, walked

LENSES: tuple[Lens, ...] = ("x_t", "x_0_hat")


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose model sees the state, so that forks and dials change its walks."""
    folder = tmp_path_factory.mktemp("export")
    return make_run(folder / "run", make_dataset(folder / "data"), small_config(lambda_mean=0.5)).path


def again(run: Path, value: dict[str, Any]) -> list[Frame]:
    """The walk of an exported file, from the file alone."""
    dials = dict(value["dials"])
    view = View(
        top_k=value["top_k"],
        exclude_seen=dials.pop("exclude_seen"),
        temperature=dials.pop("temperature"),
        walk=WalkOptions(**dials),
    )
    target = value["target"]
    case = Case(tuple(one["item"] for one in value["history"]), None if target is None else target["item"])
    forks = tuple(Fork(**fork) for fork in value["forks"])
    return list(load_inspector(open_run(run)).walk(case, value["seed"], view, forks))


async def test_a_walk_can_be_walked_again_from_its_file(
    moving: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    async with exploring(moving, user=5, seed=7) as (app, pilot):
        before = app.spec
        # λ, steps, variance, rounding, temperature and the items seen; then the history; then two forks.
        await pilot.press("d", "right", "down", "right", "down", "right", "right", "down", "right", "right")
        await pilot.press("down", "left", "down", "right", "escape", "w", "x", "escape")
        await walked(app, pilot)
        for _ in range(2):
            await pilot.press("l", "l", "l", "f")
            await walked(app, pilot)
        await pilot.press("l", "e")
        await pilot.pause(0.2)
        spec, trajectory = app.spec, app.trajectory
    assert spec is not None
    assert before is not None
    assert trajectory is not None
    value = json.loads(next(tmp_path.glob("*.json")).read_text())
    assert value["dials"] == {
        "lambda_scale": 2.0, "steps": 16, "variance": "posterior", "rounding": "distance",
        "temperature": 0.5, "exclude_seen": True,
    }  # fmt: skip
    assert value["forks"] == [{"step": 3, "seed": 8}, {"step": 6, "seed": 9}]
    assert [one["item"] for one in value["history_before_edits"]] == list(before.case.history)
    assert len(value["history"]) == len(value["history_before_edits"]) - 1

    frames = again(moving, value)
    assert len(frames) == len(trajectory.frames) == value["steps"] == 16
    for number, frame in enumerate(frames):
        assert frame.moved == pytest.approx(value["walk"]["moved"][number], nan_ok=True, rel=1e-5)
        for lens in LENSES:
            ranking = frame.ranking(lens)
            assert ranking.target_rank == value["walk"]["target_rank"][lens][number]
            assert ranking.entropy == pytest.approx(value["walk"]["entropy"][lens][number], rel=1e-5)
    for lens in LENSES:
        ranking, top = frames[value["step"]].ranking(lens), value[lens]["top"]
        assert ranking.items.tolist() == [one["item"] for one in top]
        assert ranking.scores.tolist() == pytest.approx([one["score"] for one in top], rel=1e-5)
        assert ranking.probabilities.tolist() == pytest.approx([one["probability"] for one in top], rel=1e-5)

    report = diffurec("trace", "--ckpt", moving, *value["trace"], "--json").json
    assert [step["x_t"]["target_rank"] for step in report["steps"]] == value["walk"]["target_rank"]["x_t"]


async def test_a_plain_walk_says_that_nothing_is_changed(
    moving: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    async with exploring(moving, user=0) as (app, pilot):
        await pilot.press("e")
        await pilot.pause(0.2)
        assert app.facts.num_steps == 32
    value = json.loads(next(tmp_path.glob("*.json")).read_text())
    assert value["history_before_edits"] is None
    assert value["forks"] == []
    assert value["target"] is None
    assert len(again(moving, value)) == 32


async def test_the_map_names_its_walk_too(moving: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    async with exploring(moving, user=5) as (app, pilot):
        await pilot.press("l", "f", "d", "right", "escape", "3")
        await walked(app, pilot)
        for _ in range(500):
            if app.map.map.scene is not None:
                break
            await pilot.pause(0.02)
        await pilot.press("e")
        await pilot.pause(0.2)
        trajectory = app.trajectory
    value = json.loads(next(tmp_path.glob("*map-pca.json")).read_text())
    assert value["forks"] == [{"step": 1, "seed": 1}]
    assert value["dials"]["lambda_scale"] == 2
    assert trajectory is not None
    frames = again(moving, value)
    assert [frame.x_t.items.tolist() for frame in frames] == [
        frame.x_t.items.tolist() for frame in trajectory.frames
    ]
