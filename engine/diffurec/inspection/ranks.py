"""Where every user's walk ends and settles, a few users at a time, kept so that nothing is computed twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from diffurec.data.dataset import Dataset, IntArray
from diffurec.errors import UserError
from diffurec.files import write_array
from diffurec.inspection.cases import NO_TARGET, UNKNOWN, Case, case_lengths
from diffurec.inspection.inspector import Inspector
from diffurec.inspection.settling import settled_steps
from diffurec.inspection.views import View
from diffurec.inspection.weights import content_name
from diffurec.metrics import target_rank
from diffurec.run import Run

Numbers = npt.NDArray[np.int32]
KEPT = np.dtype([("rank", np.int32), ("lock", np.int32)])
"""Of each user, in the file."""


@dataclass(frozen=True, eq=False)
class Ends:
    """How walks end, a row each."""

    ranks: Numbers
    """Of the true next item in the last frame, 1 the best; NO_TARGET where it is unknown."""
    locks: Numbers
    """Number of the first step from which on the set of the top k stays as it is; NO_TARGET likewise."""

    def of(self, rows: IntArray) -> Ends:
        return Ends(self.ranks[rows], self.locks[rows])


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
) -> Ends | None:
    """Where the walks of `cases` end, and from where on their lists stay: what `walk(case, seed)` tells.

    Args:
        inspector: the model.
        cases: histories; NO_TARGET is the answer for those without a target.
        seed: of every walk.
        view: how walks are walked and rounded, and how long a list is.
        stop: asked before each step; True gives up and returns None.
    """
    ends = Ends(*(np.full(len(cases), NO_TARGET, dtype=np.int32) for _ in range(2)))
    rows = [row for row, case in enumerate(cases) if case.target is not None and case.history]
    if not rows:
        return ends
    part = [cases[row] for row in rows]
    model = inspector.model
    history = inspector.condition(*part)
    width = history.e.shape[1]
    lengths = [width if model.needs_full_width else min(len(case.history), width) for case in part]
    read_out: list[Tensor] = []
    for step in model.walk(history, SharedDraws(seed, lengths, model.device), view.walk):
        if stop():
            return None
        read_out.append(step.x_0_hat)  # at the last step, where the walk ends
    candidates = inspector.candidates(read_out[-1], part, view)
    targets = torch.tensor([case.target for case in part], device=candidates.device)
    ends.ranks[rows] = target_rank(candidates, targets).cpu().numpy()
    locks = settled_steps(inspector, part, view, torch.stack(read_out, dim=1), candidates, stop)
    if locks is None:
        return None
    ends.locks[rows] = locks.cpu().numpy()
    return ends


class RankStore:
    """The ends of all users' walks under one weights file, seed and length of list: in memory, in the run."""

    def __init__(self, run: Run, dataset: Dataset, seed: int, top_k: int) -> None:
        name = f"{content_name(run.weights_path)}-{dataset.sha256[:16]}-seed{seed}-top{top_k}.npy"
        self.path: Path = run.path / "ranks" / name
        lengths, self._has_target = case_lengths(dataset)
        self.ends = self._load()
        by_length = np.argsort(np.minimum(lengths, run.config.data.max_len), kind="stable")
        self._order: IntArray = by_length[self.ends.ranks[by_length] == UNKNOWN]
        self._next = 0
        self._saved = self.known
        self._writable = True

    def _load(self) -> Ends:
        try:
            kept = np.load(self.path, allow_pickle=False)
            if kept.shape == self._has_target.shape and kept.dtype == KEPT:
                return Ends(kept["rank"].copy(), kept["lock"].copy())
        except (OSError, ValueError):  # nothing kept yet, or not ours: compute
            pass
        unknown = np.where(self._has_target, UNKNOWN, NO_TARGET).astype(np.int32)
        return Ends(unknown, np.full(len(unknown), NO_TARGET, dtype=np.int32))

    @property
    def known(self) -> int:
        return int(np.count_nonzero(self.ends.ranks != UNKNOWN))

    def next_users(self, first: Sequence[int], limit: int) -> IntArray:
        """Users to rank now: those of `first`, else some with like histories; none when all is known."""
        ranks = self.ends.ranks
        wanted = np.asarray(first, dtype=np.int64)
        wanted = wanted[ranks[wanted] == UNKNOWN]
        while not len(wanted) and self._next < len(self._order):
            part = self._order[self._next : self._next + limit]
            wanted = part[ranks[part] == UNKNOWN]
            self._next += 0 if len(wanted) else len(part)
        return wanted[:limit]

    def put(self, users: IntArray, ends: Ends) -> None:
        self.ends.ranks[users], self.ends.locks[users] = ends.ranks, ends.locks

    def save(self) -> None:
        """Keep what is known in the run folder; a folder that cannot be written is left alone."""
        known = self.known
        if not self._writable or known == self._saved:
            return
        kept = np.empty(len(self.ends.ranks), dtype=KEPT)
        kept["rank"], kept["lock"] = self.ends.ranks, self.ends.locks
        try:
            write_array(self.path, kept)
        except (OSError, UserError):
            self._writable = False
        self._saved = known
