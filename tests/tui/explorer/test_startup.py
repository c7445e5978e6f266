from __future__ import annotations

import ast
import gc
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import diffurec_tui
from diffurec.errors import UserError
from diffurec.run import open_run
from diffurec_tui.app import ExplorerApp
from diffurec_tui.cli.explore import explore
from tests.helpers import make_dataset, make_run, write_weights
from tests.tui.explorer.conftest import exploring, opened, screen_text, walked
from tests.tui.explorer.maps import until

PROGRAM = """
import asyncio, sys
from pathlib import Path
from diffurec.run import open_run
from diffurec_tui.app import ExplorerApp
from diffurec_tui.watching import Opened

run = open_run(Path(sys.argv[1]))
app = ExplorerApp(Opened(run, run.dataset(), device="cpu"))
loaded = []
start = app.engine.start
app.engine.start = lambda: (loaded.append(sorted({"torch", "polars", "plotext"} & set(sys.modules))), start())

def text():
    return "".join(segment.text for strip in app.screen._compositor.render_strips() for segment in strip)

async def until(pilot, holds, what):
    for _ in range(6_000):  # a minute at least, and longer where other things run
        if holds():
            return
        await pilot.pause(0.01)
    raise AssertionError(f"no {what}: {app.trouble} {text()}")

async def main():
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: loaded, "start of the engine")
        await until(pilot, lambda: "Users" in text() and "toy" in text(), "list")
        await until(pilot, lambda: app.trajectory is not None and app.trajectory.complete, "walk")
    assert "torch" in sys.modules

asyncio.run(main())
assert loaded == [[]], loaded
"""


def test_the_first_frame_comes_before_torch_and_polars(run_path: Path):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(run_path)],
        check=False,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr


def test_only_the_worker_module_knows_the_model():
    root = Path(diffurec_tui.__file__).parent
    for path in [root / "app.py", root / "keys.py", *root.glob("screens/*.py"), *root.glob("widgets/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert not name.startswith(("torch", "safetensors")), path
                assert name not in ("diffurec.model", "diffurec.inspection.inspector"), path


async def test_a_run_without_weights_says_so_and_reloads(tmp_path: Path):
    run = make_run(tmp_path / "run", make_dataset(tmp_path / "data"), weights=())
    app = ExplorerApp(opened(run.path, 5))
    async with app.run_test(size=(80, 24)) as pilot:
        for _ in range(200):
            await pilot.pause(0.02)
            if app.trouble:
                break
        await pilot.pause()
        text = "\n".join(screen_text(app))
        assert "no weights" in text
        assert "r reads the newest weights" in text
        write_weights(run, "last", epoch=1)
        await pilot.press("r")
        await walked(app, pilot)
        assert "last · epoch 1" in screen_text(app)[0]
        write_weights(run, "best", seed=1, epoch=2)
        before = app.trajectory
        await pilot.press("r")
        for _ in range(200):
            await pilot.pause(0.02)
            if app.trajectory is not before and app.trajectory is not None and app.trajectory.complete:
                break
        assert "best · epoch 2" in screen_text(app)[0]


async def test_weights_that_are_read_again_keep_no_garbage(run_path: Path):
    async with exploring(run_path) as (app, pilot):
        await until(pilot, lambda: app.item_map)
        frozen, before = gc.get_freeze_count(), app.item_map
        await pilot.press("r")
        await until(pilot, lambda: app.item_map is not None and app.item_map is not before)
        assert gc.get_freeze_count() <= frozen


async def test_broken_weights_are_one_line_on_screen(tmp_path: Path):
    run = make_run(tmp_path / "run", make_dataset(tmp_path / "data"))
    run.best_path.write_bytes(b"nonsense")
    app = ExplorerApp(opened(run.path, 5))
    async with app.run_test(size=(120, 40)) as pilot:
        for _ in range(200):
            await pilot.pause(0.02)
            if app.trouble:
                break
        assert "best.safetensors" in app.trouble
        await pilot.press("l", "h", "x", "s", "e", "g", "space", "n")


async def test_a_run_copied_without_its_data(tmp_path: Path):
    run = make_run(tmp_path / "run", make_dataset(tmp_path / "data"))
    shutil.copytree(run.path, tmp_path / "copy")
    shutil.rmtree(tmp_path / "data")
    async with exploring(tmp_path / "copy", user=5) as (app, _):
        assert "Title" in "\n".join(screen_text(app))
    shutil.rmtree(tmp_path / "copy" / "evaluation")
    with pytest.raises(UserError, match="--data"):
        explore(tmp_path / "copy")


def test_an_unknown_user_is_refused_before_anything_is_drawn(run_path: Path):
    with pytest.raises(UserError, match="--user nobody"):
        explore(run_path, user="nobody")


async def test_ranks_are_kept_in_the_run(tmp_path: Path):
    run = make_run(tmp_path / "run", make_dataset(tmp_path / "data"))
    for expected_at_once in (False, True):
        async with exploring(run.path, user=5) as (app, pilot):
            for _ in range(300):
                await pilot.pause(0.02)
                if app.index.tally().known == 39:
                    break
            assert app.index.tally().known == 39
            assert bool(list((run.path / "ranks").glob("*.npy"))) or not expected_at_once
    (kept,) = (run.path / "ranks").glob("*.npy")
    assert "seed0" in kept.name
    assert open_run(run.path).num_items == 60
