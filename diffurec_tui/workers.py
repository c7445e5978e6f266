"""The engine's thread: loads names and model, then works off jobs, the most urgent first.

Its desk has room for one job a kind: a newer one takes the place of the one that is there, so a key held
down never queues work. Jobs are generators, advanced message by message, so a new one never waits for
more than a step. What is posted are frozen snapshots. torch is imported here, after the first frame.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from textual.message import Message

from diffurec.data.dataset import Dataset
from diffurec.errors import UserError
from diffurec.inspection.weights import read_weights_facts
from diffurec.run import Run
from diffurec.status import read_status
from diffurec_tui.jobs.base import Job, Later, Session, Told
from diffurec_tui.jobs.users import UsersJob
from diffurec_tui.messages import Failed, ModelRead, TitlesRead, UsersRead
from diffurec_tui.snapshots import RunFacts

if TYPE_CHECKING:  # imported in the thread: torch takes two seconds, polars a tenth
    from diffurec.data.catalogue import Catalogue


QUIET_SECONDS = 0.4
"""After a key, for which background jobs wait: they would take the frame's time and the walk's."""
BACKGROUND = 9
"""The urgency from which on nobody waits for a job."""


def run_facts(run: Run, dataset: Dataset) -> RunFacts:
    """What the header tells, read without torch."""
    status = read_status(run)
    training = f"training {status.epoch}/{status.epochs}" if status.state == "running" else ""
    facts = RunFacts(
        dataset=dataset.name,
        num_users=dataset.num_users,
        num_items=dataset.num_items,
        num_steps=run.config.diffusion.steps,
        lambda_mean=run.config.model.lambda_mean,
        max_len=run.config.data.max_len,
        seen_left_out=run.config.train.exclude_seen,
        training=training,
    )
    try:
        weights = read_weights_facts(run.weights_path)
    except UserError:
        return facts
    return replace(facts, weights=weights.label, epoch=weights.epoch, hit_rate=weights.metric("HR@10"))


class Engine:
    """The thread and its desk."""

    def __init__(self, run: Run, dataset: Dataset, device: str, post: Callable[[Message], object]) -> None:
        """Prepare the thread; `start` sets it off.

        Args:
            run: whose weights to load.
            dataset: the users.
            device: auto, cpu, cuda or cuda:N.
            post: takes messages from the thread.
        """
        self.run, self.dataset, self.device = run, dataset, device
        self._post = post
        self._desk = threading.Condition()
        self._wanted: dict[str, Job | None] = {}
        self._reload = False
        self._cancelled = False
        self._quiet_until = 0.0
        self._thread = threading.Thread(target=self._work, name="diffurec-engine", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def ask(self, job: Job) -> None:
        """Ask for a job; one of the same kind is dropped."""
        with self._desk:
            self._wanted[job.kind] = job
            self._desk.notify()

    def drop(self, kind: str) -> None:
        """Forget the job of a kind, wherever it stands."""
        with self._desk:
            self._wanted[kind] = None
            self._desk.notify()

    def hush(self) -> None:
        """Somebody is at the keys: for a moment do only what is asked for."""
        self._quiet_until = time.monotonic() + QUIET_SECONDS

    def reload(self) -> None:
        """Read the newest weights; jobs that were not done are forgotten."""
        with self._desk:
            self._reload = True
            self._desk.notify()

    @property
    def is_cancelled(self) -> bool:
        return self._cancelled

    def stop(self, timeout: float) -> bool:
        """End the thread at its next step; False if it is still busy after `timeout` seconds."""
        with self._desk:
            self._cancelled = True
            self._desk.notify()
        if self._thread.is_alive():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _work(self) -> None:
        """The thread's whole life."""
        try:
            names = self._read_names()
            while not self.is_cancelled:
                self._reload = False
                session = self._load(names)
                if session is None:
                    self._wait_for_reload()
                else:
                    self._serve(session)
        except UserError as error:
            self._post(Failed(str(error)))
        except Exception as error:  # a fault of ours must not leave a screen that waits for ever
            self._post(Failed(f"internal fault: {type(error).__name__}: {error}"))

    def _read_names(self) -> Catalogue:
        from diffurec.data.catalogue import load_catalogue, load_user_ids

        ids = load_user_ids(self.dataset)
        self._post(UsersRead(ids, ids.str.to_lowercase()))
        names = load_catalogue(self.run.num_items, self.run.items_path, self.dataset.path / "items.parquet")
        self._post(TitlesRead(names))
        self.ask(UsersJob(ids))
        return names

    def _load(self, names: Catalogue) -> Session | None:
        """The model; None where there is none, which is said on screen."""
        try:
            weights = self.run.weights_path  # before two seconds of torch: is there anything to load?
            read_weights_facts(weights)
            import torch

            from diffurec.device import choose_device
            from diffurec.inspection.inspector import Inspector, load_model

            torch.set_num_threads(max(1, min(4, (os.cpu_count() or 2) - 1)))  # a core for the screen
            inspector = Inspector(load_model(self.run, choose_device(self.device)), names)
        except UserError as error:
            self._post(Failed(str(error)))
            return None
        self._post(ModelRead(run_facts(self.run, self.dataset)))
        return Session(self.run, self.dataset, inspector, self._interrupted, self._give_way)

    def _wait_for_reload(self) -> None:
        with self._desk:
            while not (self._cancelled or self._reload):
                self._desk.wait()

    def _interrupted(self) -> bool:
        """Whether the desk is to be looked at."""
        return self._cancelled or self._reload or bool(self._wanted)

    def _give_way(self) -> bool:
        """Whether what nobody waits for is to wait."""
        return self._interrupted() or time.monotonic() < self._quiet_until

    def _serve(self, session: Session) -> None:
        """Work off jobs until other weights are asked for, or the end."""
        at_work: dict[str, AtWork] = {}
        try:
            while True:
                with self._desk:
                    while not self._interrupted() and (pause := self._pause(at_work)) != 0:
                        self._desk.wait(pause)
                    wanted, self._wanted = self._wanted, {}
                if self._cancelled or self._reload:
                    return
                for kind, job in wanted.items():
                    _close(at_work.pop(kind, None))
                    if job is not None:
                        at_work[kind] = AtWork(job.urgency, job.run(session))
                if self._pause(at_work) == 0:
                    self._advance(at_work)
        finally:
            for entry in at_work.values():
                _close(entry)

    def _advance(self, at_work: dict[str, AtWork]) -> None:
        """Take the most urgent of the jobs that have something to do one message further."""
        now = time.monotonic()
        ready = ((kind, entry) for kind, entry in at_work.items() if self._due(entry) <= now)
        kind, entry = min(ready, key=lambda one: one[1].urgency)
        try:
            message = next(entry.job)
        except StopIteration:
            del at_work[kind]
            return
        except UserError as error:  # an empty history
            del at_work[kind]
            message = Failed(str(error))
        if isinstance(message, Later):
            entry.due = now + message.seconds
        elif message is not None:
            self._post(message)

    def _due(self, entry: AtWork) -> float:
        """When a job is to go on."""
        return max(entry.due, self._quiet_until) if entry.urgency >= BACKGROUND else entry.due

    def _pause(self, at_work: dict[str, AtWork]) -> float | None:
        """Seconds until a job has something to do; None if there is none."""
        if not at_work:
            return None
        return max(0.0, min(self._due(entry) for entry in at_work.values()) - time.monotonic())


@dataclass(eq=False)
class AtWork:
    """A job under way."""

    urgency: int
    job: Iterator[Told]
    due: float = 0.0
    """When it has something to do again."""


def _close(entry: AtWork | None) -> None:
    """Let a job that is not finished tidy up."""
    if entry is not None:
        close = getattr(entry.job, "close", None)
        if close is not None:
            close()
