"""`train --detach`, `runs` and `stop`: trainings that nobody waits for, and what is known of them."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from pathlib import Path

import pytest

from diffurec.process import Process
from diffurec.training_lock import is_locked, last_holder
from diffurec.trainings import list_trainings, read_training
from tests.helpers import make_dataset
from tests.tui.background import LONG, SETTINGS, Command, background, begin, wait_for
from tests.tui.command import diffurec

DYING = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return make_dataset(tmp_path / "data", users=30, items=40).path


@pytest.fixture
def runs(tmp_path: Path):
    """A folder for runs; what still trains there at the end is killed."""
    folder = tmp_path / "runs"
    folder.mkdir()
    yield folder
    for path in folder.iterdir():
        holder = last_holder(path)
        if holder is not None and holder.alive:
            os.kill(holder.pid, signal.SIGKILL)


def state_of(run: Path) -> str:
    return read_training(run).status.state


def test_a_training_in_the_background_has_no_terminal_and_stops_when_told(data, runs, tmp_path) -> None:
    run = runs / "one"
    told = background(tmp_path, "train", data, "--out", run, *SETTINGS, LONG, "--detach", "--json")
    assert told.code == 0, told
    pid = told.json["pid"]
    assert (told.json["run"], told.json["log"]) == (str(run), str(run / "train.log"))
    assert os.getsid(pid) == pid != os.getsid(0)
    assert Path(f"/proc/{pid}/fd/0").resolve() == Path(os.devnull)
    assert is_locked(run)
    listed = diffurec("runs", runs, "--json").json["runs"]
    assert [(entry["state"], entry["pid"]) for entry in listed] == [("running", pid)]
    background(tmp_path, "train", data, "--out", run, "--resume", "--detach").refused("another process")
    wait_for(lambda: state_of(run) == "running" and read_training(run).speed)
    stopped = diffurec("stop", run, "--json").json["runs"]
    assert [entry["state"] for entry in stopped] == ["interrupted"]
    assert not is_locked(run)
    assert "everything is saved" in (run / "train.log").read_text()
    diffurec("stop", run).refused("does not run, it is interrupted")


def test_resumed_in_the_background_a_run_comes_to_its_end(data, runs, tmp_path) -> None:
    run = runs / "one"
    assert background(tmp_path, "train", data, "--out", run, *SETTINGS, LONG, "--detach").code == 0
    diffurec("stop", run)
    epochs = read_training(run).status.epoch + 1
    more = ("train", data, "--out", run, "--resume", f"--set=train.epochs={epochs}", "--detach")
    told = background(tmp_path, *more)
    assert told.out.split("\t")[0] == str(run)
    wait_for(lambda: state_of(run) == "finished" and not is_locked(run))
    again = background(tmp_path, *more)
    assert (again.code, again.out) == (0, "")
    assert "finished already" in again.err
    assert (run / "train.log").read_text().count("training on toy") == 2


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--device=cuda:77"], "--device cuda:77"),
        (["--set=train.epoch=3"], "did you mean train.epochs?"),
        (["--recipe=nothing"], "no such recipe"),
    ],
)
def test_what_is_wrong_is_said_before_anything_runs(data, runs, tmp_path, asked, said) -> None:
    background(tmp_path, "train", data, "--out", runs / "one", "--detach", *asked).refused(said)
    assert list(runs.iterdir()) == []


def test_a_training_that_fails_in_the_background_says_why_in_a_line(data, runs, tmp_path) -> None:
    run = runs / "one"
    bad = ("--set=train.learning_rate=1e30", "--set=train.precision=fp32", LONG)
    assert background(tmp_path, "train", data, "--out", run, *SETTINGS, *bad, "--detach").code == 0
    wait_for(lambda: state_of(run) == "failed")
    (entry,) = diffurec("runs", runs, "--json").json["runs"]
    assert "lower train.learning_rate" in entry["error"]
    listed = diffurec("runs", runs)
    assert "failed" in listed.out
    assert entry["error"] in listed.err
    assert (run / "train.log").read_text().splitlines()[-1] == f"error: {entry['error']}"


def test_torchrun_is_not_detached_from(data, runs, monkeypatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    diffurec("train", data, "--out", runs / "one", "--detach").refused("torchrun")


def test_of_another_machine_no_more_is_said_than_is_known(data, runs, tmp_path) -> None:
    run = runs / "one"
    background(tmp_path, "train", data, "--out", run, *SETTINGS, LONG, "--detach")
    diffurec("stop", run)
    there = {"state": "running", "host": "far-away", "started": "another boot/1", "pid": os.getpid()}
    told = json.loads((run / "status.json").read_text())
    (run / "status.json").write_text(json.dumps({**told, **there}))
    assert state_of(run) == "elsewhere"
    assert "running on far-away?" in diffurec("runs", runs).out
    diffurec("stop", run).refused("far-away; stop it there")


def check_states(runs: Path, commands: dict[str, Command]) -> None:
    """Nothing that is dead is running."""
    for training in list_trainings(runs)[0]:
        run, process = training.run.path, training.status.process
        if training.status.state == "running" and not is_locked(run):  # it ended since
            wait_for(lambda process=process: process is None or not process.alive)
            assert state_of(run) != "running"
    assert {path.name for path in runs.iterdir() if (path / "config.json").exists()} <= set(commands)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("jobs", [4, pytest.param(20, marks=pytest.mark.slow)])
def test_killed_at_random_points_and_resumed_none_is_lost(data, runs, tmp_path, jobs) -> None:
    rng = random.Random(jobs)
    end = (*SETTINGS, "--set=train.epochs=6", "--detach", "--resume")

    def launch(name: str) -> Command:
        return begin(tmp_path, "train", data, "--out", runs / name, *end)

    names = [f"job{number}" for number in range(jobs)]
    seen: set[Process] = set()
    for _ in range(3):
        commands = {name: launch(name) for name in names}
        for name in rng.sample(names, len(names)):
            time.sleep(rng.uniform(0, 1.5 / jobs))
            holder = last_holder(runs / name)
            if holder is None or not holder.alive:  # not yet, or finished
                continue
            seen.add(holder)
            try:
                os.kill(holder.pid, rng.choice(DYING))
            except ProcessLookupError:
                continue
            wait_for(lambda holder=holder: not holder.alive)
            assert state_of(runs / name) != "running" if (runs / name).exists() else True
            check_states(runs, commands)
        for command in commands.values():
            assert command.wait().code in (0, 2, 130, 128 + signal.SIGKILL)
    for _ in range(2):  # those that still ran are refused the first time
        for name in names:
            launch(name).wait()
        wait_for(lambda: not any(is_locked(path) for path in runs.iterdir()))
    listed = diffurec("runs", runs, "--json").json["runs"]
    assert [(entry["run"], entry["state"]) for entry in listed] == [
        (str(runs / name), "finished") for name in sorted(names)
    ]
    assert not [process for process in seen if process.alive]
    figures = {
        tuple(json.dumps(json.loads(line)["values"]) for line in (runs / name / "metrics.jsonl").open())
        for name in names
    }
    assert len(figures) == 1  # of whatever a kill has cost, nothing is missing
