"""Stands in for the engine's thread: answers what the app asks for at once, with walks made by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from textual.message import Message

from diffurec.data.catalogue import load_user_ids, order_of_ids
from diffurec.data.dataset import Dataset
from diffurec.inspection.cases import Case, case_of_user, case_targets
from diffurec.inspection.frames import SampleSet
from diffurec.inspection.views import View
from diffurec.run import Run
from diffurec_tui.attending import Listed, LogRead
from diffurec_tui.colouring import by_category
from diffurec_tui.jobs.base import Job, Session
from diffurec_tui.jobs.clouds import CloudJob
from diffurec_tui.jobs.colours import ColourJob
from diffurec_tui.jobs.influence import InfluenceJob
from diffurec_tui.jobs.map import MapJob
from diffurec_tui.jobs.paths import PathsJob
from diffurec_tui.jobs.ranks import RankJob
from diffurec_tui.jobs.samples import SampleJob
from diffurec_tui.jobs.tsne import PlaceJob, TsneJob
from diffurec_tui.jobs.walk import WalkJob
from diffurec_tui.launching import Launcher
from diffurec_tui.messages import (
    Clouded,
    Coloured,
    Fitted,
    Influenced,
    Mapped,
    ModelRead,
    PathsFound,
    Ranked,
    TitlesRead,
    UsersRead,
    UsersSorted,
    Walked,
)
from diffurec_tui.workers import run_facts
from tests.tui.explorer import handmade


class _Inspector:
    """What a job that measures draws needs of the real one."""

    item_facts = handmade.facts_of_items()

    def draw(self, case: Case, seeds: Sequence[int], view: View) -> Iterator[SampleSet]:
        yield handmade.draws(case, seeds, view)


class StagedEngine:
    """Has what the app uses of `workers.Engine`, and no thread: no picture depends on who is faster."""

    def __init__(self, run: Run, dataset: Dataset, device: str, post: Callable[[Message], object]) -> None:
        self.run, self.dataset = run, dataset
        self._post = post
        self._session = Session(run, dataset, cast("Any", _Inspector()), lambda: False)
        self._started = False
        self._early: list[Job] = []
        """Asked for before the model is there."""

    def start(self) -> None:
        """Everything that the thread reads at first, ranks included."""
        ids = load_user_ids(self.dataset)
        targets = case_targets(self.dataset)
        popularity = self.dataset.training_counts().astype(np.int32)[targets]
        self._post(ModelRead(run_facts(self.run, self.dataset)))
        cases = tuple(case_of_user(self.dataset, user) for user in range(self.dataset.num_users))
        self._post(Ranked(*handmade.ends(cases, seed=0, top_k=10)))
        self._post(TitlesRead(handmade.catalogue()))
        self._post(UsersRead(ids, ids.str.to_lowercase()))
        self._post(UsersSorted(order_of_ids(ids), targets, popularity))
        self._started = True
        for job in self._early:
            self.ask(job)

    def hush(self) -> None: ...

    def stop(self, timeout: float) -> bool:
        return True

    def drop(self, kind: str) -> None:
        self._early = [job for job in self._early if job.kind != kind]

    def ask(self, job: Job) -> None:
        if self._started:
            for message in self._answers(job):
                self._post(message)
        else:
            self.drop(job.kind)
            self._early.append(job)

    def _answers(self, job: Job) -> Iterator[Message]:
        match job:
            case WalkJob():
                yield Walked(job.spec, handmade.walk(job.spec))
            case PathsJob():
                yield PathsFound(job.spec, handmade.paths(job.spec))
            case InfluenceJob():
                yield Influenced(job.spec, handmade.heat(job.spec.case, self.run.config.data.max_len))
            case SampleJob():
                *_, complete = (one for one in job.run(self._session) if one is not None)
                yield complete
            case MapJob():
                yield Mapped(handmade.item_map())
            case CloudJob():
                for spec in job.specs:
                    yield Clouded(spec, handmade.cloud(spec, job.number))
            case ColourJob(items=items, by="category"):
                yield Coloured(items.vectors, "category", by_category(items))
            case TsneJob(plane=plane, samples=samples):
                yield Fitted(handmade.by_tsne(plane), plane, samples)
            case PlaceJob():
                yield from (one for one in job.run(self._session) if isinstance(one, Message))
            case RankJob():
                pass  # told at the start
            case _:
                raise AssertionError(f"nothing is staged for {job}")


class StagedAttendant:
    """Has what the jobs' view uses of `attending.Attendant`, and no thread, no files and no trainings."""

    def __init__(self, folder: Path, launcher: Launcher, post: Callable[[Message], object]) -> None:
        self.folder, self._post = folder, post

    def watch(self, watched: bool) -> None:
        if watched:
            jobs = handmade.jobs(self.folder)
            self._post(Listed(jobs, ()))
            self._post(LogRead(jobs[0].path, handmade.LOG))

    def look_at(self, path: Path | None) -> None: ...

    def end(self) -> None: ...
