"""Whatever keys, clicks and sizes come: no exception, and nothing is left behind when the app is gone.

What fails prints its seed and the last inputs; the same ones come again with

    RANDOM_KEYS=SEED python -m pytest tests/tui/explorer/test_random_keys.py
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import re
import signal
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from textual.pilot import Pilot

from diffurec.inspection import tsne
from diffurec_tui.screens.along import AlongUsers
from tests.helpers import make_dataset, make_run
from tests.tui.explorer.conftest import ODD_TITLES, opened, walked
from tests.tui.explorer.maps import until
from tests.tui.explorer.random_input import HOME, PLACES, TAKEN, Input, Player, Watched, draw
from tests.tui.explorer.trainings import write_metrics, write_other

SEEDS = [int(seed) for seed in os.environ.get("RANDOM_KEYS", "").split()]
MEGABYTE = 1 << 20


@pytest.fixture
def own_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run that may be written to; temporary folders and what is exported lie beside it."""
    for name in ("here", "temporary"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    titles = [*ODD_TITLES, *(f"Title number {item}" for item in range(60 - len(ODD_TITLES)))]
    run = make_run(tmp_path / "run", make_dataset(tmp_path / "data", titles=titles)).path
    write_metrics(run)
    write_other(run, "other", learning_rate=0.1)
    return run


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> list[tsne.TsneProcess]:
    """The t-SNE processes that were started."""
    started: list[tsne.TsneProcess] = []

    class Noted(tsne.TsneProcess):
        def __init__(self, vectors: tsne.Floats, number_items: int) -> None:
            super().__init__(vectors, number_items)
            started.append(self)

    monkeypatch.setattr(tsne, "TsneProcess", Noted)
    return started


async def press_at_random(path: Path, seed: int, number: int, processes: list[tsne.TsneProcess]) -> Watched:
    """Play inputs, kill a t-SNE and leave while another one is under way."""
    random.seed(seed)
    AlongUsers.chance.seed(seed)
    app = Watched(opened(path, state=path.parent / "state.json", hints=True))
    loop_faults: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: loop_faults.append(str(told)))
    player: Player | None = None
    began = time.perf_counter()

    def tell() -> None:
        assert player is not None
        resident, files = resident_bytes() // MEGABYTE, open_files().total()
        spent = time.perf_counter() - began
        how = f"{resident} MB, {files} files, {threading.active_count()} threads"
        print(f"{player.done} in {spent:.0f} s, {how}, {len(processes)} t-SNE", flush=True)

    try:
        async with app.run_test(size=(120, 40)) as pilot:
            player = Player(app, pilot)
            await walked(app, pilot)
            await player.play(draw(seed, number), tell)
            await pilot.pause()
            assert app._exception is None
            assert app.is_running
            assert player.done >= number
            await leave_in_the_middle(app, player, processes)
    except BaseException:
        print(f"RANDOM_KEYS={seed}, input {player.done if player else 0}; the last ones:")
        print("\n".join(player.last if player else ()))
        raise
    assert loop_faults == []
    return app


async def leave_in_the_middle(app: Watched, player: Player, processes: list[tsne.TsneProcess]) -> None:
    """One t-SNE is killed from outside, and the app quits while the next one is under way."""
    pilot = player.pilot
    await pilot.resize_terminal(120, 40)
    await player.play([Input("key", key, "drawn") for key in (*HOME, "r", "enter", "3")])
    await until(pilot, lambda: app.view is app.map and app.item_map is not None and app.map.fitting is None)
    os.kill((await fitting(app, pilot, processes)).pid, signal.SIGKILL)
    await until(pilot, lambda: app.map.fitting is None)
    assert app.map.items is app.item_map, "the plane stays"
    under_way = await fitting(app, pilot, processes)
    app.may_leave = True
    await pilot.press("q")
    await pilot.pause()
    assert under_way._process.returncode in (None, -signal.SIGKILL), "it had not ended by itself"


async def fitting(app: Watched, pilot: Pilot[None], processes: list[tsne.TsneProcess]) -> tsne.TsneProcess:
    """A new t-SNE."""

    def clouds_are_there() -> bool:
        scene = app.map.map.scene
        return scene is not None and all(one.complete for one in scene.clouds)

    number = len(processes)
    await pilot.press("m")  # of these clouds no picture is kept
    await until(pilot, clouds_are_there)
    await pilot.press("T")
    await until(pilot, lambda: len(processes) > number)
    return processes[-1]


def open_files() -> Counter[str]:
    """What the open files are, without their numbers."""
    targets: Counter[str] = Counter()
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the one that lists them
            targets[re.sub(r"\d+", "", str(entry.readlink()))] += 1
    return targets


def children() -> set[int]:
    """Processes that this one started and that are there still, ended or not."""
    return {
        int(child)
        for task in Path("/proc/self/task").iterdir()
        for child in (task / "children").read_text().split()
    }


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


MANY = 20_000
"""Inputs from which on each kind must have come to each place."""


def play(path: Path, seed: int, number: int, processes: list[tsne.TsneProcess]) -> None:
    """The whole life of an app, and that nothing of it is left."""
    threads, files, there = set(threading.enumerate()), open_files(), children()
    app = asyncio.run(press_at_random(path, seed, number, processes))
    assert app.return_code == 0
    assert app._exception is None
    assert [fault for fault in app.faults if "internal fault" in fault] == []
    assert app.kept_in > 0, "quit was pressed as well"
    reached = {place: {kind for kind in TAKEN.values() if app.came[place, kind]} for place in PLACES}
    every = set(TAKEN.values())
    wanted = every if number >= MANY else {"keys"}  # of few inputs, chance decides which come where
    assert [place for place, kinds in reached.items() if not wanted <= kinds] == []
    assert set[str]().union(*reached.values()) == every
    until_gone = time.monotonic() + 5
    while time.monotonic() < until_gone and set(threading.enumerate()) - threads:
        time.sleep(0.05)
    assert set(threading.enumerate()) <= threads
    assert len(processes) >= 3
    assert all(one._process.returncode is not None for one in processes)
    assert children() <= there
    del app
    gc.unfreeze()  # it had frozen itself
    gc.collect()
    assert open_files() - files == Counter()
    assert list(Path(tempfile.gettempdir()).iterdir()) == []
    every_file_is_whole(path)
    every_file_is_whole(Path.cwd())


def every_file_is_whole(folder: Path) -> None:
    for file in folder.rglob("*"):
        assert not file.name.startswith("."), "half-written"
        if file.suffix == ".json":
            json.loads(file.read_text())
        elif file.suffix == ".npy":
            np.load(file)


def warm_up(path: Path) -> None:
    """What stays with the process for good: libraries, and what they open."""

    async def once() -> None:
        app = Watched(opened(path))
        app.may_leave = True
        async with app.run_test(size=(80, 24)) as pilot:
            await walked(app, pilot)

    asyncio.run(once())


@pytest.mark.parametrize("seed", SEEDS or [0])
def test_thousands_of_random_inputs(own_run: Path, processes: list[tsne.TsneProcess], seed: int):
    warm_up(own_run)
    play(own_run, seed, 3_000, processes)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS or [1, 2])
def test_fifty_thousand_random_inputs(own_run: Path, processes: list[tsne.TsneProcess], seed: int):
    warm_up(own_run)
    before = resident_bytes()
    play(own_run, seed, 50_000, processes)
    assert resident_bytes() - before < 200 * MEGABYTE
