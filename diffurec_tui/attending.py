"""A thread that looks at the runs of a folder while somebody looks at them, and does what takes long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from textual.message import Message

from diffurec.errors import UserError
from diffurec.run import open_run
from diffurec.trainings import Training, ask_to_stop, list_trainings, read_training, resume_arguments, tail
from diffurec_tui.launching import Launcher

EVERY_SECONDS = 1.0
MOST_SHARE = 1 / 20
"""Of the time, that looking may take."""
LOG_LINES = 200


@dataclass(frozen=True)
class Job:
    """A run as it is listed."""

    path: Path
    data: str
    recipe: str
    device: str
    seed: int
    state: str
    epoch: int
    epochs: int
    best: str
    """The best validation; empty before the first."""
    best_epoch: int
    speed: float | None
    """Examples a second, the newest there is."""
    age: float
    """Seconds since it was made."""
    error: str
    process: str
    """Which it is or was, in words."""
    has_weights: bool

    @property
    def name(self) -> str:
        return self.path.name


class Listed(Message):
    """The runs as they are now, those that run first, then the newest."""

    def __init__(self, jobs: tuple[Job, ...], skipped: tuple[str, ...]) -> None:
        super().__init__()
        self.jobs, self.skipped = jobs, skipped


class LogRead(Message):
    """The last lines of the log of a run."""

    def __init__(self, path: Path, lines: tuple[str, ...]) -> None:
        super().__init__()
        self.path, self.lines = path, lines


class MayOpen(Message):
    """There is all in a run that the explorer needs."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path


class Done(Message):
    """What was asked for is done, or why it is not."""

    def __init__(self, name: str, said: str, *, failed: bool = False) -> None:
        super().__init__()
        self.name, self.said, self.failed = name, said, failed


class Attendant:
    """Looks once a second, and never longer than a twentieth of the time."""

    def __init__(self, folder: Path, launcher: Launcher, post: Callable[[Message], object]) -> None:
        """Prepare the thread; `watch` sets it off.

        Args:
            folder: of the runs.
            launcher: starts trainings.
            post: takes messages from the threads.
        """
        self.folder = folder
        self._launcher, self._post = launcher, post
        self._desk = threading.Condition()
        self._watched = self._ended = self._hurry = False
        self._log: Path | None = None
        self._thread: threading.Thread | None = None
        self._known: list[Training] = []

    def watch(self, watched: bool) -> None:
        """Whether somebody looks."""
        with self._desk:
            self._watched = self._hurry = watched
            if watched and self._thread is None:
                self._thread = threading.Thread(target=self._work, name="diffurec-runs", daemon=True)
                self._thread.start()
            self._desk.notify()

    def look_at(self, path: Path | None) -> None:
        """Read the log of this run, too."""
        with self._desk:
            if path != self._log:
                self._log, self._hurry = path, True
                self._desk.notify()

    def end(self) -> None:
        """Nobody looks any more. What was asked for is done to its end by processes of their own."""
        with self._desk:
            self._ended = True
            self._desk.notify()

    # What one asks for.

    def start(self, name: str, arguments: Sequence[str]) -> None:
        """Start a training."""
        self._in_a_thread(name, lambda: self._start(name, arguments))

    def stop(self, path: Path) -> None:
        """Ask a training to save and stop."""

        def ask() -> Message:
            ask_to_stop(read_training(path))
            return Done(path.name, f"{path.name} saves and stops")

        self._in_a_thread(path.name, ask)

    def resume(self, path: Path) -> None:
        """Go on with a training."""

        def ask() -> Message:
            return self._start(path.name, resume_arguments(read_training(path)), "goes on")

        self._in_a_thread(path.name, ask)

    def open(self, path: Path) -> None:
        """Find out whether the explorer can open a run."""

        def ask() -> Message:
            run = open_run(path)
            run.dataset()
            return MayOpen(run.weights_path.parent)

        self._in_a_thread(path.name, ask)

    def _start(self, name: str, arguments: Sequence[str], begun: str = "has begun") -> Message:
        self._launcher(arguments)
        return Done(name, f"{name} {begun}")

    def _in_a_thread(self, name: str, ask: Callable[[], Message]) -> None:
        def work() -> None:
            try:
                done = ask()
            except UserError as error:
                done = Done(name, str(error), failed=True)
            self._post(done)
            with self._desk:
                self._hurry = True
                self._desk.notify()

        threading.Thread(target=work, name="diffurec-asked", daemon=True).start()

    # The thread.

    def _work(self) -> None:
        pause = 0.0
        while self._wait(pause):
            began = time.perf_counter()
            try:
                self._look()
            except UserError as error:
                self._post(Listed((), (str(error),)))
            pause = max(EVERY_SECONDS, (time.perf_counter() - began) / MOST_SHARE)

    def _wait(self, seconds: float) -> bool:
        """Until it is time to look, or somebody is in a hurry; False at the end."""
        until = time.monotonic() + seconds
        with self._desk:
            while not (self._ended or self._hurry):
                left = until - time.monotonic() if self._watched else None
                if left is not None and left <= 0:
                    break
                self._desk.wait(left)
            self._hurry = False
            return not self._ended

    def _look(self) -> None:
        trainings, skipped = list_trainings(self.folder, self._known)
        self._known = trainings
        jobs = sorted(map(job_of, trainings), key=lambda one: (one.state != "running", one.age))
        self._post(Listed(tuple(jobs), tuple(skipped)))
        path = self._log
        if path is not None:
            log = next((one.log_path for one in trainings if one.run.path == path), None)
            self._post(LogRead(path, tuple(tail(log, LOG_LINES)) if log is not None else ()))


def job_of(training: Training) -> Job:
    """What is listed of a training."""
    run, status = training.run, training.status
    best, process = status.best, status.process
    told = ""
    if best and isinstance(best["value"], (int, float)):
        told = f"{best['metric']} {best['value']:.2f}"
    where = "" if process is None else f"process {process.pid}"
    if process is not None and not process.here:
        where += f" on {process.host}"
    return Job(
        path=run.path,
        data=str(run.info["data"]["name"]),
        recipe=Path(str(run.info.get("recipe") or "")).stem,
        device=str(run.info["device"]),
        seed=run.config.train.seed,
        state=status.state,
        epoch=status.epoch,
        epochs=status.epochs,
        best=told,
        best_epoch=int(best["epoch"]) if best else 0,
        speed=training.speed,
        age=max(0.0, time.time() - _made(training)),
        error=status.error,
        process=where,
        has_weights=run.best_path.is_file() or run.last_path.is_file(),
    )


def _made(training: Training) -> float:
    """When the run was made, in seconds since 1970."""
    try:
        return datetime.fromisoformat(str(training.run.info.get("created"))).timestamp()
    except (ValueError, OverflowError):
        return time.time()
