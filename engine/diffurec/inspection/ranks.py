"""Rank of every user's true next item, a few users at a time, kept so that nothing is computed twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from diffurec.data.dataset import Dataset, IntArray
from diffurec.errors import UserError
from diffurec.files import write_atomically
from diffurec.inspection.cases import Case, case_lengths
from diffurec.inspection.inspector import Inspector
from diffurec.inspection.views import View
from diffurec.inspection.weights import content_name
from diffurec.metrics import target_rank
from diffurec.run import Run

Ranks = npt.NDArray[np.int32]
UNKNOWN = 0
NO_TARGET = -1


class SharedDraws:
    """One seed for every row: each row's walk is the one that `RowDraws([seed])` gives it alone.

    A history's length decides how many numbers its λ takes, so rows of one length share a generator.
    """

    def __init__(self, seed: int, lengths: Sequence[int], device: torch.device) -> None:
        self.device = device
        self.groups = [
            (length, [row for row, own in enumerate(lengths) if own == length], torch.Generator())
            for length in sorted(set(lengths))
        ]
        for _, _, generator in self.groups:
            generator.manual_seed(seed)

    def normal(self, shape: Sequence[int]) -> Tensor:
        drawn = torch.zeros(tuple(shape))
        for length, rows, generator in self.groups:
            if len(shape) == 3:  # λ: a number a position, counted from the newest, and channel
                drawn[rows, shape[1] - length :] = torch.randn((length, shape[2]), generator=generator)
            else:
                drawn[rows] = torch.randn(tuple(shape[1:]), generator=generator)
        return drawn.to(self.device)


@torch.no_grad()
def rank_cases(
    inspector: Inspector,
    cases: Sequence[Case],
    seed: int,
    view: View,
    stop: Callable[[], bool] = lambda: False,
) -> Ranks | None:
    """Where the walks of `cases` end: the target's rank in the last frame of `walk(case, seed)`.

    Args:
        inspector: the model.
        cases: histories; NO_TARGET is the answer for those without a target.
        seed: of every walk.
        view: how walks are walked and rounded.
        stop: asked before each step; True gives up and returns None.
    """
    ranks = np.full(len(cases), NO_TARGET, dtype=np.int32)
    rows = [row for row, case in enumerate(cases) if case.target is not None and case.history]
    if not rows:
        return ranks
    part = [cases[row] for row in rows]
    model = inspector.model
    history = inspector.condition(*part)
    width = history.e.shape[1]
    lengths = [width if model.needs_full_width else min(len(case.history), width) for case in part]
    x_0: Tensor | None = None
    for step in model.walk(history, SharedDraws(seed, lengths, model.device), view.walk):
        if stop():
            return None
        x_0 = step.x_prev
    assert x_0 is not None  # a schedule has at least one step
    candidates = inspector.candidates(x_0, part, view)
    targets = torch.tensor([case.target for case in part], device=candidates.device)
    ranks[rows] = target_rank(candidates, targets).cpu().numpy()
    return ranks


class RankStore:
    """The ranks of all users of a data set under one weights file and seed, in memory and in the run."""

    def __init__(self, run: Run, dataset: Dataset, seed: int) -> None:
        name = f"{content_name(run.weights_path)}-{dataset.sha256[:16]}-seed{seed}.npy"
        self.path: Path = run.path / "ranks" / name
        lengths, self._has_target = case_lengths(dataset)
        self.ranks = self._load()
        by_length = np.argsort(np.minimum(lengths, run.config.data.max_len), kind="stable")
        self._order: IntArray = by_length[self.ranks[by_length] == UNKNOWN]
        self._next = 0
        self._saved = self.known
        self._writable = True

    def _load(self) -> Ranks:
        try:
            ranks = np.load(self.path, allow_pickle=False)
            if ranks.shape == self._has_target.shape and ranks.dtype == np.int32:
                return ranks
        except (OSError, ValueError):  # nothing kept yet, or not ours: compute
            pass
        return np.where(self._has_target, UNKNOWN, NO_TARGET).astype(np.int32)

    @property
    def known(self) -> int:
        return int(np.count_nonzero(self.ranks != UNKNOWN))

    def next_users(self, first: Sequence[int], limit: int) -> IntArray:
        """Users to rank now: those of `first`, else some with like histories; none when all is known."""
        wanted = np.asarray(first, dtype=np.int64)
        wanted = wanted[self.ranks[wanted] == UNKNOWN]
        while not len(wanted) and self._next < len(self._order):
            part = self._order[self._next : self._next + limit]
            wanted = part[self.ranks[part] == UNKNOWN]
            self._next += 0 if len(wanted) else len(part)
        return wanted[:limit]

    def put(self, users: IntArray, ranks: Ranks) -> None:
        self.ranks[users] = ranks

    def save(self) -> None:
        """Keep what is known in the run folder; a folder that cannot be written is left alone."""
        known = self.known
        if not self._writable or known == self._saved:
            return

        def write(temporary: Path) -> None:
            with temporary.open("wb") as file:
                np.save(file, self.ranks)

        try:
            self.path.parent.mkdir(exist_ok=True)
            write_atomically(self.path, write)
        except (OSError, UserError):
            self._writable = False
        self._saved = known
