"""The jobs' view: what it lists is what is, and what one asks for there is what happens."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from diffurec.errors import UserError
from diffurec.files import write_json
from diffurec.run import open_run
from diffurec.status import write_status
from diffurec.training_lock import training_lock
from diffurec_tui import launching
from diffurec_tui.app import ExplorerApp
from diffurec_tui.cli import explore as command
from diffurec_tui.launching import Plan, free_folder, launch
from diffurec_tui.screens.new_job import NewJobScreen, report
from tests.helpers import make_dataset, make_run
from tests.tui.explorer.conftest import exploring, screen_text
from tests.tui.explorer.maps import until

ODD = "[b]odd 千と千尋"


class Launches:
    """Notes what would be started; waits until it may go on."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.trouble = ""

    def __call__(self, arguments: Sequence[str]) -> None:
        self.asked.append(list(arguments))
        assert self.may_go_on.wait(20)
        if self.trouble:
            raise UserError(self.trouble)


@pytest.fixture
def launches(monkeypatch: pytest.MonkeyPatch, no_trainings: None) -> Iterator[Launches]:
    noted = Launches()
    monkeypatch.setattr(launching, "launch", noted)
    yield noted
    noted.may_go_on.set()


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A folder with a run in every state; the one that runs holds its lock in this process."""
    data = make_dataset(tmp_path / "data")
    folder = tmp_path / "runs"
    folder.mkdir()
    for state in ("finished", "interrupted", "failed", "running", "killed", ODD):
        run = make_run(folder / state, data)
        error = {"error": "out of memory; take a smaller batch"} if state == "failed" else {}
        if state not in ("killed", ODD):
            best = {"epoch": 2, "metric": "NDCG@10", "value": 4.5}
            write_status(run, state, epoch=3, epochs=5, best=best, **error)
    (folder / "failed" / "train.log").write_text(
        "".join(f"line {number}\n" for number in range(300)) + "the end\n"
    )
    line = {"step": 1, "system": {"examples_per_s": 2345.6}}
    (folder / "running" / "metrics.jsonl").write_text(json.dumps(line) + "\n" + '{"step": 2, "sys')
    there = json.loads((folder / "running" / "status.json").read_text())
    write_json(
        make_run(folder / "elsewhere", data).path / "status.json",
        {**there, "host": "gpu-7", "started": "another boot/1"},
    )
    return folder


@asynccontextmanager
async def at_jobs(
    runs: Path, name: str = "finished", size: tuple[int, int] = (120, 40)
) -> AsyncIterator[tuple[ExplorerApp, Pilot[None]]]:
    """The view, all runs listed; one of them is trained in this process."""
    with training_lock(runs / "running"):
        write_status(open_run(runs / "running"), "running", epoch=3, epochs=5)
        async with exploring(runs / name, size=size) as (app, pilot):
            await pilot.press("5")
            await until(pilot, lambda: len(app.jobs.jobs) == 7)
            yield app, pilot


def choose(app: ExplorerApp, name: str) -> None:
    app.jobs.list.choose(app.jobs.folder / name)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60), (40, 10), (20, 5)])
async def test_every_run_is_listed_with_its_state(runs: Path, size: tuple[int, int]):
    async with at_jobs(runs, size=size) as (app, _):
        rows = screen_text(app)
        assert len(rows) == size[1]
        if size[0] < 80:
            return
        listed = {job.name: job.state for job in app.jobs.jobs.values()}
        assert listed == {**{name: name for name in listed if name != ODD}, ODD: "killed"}
        assert next(iter(app.jobs.jobs.values())).name == "running", "first what goes on"
        for name, state in listed.items():
            assert [row for row in rows if f" {state} " in row and name[:8] in row], name
        (running,) = [row for row in rows if "▶ running" in row]
        assert "3/5" in running
        assert "2345/s" in running or "2346/s" in running
        assert "toy" in running or size[0] < 120


async def test_the_log_of_a_run_is_one_key_away(runs: Path):
    async with at_jobs(runs, size=(80, 24)) as (app, pilot):
        choose(app, "failed")
        await until(pilot, lambda: "the end" in "\n".join(screen_text(app)))
        text = "\n".join(screen_text(app))
        assert "Log of failed" in text
        assert "out of memory; take a smaller batch" in text
        await pilot.press("l", "pageup")
        assert "the end" not in "\n".join(screen_text(app))
        assert "more below" in "\n".join(screen_text(app))
        await pilot.press("pagedown")
        assert "the end" in "\n".join(screen_text(app))
        await pilot.press("escape")
        assert "finished" in "\n".join(screen_text(app)), "the list again"
        choose(app, "finished")
        await until(pilot, lambda: "was not started in the background" in "\n".join(screen_text(app)))


async def test_what_becomes_of_a_run_is_said_while_one_looks(runs: Path):
    async with at_jobs(runs) as (app, pilot):
        write_status(open_run(runs / "running"), "failed", epoch=4, epochs=5, error="the disk [b]is[/b] full")
        await until(pilot, lambda: app.jobs.jobs[app.jobs.folder / "running"].state == "failed")
        assert "running has failed: the disk [b]is[/b] full" in [one.message for one in app._notifications]


async def test_a_run_is_resumed_with_what_it_was_started_with(runs: Path, launches: Launches):
    async with at_jobs(runs) as (app, pilot):
        for name in ("interrupted", "failed", "killed", "elsewhere"):
            launches.asked.clear()
            choose(app, name)
            await pilot.press("R")
            await until(pilot, lambda: not app.jobs.under_way)
            data = str(open_run(runs / name).info["data"]["path"])
            more = [data, "--out", str(app.jobs.folder / name), "--resume", "--device", "cpu"]
            assert launches.asked == [more]
        for name in ("running", "finished"):
            launches.asked.clear()
            choose(app, name)
            await pilot.press("R")
            assert launches.asked == []
        said = " ".join(one.message for one in app._notifications)
        assert "finished is finished: there is nothing to resume" in said


async def test_a_training_is_started_and_what_is_wrong_is_one_line(runs: Path, launches: Launches):
    launches.may_go_on.clear()
    launches.trouble = "--device cuda: torch sees no CUDA devices; try --device cpu"
    async with at_jobs(runs, size=(80, 24)) as (app, pilot):
        await pilot.press("n")
        screen = app.screen
        assert isinstance(screen, NewJobScreen)
        await pilot.press("down", "down", *"train.epoch=3")
        await until(pilot, lambda: "did you mean train.epochs?" in "\n".join(screen_text(app)))
        await pilot.press("enter")
        await pilot.pause(0.1)
        assert app.screen is screen, "not with a setting that is none"
        await pilot.press(*["backspace"] * 2, *"s=3 ", *"model.hidden_size=64")
        await until(pilot, lambda: "3 epochs" in "\n".join(screen_text(app)))
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is app.jobs)
        await until(pilot, lambda: launches.asked)
        assert "starting data-paper-clean" in "\n".join(screen_text(app))
        data, out = str(runs.parent / "data"), str(app.jobs.folder / "data-paper-clean")
        settings = ["--set", "train.epochs=3", "--set", "model.hidden_size=64"]
        assert launches.asked == [
            [data, "--recipe", "paper-clean", *settings, "--device", "auto", "--out", out]
        ]
        launches.may_go_on.set()
        await until(pilot, lambda: not app.jobs.under_way)
        assert launches.trouble in [one.message for one in app._notifications]
        await pilot.press("n")
        assert app.screen.query_one("#settings", Input).value == "train.epochs=3 model.hidden_size=64"
        await pilot.press("escape")
        assert app.screen is app.jobs


async def test_the_run_folder_follows_until_one_types_it(runs: Path):
    async with at_jobs(runs) as (app, pilot):
        await pilot.press("n")
        field = {name: app.screen.query_one(f"#{name}", Input) for name in ("recipe", "out")}
        field["recipe"].value = "demo"
        await pilot.pause()
        assert field["out"].value == str(app.jobs.folder / "data-demo")
        field["out"].value = str(runs / "mine")
        await pilot.pause()
        field["recipe"].value = "paper"
        await pilot.pause()
        assert field["out"].value == str(runs / "mine")


async def test_stop_asks_the_process_that_trains(runs: Path, monkeypatch: pytest.MonkeyPatch):
    killed: list[tuple[int, int]] = []
    real = os.kill
    monkeypatch.setattr(
        "diffurec.trainings.os.kill",
        lambda pid, number: killed.append((pid, number)) if number else real(pid, number),
    )
    async with at_jobs(runs) as (app, pilot):
        choose(app, "running")
        await pilot.press("s")
        await until(pilot, lambda: killed)
        assert killed == [(os.getpid(), signal.SIGTERM)]
        for name, said in (
            ("finished", "does not run, it is finished"),
            ("elsewhere", "its process is on gpu-7; stop it there"),
        ):
            choose(app, name)
            await pilot.press("s")
            await until(pilot, lambda said=said: any(said in one.message for one in app._notifications))
        assert len(killed) == 1


async def test_another_run_is_opened_and_the_own_one_is_not(runs: Path):
    async with at_jobs(runs) as (app, pilot):
        choose(app, "finished")
        await pilot.press("enter")
        assert any("is the run that is open" in one.message for one in app._notifications)
        assert app.next_run is None
        choose(app, ODD)
        await pilot.press("enter")
        await until(pilot, lambda: app.next_run == app.jobs.folder / ODD)
        assert app.return_code == 0


async def test_a_run_without_weights_cannot_be_opened(runs: Path):
    (runs / "interrupted" / "best.safetensors").unlink()
    async with at_jobs(runs) as (app, pilot):
        choose(app, "interrupted")
        await pilot.press("enter")
        await until(pilot, lambda: any("no weights saved yet" in one.message for one in app._notifications))
        assert app.next_run is None


def test_the_next_run_is_opened_in_the_same_process(monkeypatch: pytest.MonkeyPatch):
    became: list[list[str]] = []
    monkeypatch.setattr("os.execv", lambda program, arguments: became.append(arguments))
    command._open_next(Path("runs/a b"), "cpu", 3, 5, Path("k.toml"), ascii_only=True, hints=False)
    (arguments,) = became
    assert arguments[1:4] == ["-m", "diffurec_tui.cli.main", "explore"]
    assert arguments[4:] == [
        "--ckpt", "runs/a b", "--device", "cpu", "--seed", "3", "--top-k", "5", "--keys", "k.toml",
        "--ascii", "--no-hints",
    ]  # fmt: skip


async def test_one_comes_back_to_where_one_was(runs: Path):
    async with at_jobs(runs) as (app, pilot):
        await pilot.press("escape")
        assert app.screen is app.users
        await pilot.press("enter", "3", "5")
        assert app.screen is app.jobs
        await pilot.press("backspace")
        assert app.screen is app.map
        await pilot.press("5", "4", "5", "escape")
        assert app.screen is app.map, "one view of runs lies above it, not three"
        await pilot.press("5", "1")
        assert app.screen is app.walk
        await pilot.press("5", "u")
        assert app.screen is app.users


async def test_nobody_looks_and_nothing_is_read(runs: Path, monkeypatch: pytest.MonkeyPatch):
    async with at_jobs(runs) as (app, pilot):
        await pilot.press("escape")
        looked: list[float] = []
        monkeypatch.setattr(app.jobs.attendant, "_look", lambda: looked.append(time.monotonic()))
        await pilot.pause(1.3)
        assert looked == []
        await pilot.press("5")
        await until(pilot, lambda: looked)
    await_end = time.monotonic() + 5
    while any(one.name == "diffurec-runs" for one in threading.enumerate()):
        assert time.monotonic() < await_end
        time.sleep(0.02)


async def test_a_folder_that_is_gone_is_a_line(runs: Path):
    async with at_jobs(runs) as (app, pilot):
        app.jobs.attendant.folder = runs / "gone"
        await until(pilot, lambda: app.jobs.list.jobs == ())
        assert "No such file" in "\n".join(screen_text(app))


def test_what_is_wrong_with_a_plan_is_told_apart(tmp_path: Path):
    data = make_dataset(tmp_path / "data").path
    good = Plan(str(data), "demo", "train.epochs=3", "cuda:1", str(tmp_path / "run"))
    assert report(good).troubles == ()
    for wrong, said in (
        (Plan("", "demo", "", "cpu", "x"), "folder of a data set"),
        (Plan("nowhere", "demo", "", "cpu", "x"), "nowhere"),
        (Plan(str(data), "none", "", "cpu", "x"), "no such recipe"),
        (Plan(str(data), "demo", "'a", "cpu", "x"), "No closing quotation"),
        (Plan(str(data), "demo", "train.epochs=x", "cpu", "x"), "must be a whole number"),
        (Plan(str(data), "demo", "", "gpu", "x"), "there are auto, cpu"),
        (Plan(str(data), "demo", "", "cpu", " "), "a folder for the run"),
        (Plan(str(data), "demo", "", "cpu", str(tmp_path)), "exists already"),
    ):
        (trouble,) = report(wrong).troubles
        assert said in trouble


def test_a_free_folder_has_a_number_if_it_must(tmp_path: Path):
    assert free_folder(tmp_path, "/x/ml", "demo").name == "ml-demo"
    (tmp_path / "ml-demo").mkdir()
    (tmp_path / "ml-demo-2").mkdir()
    assert free_folder(tmp_path, "/x/ml/", "my/demo.toml").name == "ml-demo-3"


def test_a_launch_that_fails_says_what_the_command_says(tmp_path: Path):
    with pytest.raises(UserError, match="nowhere: does not exist"):
        launch([str(tmp_path / "nowhere"), "--out", str(tmp_path / "run")])


@pytest.mark.slow
async def test_a_training_started_here_is_stopped_resumed_and_comes_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """With real processes, from the first key to the test figures."""
    monkeypatch.setattr(launching, "launch", launch)
    run = make_run(tmp_path / "runs" / "own", make_dataset(tmp_path / "data"))
    settings = (
        "train.epochs=300 data.max_len=10 model.hidden_size=16 model.num_blocks=1 model.num_heads=2"
        " diffusion.steps=4 train.eval_every=100 train.eval_steps=1"
    )
    async with exploring(run.path, size=(120, 40)) as (app, pilot):
        await pilot.press("5", "n")
        app.screen.query_one("#settings", Input).value = settings
        app.screen.query_one("#device", Input).value = "cpu"
        await pilot.pause()
        await pilot.press("enter")
        new = app.jobs.folder / "data-paper-clean"

        def state() -> str:
            return app.jobs.jobs[new].state if new in app.jobs.jobs else ""

        await until(pilot, lambda: app.jobs.list.chosen == new and state() == "running", 120)
        await pilot.press("s")
        await until(pilot, lambda: state() == "interrupted", 120)
        assert app.jobs.jobs[new].epoch < 300, "in the middle"
        await pilot.press("R")
        await until(pilot, lambda: state() == "finished", 300)
    assert "test, epoch" in (new / "train.log").read_text()
