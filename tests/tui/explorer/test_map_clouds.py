from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from diffurec.inspection.cases import Case, case_of_user
from diffurec.inspection.inspector import load_inspector
from diffurec.inspection.views import View
from diffurec.run import open_run
from diffurec_tui.app import ExplorerApp
from diffurec_tui.clouds import NUMBERS, Cloud, said
from diffurec_tui.snapshots import WalkSpec
from diffurec_tui.widgets.map_signs import CLOUD_SIGNS, FIRST_CLOUD, FULL_CLOUD_SIGNS
from tests.helpers import make_run, small_config, write_dataset
from tests.tui.explorer.conftest import exploring, screen_text, walked
from tests.tui.explorer.maps import found, mapped, picture, scene, until, window


def all_there(app: ExplorerApp, users: int, number: int = 100) -> bool:
    clouds = scene(app).clouds
    return len(clouds) == users and all(len(cloud.vectors) == number for cloud in clouds)


async def test_a_cloud_is_where_the_walks_of_a_user_end(run_path: Path):
    run = open_run(run_path)
    inspector = load_inspector(run)
    async with exploring(run_path, user=5, seed=7) as (app, pilot):
        await mapped(app, pilot)
        await pilot.press("m", "N")
        await until(pilot, lambda: all_there(app, 2))
        for user, cloud in zip((5, 6), scene(app).clouds, strict=True):
            case = case_of_user(run.dataset(), user)
            assert cloud.name == f"user{user}"
            for number in (0, 9, 10, 99):
                *_, last = inspector.walk(case, 7 + number)
                np.testing.assert_allclose(cloud.vectors[number], last.x_0_hat_vector, rtol=1e-4, atol=1e-5)


async def test_more_fewer_others_and_none(run_path: Path):
    async with exploring(run_path, user=5, size=(80, 24)) as (app, pilot):
        widget = await mapped(app, pilot)
        await pilot.press("m")
        await until(pilot, lambda: all_there(app, 1))
        assert found(widget, FIRST_CLOUD) > 0
        assert "100 samples of x̂_0 lie" in "\n".join(screen_text(app))
        await pilot.press("m")
        await until(pilot, lambda: all_there(app, 1, 200))
        drawn = scene(app).clouds[0].vectors
        await pilot.press("M")
        np.testing.assert_array_equal(scene(app).clouds[0].vectors, drawn[:100])
        await pilot.press("N", "N", "Y", "Y")
        await until(pilot, lambda: all_there(app, 5))
        users = [cloud.spec.user for cloud in scene(app).clouds]
        assert users[:3] == [5, 6, 7]
        assert len(set(users)) == 5
        await pilot.press("N")
        assert len(app.map.clouds.others) == 4, "five clouds at the most"
        rows = "\n".join(screen_text(app))
        assert "The samples of a user lie" in rows
        assert "user user5" in rows
        shown = set(picture(widget).characters[picture(widget).styles >= FIRST_CLOUD].tolist())
        assert {chr(sign) for sign in shown} <= set(CLOUD_SIGNS + FULL_CLOUD_SIGNS)
        await pilot.press("C")
        assert scene(app).clouds == ()
        assert found(widget, FIRST_CLOUD) == 0
        await pilot.press(*["m"] * 9)
        assert app.map.clouds.number == NUMBERS[-1] == 1000
        await pilot.press(*["M"] * 9)
        assert app.map.clouds.number == 0


async def test_what_is_drawn_is_not_drawn_again(run_path: Path):
    async with exploring(run_path, user=5) as (app, pilot):
        await mapped(app, pilot)
        await pilot.press("m")
        await until(pilot, lambda: all_there(app, 1))
        vectors = scene(app).clouds[0].vectors
        await pilot.press("1", "3")
        assert np.shares_memory(scene(app).clouds[0].vectors, vectors)
        await pilot.press("n")
        await walked(app, pilot)
        await until(pilot, lambda: all_there(app, 1) and scene(app).clouds[0].spec.user == 6)
        await pilot.press("p")
        await walked(app, pilot)
        assert all_there(app, 1)
        assert np.shares_memory(scene(app).clouds[0].vectors, vectors)


async def test_the_clouds_from_near_by(run_path: Path):
    async with exploring(run_path, user=5) as (app, pilot):
        widget = await mapped(app, pilot)
        whole = window(widget).scale
        await pilot.press("v")
        assert window(widget).scale == whole, "there are none"
        await pilot.press("m", "N")
        await until(pilot, lambda: all_there(app, 2))
        await pilot.press("v", "v")
        near = window(widget)
        points = scene(app).samples[0]
        assert near.scale < whole
        assert (near.dots(points, *widget.size) >= -1).all()
        assert found(widget, FIRST_CLOUD) > 20, "one user's samples fill the picture"
        await pilot.press("v")
        assert window(widget) != near


async def test_clouds_follow_dials_and_seed_and_forget_forks(run_path: Path):
    async with exploring(run_path, user=5) as (app, pilot):
        await mapped(app, pilot)
        await pilot.press("m")
        await until(pilot, lambda: all_there(app, 1))
        first = scene(app).clouds[0]
        await pilot.press("1", "l", "l", "f")
        await walked(app, pilot)
        await pilot.press("3")
        assert app.spec is not None
        assert app.spec.forks
        assert scene(app).clouds[0].spec == first.spec
        await pilot.press("s")
        await walked(app, pilot)
        await until(pilot, lambda: all_there(app, 1) and scene(app).clouds[0].spec.seed == app.seed)
        await pilot.press("1", "d", "right", "escape", "3")
        await walked(app, pilot)
        await until(pilot, lambda: all_there(app, 1) and app.spec is not None)
        view = scene(app).clouds[0].spec.view
        assert view.walk == app.spec.view.walk
        assert view.walk.lambda_scale != 1


async def test_export_has_the_clouds(run_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    async with exploring(run_path, user=5) as (app, pilot):
        await mapped(app, pilot)
        await pilot.press("m", "N")
        await until(pilot, lambda: all_there(app, 2))
        await pilot.press("e")
        written = json.loads(next(tmp_path.glob("*map-pca.json")).read_text())
        assert [cloud["user"] for cloud in written["clouds"]] == ["user5", "user6"]
        assert [len(cloud["points"]) for cloud in written["clouds"]] == [100, 100]
        assert written["clouds"][0]["spread"] == pytest.approx(scene(app).clouds[0].spread)


async def test_a_single_user_has_no_other(tmp_path: Path):
    dataset = write_dataset(tmp_path / "data", [[1, 2, 3, 4]], num_items=9)
    run = make_run(tmp_path / "run", dataset, small_config(steps=8))
    async with exploring(run.path, user=0, size=(80, 24)) as (app, pilot):
        await mapped(app, pilot)
        await pilot.press("N", "Y")
        assert app.map.clouds.others == ()


async def test_other_weights_have_other_clouds(run_path: Path, tmp_path: Path):
    from tests.helpers import write_weights

    dataset = write_dataset(tmp_path / "data", [[1, 2, 3, 4], [2, 3]], num_items=9)
    run = make_run(tmp_path / "run", dataset, small_config(steps=8))
    async with exploring(run.path, user=0) as (app, pilot):
        await mapped(app, pilot)
        await pilot.press("m")
        await until(pilot, lambda: all_there(app, 1))
        before = scene(app).clouds[0].vectors
        write_weights(run, seed=3)
        await pilot.press("r")
        await until(
            pilot,
            lambda: (
                app.map.map.scene is not None
                and all_there(app, 1)
                and not np.shares_memory(scene(app).clouds[0].vectors, before)
            ),
        )
        assert np.abs(scene(app).clouds[0].vectors - before).max() > 1e-3


def cloud(name: str, at: float, wide: float) -> Cloud:
    turn = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    vectors = np.stack([at + wide * np.cos(turn), wide * np.sin(turn)], axis=1).astype(np.float32)
    return Cloud(WalkSpec(0, Case((1,)), 0, View()), name, 8, vectors)


@pytest.mark.parametrize(
    ("wide", "verdict"),
    [(0.02, "one point"), (0.5, "a cloud of its own"), (1.5, "reach one another"), (9, "in one another")],
)
def test_how_wide_clouds_are_is_said(wide: float, verdict: str):
    sentence = said((cloud("a", 0, wide), cloud("b", 4, wide)))
    assert verdict in sentence
    assert f"lie {wide:.2g} from their mean, the users 4 apart ({25 * wide:.2g} %)" in sentence
    assert said(()) == ""
