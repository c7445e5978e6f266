"""Where everybody's walk ends, a few at a time while nothing else is asked for, those on screen first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from textual.message import Message

from diffurec.inspection.cases import case_of_user
from diffurec_tui.jobs.base import Session
from diffurec_tui.messages import Ranked

CHUNK_SECONDS = 0.15  # a chunk should take
SAVE_SECONDS = 20.0  # between two saves
LEAST, FIRST, MOST = 4, 16, 1024  # users ranked at once


@dataclass(frozen=True)
class RankJob:
    """Rank everybody under one seed, and keep the ranks in the run folder."""

    seed: int
    top_k: int
    visible: Callable[[], tuple[int, ...]]
    """Users to rank before others."""
    kind: ClassVar[str] = "ranks"
    urgency: ClassVar[int] = 9

    def run(self, session: Session) -> Iterator[Message | None]:
        from diffurec.inspection.ranks import RankStore, rank_cases
        from diffurec.inspection.views import View

        store = RankStore(session.run, session.dataset, self.seed, self.top_k)
        known = np.flatnonzero(store.ends.ranks > 0)
        kept = store.ends.of(known)
        yield Ranked(known, kept.ranks, kept.locks)
        view, chunk, saved = View(top_k=self.top_k), FIRST, time.monotonic()
        try:
            while len(users := store.next_users(self.visible(), chunk)):
                began = time.monotonic()
                cases = [case_of_user(session.dataset, int(user)) for user in users]
                ends = rank_cases(session.inspector, cases, self.seed, view, session.give_way)
                if ends is None:
                    yield None
                    continue
                store.put(users, ends)
                yield Ranked(users, ends.ranks, ends.locks)
                spent = max(time.monotonic() - began, 1e-3)
                chunk = max(LEAST, min(MOST, int(chunk * min(2.0, CHUNK_SECONDS / spent))))
                if time.monotonic() - saved > SAVE_SECONDS:
                    store.save()
                    saved = time.monotonic()
        finally:  # also when the thread closes the job
            store.save()
