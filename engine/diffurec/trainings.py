"""The trainings of a machine as processes: which runs a folder has and in what state, and how to stop one.

Nothing here imports torch. Who starts a training is the command line's business, not the engine's.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diffurec.errors import UserError
from diffurec.files import as_object
from diffurec.run import Run, open_run
from diffurec.status import Status, read_status
from diffurec.training_lock import NAME as LOCK
from diffurec.training_lock import is_locked

LOG = "train.log"
TAIL_BYTES = 1 << 16
PAUSE = 0.1


@dataclass(frozen=True)
class Training:
    """A run, and what is known of its process."""

    run: Run
    status: Status
    speed: float | None
    """Examples a second, the newest there are."""
    stamp: tuple[object, ...]
    """What its files were when this was read: as long as they are the same, so is this."""

    @property
    def log_path(self) -> Path:
        """What a training in the background has said."""
        return self.run.path / LOG


def read_training(path: Path) -> Training:
    """A run and its state. Raises UserError where the folder is no run, or a damaged one."""
    stamp = _stamp(path)  # before what it stands for: what changes meanwhile is read again
    run = open_run(path)
    return Training(run, read_status(run), _speed(run.metrics_path), stamp)


def list_trainings(folder: Path, known: Iterable[Training] = ()) -> tuple[list[Training], list[str]]:
    """The runs in a folder by name, and one line for each that cannot be read.

    Args:
        folder: of the runs.
        known: listed before; those that have not changed are not read again.

    Raises:
        UserError: the folder cannot be read.
    """
    before = {training.run.path: training for training in known}
    try:
        paths = sorted(
            path
            for path in folder.iterdir()
            if not path.name.startswith(".") and (path / "config.json").is_file()
        )
    except OSError as error:
        raise UserError(
            f"{folder}: {error.strerror or error}; `diffurec train` makes runs, or name a folder"
        ) from None
    found: list[Training] = []
    skipped: list[str] = []
    for path in paths:
        old = before.get(path)
        try:
            found.append(old if old is not None and old.stamp == _stamp(path) else read_training(path))
        except UserError as error:
            skipped.append(str(error))
    return found, skipped


def _stamp(path: Path) -> tuple[object, ...]:
    stamps: list[object] = [is_locked(path)]
    for name in ("config.json", "status.json", "metrics.jsonl", LOCK):
        try:
            facts = (path / name).stat()
        except OSError:
            stamps.append(None)
        else:
            stamps += [facts.st_mtime_ns, facts.st_size]
    return tuple(stamps)


def _speed(metrics: Path) -> float | None:
    """Of the newest line that says so; only the end of the file is read."""
    for line in reversed(tail(metrics)):
        try:
            system = as_object((as_object(json.loads(line)) or {}).get("system")) or {}
        except (ValueError, RecursionError):  # the first of the tail is seldom whole
            continue
        speed = system.get("examples_per_s")
        if isinstance(speed, (int, float)):
            return float(speed)
    return None


def ask_to_stop(training: Training) -> None:
    """Ask a training to save and stop at its next step.

    Raises:
        UserError: it does not run, or not on this machine.
    """
    path, status = training.run.path, training.status
    if status.state not in ("running", "elsewhere"):
        raise UserError(f"{path}: does not run, it is {status.state}")
    process = status.process
    if process is None or not process.alive:
        where = f"on {process.host}" if process is not None and not process.here else "out of reach"
        raise UserError(f"{path}: its process is {where}; stop it there")
    try:
        os.kill(process.pid, signal.SIGTERM)
    except ProcessLookupError:
        return  # by itself, just now
    except PermissionError:
        raise UserError(f"{path}: its process {process.pid} is another user's") from None


def wait_until_stopped(training: Training, seconds: float) -> Training:
    """The training as it is once its process is gone.

    Raises:
        UserError: it is still there after so many seconds.
    """
    path, process = training.run.path, training.status.process
    until = time.monotonic() + seconds
    while is_locked(path) or (process is not None and process.alive):
        if time.monotonic() >= until:
            raise UserError(
                f"{path}: was asked to stop, and still runs after {seconds:g} s; it saves before it leaves,"
                " wait longer with --timeout"
            )
        time.sleep(PAUSE)
    return read_training(path)


def tail(path: Path, most: int | None = None) -> list[str]:
    """The last lines of a text file of any length; none where there is no file."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    lines = text.splitlines()
    return lines if most is None else lines[-most:]


def resume_arguments(training: Training) -> list[str]:
    """What `diffurec train` is to be told to go on with this training."""
    run, status = training.run, training.status
    arguments = [str(run.info["data"]["path"]), "--out", str(run.path), "--resume"]
    arguments += ["--device", str(run.info["device"])]
    if status.epochs != run.config.train.epochs:  # more or fewer were asked for when it was resumed before
        arguments += ["--set", f"train.epochs={status.epochs}"]
    if (run.path / "tensorboard").is_dir():
        arguments.append("--tensorboard")
    return arguments


def as_json(training: Training) -> Mapping[str, Any]:
    """What there is to know, as JSON values."""
    run, status = training.run, training.status
    process = status.process
    return {
        "run": str(run.path),
        "data": run.info["data"]["name"],
        "recipe": run.info.get("recipe"),
        "state": status.state,
        "epoch": status.epoch,
        "epochs": status.epochs,
        "best": status.best,
        "test": status.test,
        "error": status.error or None,
        "examples_per_s": training.speed,
        "pid": process.pid if process is not None else None,
        "host": process.host if process is not None else None,
        "created": run.info.get("created"),
        "updated": status.updated,
    }
