"""The only module of the app that touches the engine: one thread that loads the model, walks and ranks.

The thread has a desk with room for one walk: a new request replaces the one that is there, so a key held
down never queues work. It looks at the desk before every step, and posts frozen snapshots, nothing else.
torch is imported in it, after the first frame is on screen.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from textual.message import Message

from diffurec.data.dataset import Dataset
from diffurec.errors import UserError
from diffurec.inspection.cases import case_of_user
from diffurec.inspection.frames import Frame, Trajectory
from diffurec.inspection.weights import read_weights_facts
from diffurec.run import Run, read_status
from diffurec_tui.messages import Failed, ModelRead, Ranked, TitlesRead, UsersRead, Walked, WalkRequest
from diffurec_tui.snapshots import RunFacts

if TYPE_CHECKING:  # imported in the thread: torch takes two seconds, polars a tenth
    from diffurec.data.catalogue import Catalogue
    from diffurec.inspection.inspector import Inspector, View
    from diffurec.inspection.ranks import RankStore

POST_SECONDS = 0.04  # between two snapshots of one walk
RANK_SECONDS = 0.15  # a chunk of ranks should take
SAVE_SECONDS = 20.0  # between two saves of the ranks
CHUNK = (4, 16, 1024)  # users ranked at once: least, first, most


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
        training=training,
    )
    try:
        weights = read_weights_facts(run.weights_path)
    except UserError:
        return facts
    return replace(facts, weights=weights.label, epoch=weights.epoch, hit_rate=weights.metric("HR@10"))


class Engine:
    """The thread and its desk."""

    def __init__(
        self,
        run: Run,
        dataset: Dataset,
        device: str,
        seed: int,
        top_k: int,
        post: Callable[[Message], object],
    ) -> None:
        """Prepare the thread; `start` sets it off.

        Args:
            run: whose weights to load.
            dataset: the users.
            device: auto, cpu, cuda or cuda:N.
            seed: of the walks that rank all users.
            top_k: items of a ranking.
            post: takes messages from the thread.
        """
        self.run, self.dataset, self.device, self.seed, self.top_k = run, dataset, device, seed, top_k
        self._post = post
        self._desk = threading.Condition()
        self._wanted: WalkRequest | None = None
        self._reload = False
        self._cancelled = False
        self._visible: tuple[int, ...] = ()
        self._number = 0
        self._thread = threading.Thread(target=self._work, name="diffurec-engine", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def walk(self, user: int, seed: int) -> WalkRequest:
        """Ask for a walk; whatever was asked for before is dropped."""
        with self._desk:
            self._number += 1
            self._wanted = WalkRequest(self._number, user, seed)
            self._desk.notify()
            return self._wanted

    def reload(self) -> None:
        """Ask for the newest weights."""
        with self._desk:
            self._reload = True
            self._desk.notify()

    def look_at(self, users: tuple[int, ...]) -> None:
        """Rank these users before others."""
        self._visible = users

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
        return names

    def _load(self, names: Catalogue) -> _Session | None:
        """The model; None where there is none, which is said on screen."""
        try:
            weights = self.run.weights_path  # before two seconds of torch: is there anything to load?
            read_weights_facts(weights)
            import torch

            from diffurec.device import choose_device
            from diffurec.inspection.inspector import Inspector, View, load_model
            from diffurec.inspection.ranks import RankStore

            torch.set_num_threads(max(1, min(4, (os.cpu_count() or 2) - 1)))  # a core for the screen
            inspector = Inspector(load_model(self.run, choose_device(self.device)), names)
        except UserError as error:
            self._post(Failed(str(error)))
            return None
        self._post(ModelRead(run_facts(self.run, self.dataset)))
        return _Session(inspector, View(top_k=self.top_k), RankStore, None)

    def _wait_for_reload(self) -> None:
        with self._desk:
            while not (self._cancelled or self._reload):
                self._desk.wait()

    def _interrupted(self) -> bool:
        """Whether there is something more urgent than what the thread is at."""
        return self.is_cancelled or self._reload or self._wanted is not None

    def _serve(self, session: _Session) -> None:
        """Answer requests until other weights are asked for; rank users while nobody asks."""
        while not (self.is_cancelled or self._reload):
            with self._desk:
                request, self._wanted = self._wanted, None
                if request is None and session.idle:
                    self._desk.wait()
                    continue
            if request is not None:
                self._walk(session, request)
            else:
                self._rank(session)
        session.save()

    def _walk(self, session: _Session, request: WalkRequest) -> None:
        case = case_of_user(self.dataset, request.user)
        frames: list[Frame] = []
        posted = time.monotonic()
        steps = session.inspector.num_steps
        try:
            for frame in session.inspector.walk(case, request.seed, session.view):
                if self._interrupted():
                    return
                frames.append(frame)
                if len(frames) < steps and (len(frames) == 1 or time.monotonic() - posted > POST_SECONDS):
                    self._post(Walked(request, Trajectory(tuple(frames), steps)))
                    posted = time.monotonic()
        except UserError as error:  # an empty history
            self._post(Failed(str(error)))
            return
        self._post(Walked(request, Trajectory(tuple(frames), steps)))
        session.walked = True

    def _rank(self, session: _Session) -> None:
        """The ranks of a few users, those on screen first."""
        from diffurec.inspection.ranks import rank_cases

        if session.store is None:  # after the first walk is shown: reading the weights' name takes a moment
            session.store = session.open_store(self.run, self.dataset, self.seed)
            known = np.flatnonzero(session.store.ranks > 0)
            self._post(Ranked(known, session.store.ranks[known]))
        users = session.store.next_users(self._visible, session.chunk)
        if not len(users):
            session.all_ranked = True
            session.save()
            return
        began = time.monotonic()
        cases = [case_of_user(self.dataset, int(user)) for user in users]
        ranks = rank_cases(session.inspector, cases, self.seed, session.view, self._interrupted)
        if ranks is None:
            return
        session.store.put(users, ranks)
        self._post(Ranked(users, ranks))
        session.adapt(time.monotonic() - began)


@dataclass
class _Session:
    """A loaded model and what the thread knows of its users."""

    inspector: Inspector
    view: View
    open_store: Callable[[Run, Dataset, int], RankStore]
    store: RankStore | None
    walked: bool = False
    all_ranked: bool = False
    chunk: int = CHUNK[1]
    saved_at: float = field(default_factory=time.monotonic)

    @property
    def idle(self) -> bool:
        """Nothing to do unasked: ranks wait for the first walk to be shown."""
        return not self.walked or self.all_ranked

    def adapt(self, spent: float) -> None:
        """Make the next chunk take about as long as one should; save now and then."""
        least, _, most = CHUNK
        self.chunk = max(least, min(most, int(self.chunk * min(2.0, RANK_SECONDS / max(spent, 1e-3)))))
        if time.monotonic() - self.saved_at > SAVE_SECONDS:
            self.save()

    def save(self) -> None:
        if self.store is not None:
            self.store.save()
        self.saved_at = time.monotonic()
