"""Frozen snapshots of a reverse walk, in NumPy and plain Python: safe to hand between threads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from diffurec.inspection.pairs import common_items, jaccard

Ranks = npt.NDArray[np.int32]
Lens = Literal["x_0_hat", "x_t"]
"""What of a step is rounded to items: the model's reconstruction x̂_0, or the state x_t itself."""


@dataclass(frozen=True)
class Ranking:
    """A representation rounded to the catalogue."""

    items: npt.NDArray[np.int64]  # (K,) best first
    scores: npt.NDArray[np.float32]  # (K,)
    probabilities: npt.NDArray[np.float32]  # (K,) softmax over the candidates
    entropy: float
    """Of the softmax over all candidates, in nats; log V at the most."""
    target_rank: int | None
    """Rank of the true next item, 1 the best; None where it is unknown."""


@dataclass(frozen=True)
class Frame:
    """One step of a walk."""

    index: int
    """0 is the first step, from pure noise."""
    t: int
    """Diffusion timestep, T-1 … 0."""
    x_0_hat: Ranking
    """What the model reads out of x_t. At the last step this is the recommendation."""
    x_t: Ranking
    """What the state itself, still noisy, is nearest to."""
    moved: float
    """‖x_{t-1} - x_t‖."""
    alphas_cumprod: float
    """ᾱ_t: x_t has √ᾱ_t of the item and √(1-ᾱ_t) of noise."""
    x_0_hat_vector: npt.NDArray[np.float32]  # (D,)
    x_t_vector: npt.NDArray[np.float32]  # (D,)

    def ranking(self, lens: Lens) -> Ranking:
        return self.x_0_hat if lens == "x_0_hat" else self.x_t


@dataclass(frozen=True)
class Trajectory:
    """A whole walk, or as much of it as there is; frames in the order walked."""

    frames: tuple[Frame, ...]
    num_steps: int
    """Length of the finished walk."""

    @property
    def complete(self) -> bool:
        return len(self.frames) == self.num_steps

    def overlap_with_final(self, lens: Lens = "x_0_hat") -> list[float]:
        """Share of each step's top-k that is in the last frame's recommendation."""
        final = frozenset(self.frames[-1].x_0_hat.items.tolist())
        return [share_of(final, frame.ranking(lens)) for frame in self.frames]

    def locked_in(self, k: int = 1, lens: Lens = "x_0_hat") -> int:
        """Index of the first step from which on the set of the top k does not change any more."""
        return settled_from([frame.ranking(lens) for frame in self.frames], k)

    def cosine_to_final(self, lens: Lens = "x_0_hat") -> list[float]:
        """Cosine of each step's x̂_0, or x_t, to the last x̂_0."""
        last = self.frames[-1].x_0_hat_vector
        return [
            _cosine(frame.x_t_vector if lens == "x_t" else frame.x_0_hat_vector, last)
            for frame in self.frames
        ]


@dataclass(frozen=True, eq=False)
class RankPaths:
    """Ranks of some items, 1 the best, at each of the S + 1 states of a walk of S steps."""

    items: tuple[int, ...]
    x_t: Ranks  # (S+1, n)
    x_0_hat: Ranks  # (S+1, n)

    def of(self, item: int, lens: Lens) -> Ranks | None:
        """The ranks of one item, (S+1,); None where it was not followed."""
        column = self._columns.get(item)
        return None if column is None else (self.x_t if lens == "x_t" else self.x_0_hat)[:, column]

    @cached_property
    def _columns(self) -> dict[int, int]:
        return {item: column for column, item in enumerate(self.items)}


def share_of(final: frozenset[int], ranking: Ranking) -> float:
    """Share of the items of `final` that are in a ranking."""
    return len(final.intersection(ranking.items.tolist())) / max(1, len(final))


def settled_from(rankings: Sequence[Ranking], k: int) -> int:
    """Index from which on the set of the top k stays as it is in the last ranking."""
    sets = [frozenset(one.items[:k].tolist()) for one in rankings]
    index = len(sets) - 1
    while index > 0 and sets[index - 1] == sets[-1]:
        index -= 1
    return index


def movement(before: Ranking | None, after: Ranking) -> list[int | None]:
    """Places each item of `after` rose since `before` (negative: fell); None where it is new."""
    if before is None:
        return [0] * len(after.items)
    places = {int(item): place for place, item in enumerate(before.items)}
    return [
        places[int(item)] - place if int(item) in places else None for place, item in enumerate(after.items)
    ]


def _cosine(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32]) -> float:
    norm = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / norm if norm else 0.0


@dataclass(frozen=True)
class SampleSet:
    """Lists of N independent walks of one history."""

    seeds: tuple[int, ...]
    lists: npt.NDArray[np.int64]  # (N, K), best first
    target_ranks: npt.NDArray[np.int64] | None  # (N,)

    @cached_property
    def item_counts(self) -> list[tuple[int, int]]:
        """(item, number of lists it is in), most frequent first, ties by id."""
        items, counts = np.unique(self.lists, return_counts=True)
        order = np.lexsort((items, -counts))
        return [(int(items[i]), int(counts[i])) for i in order]

    def first(self, number: int, k: int) -> SampleSet:
        """The first `number` lists, cut to their best `k`."""
        ranks = self.target_ranks
        return SampleSet(
            self.seeds[:number], self.lists[:number, :k], None if ranks is None else ranks[:number]
        )

    @property
    def distinct_items(self) -> int:
        """Number of different items over all lists."""
        return len(self.item_counts)

    @cached_property
    def common(self) -> npt.NDArray[np.float32]:
        """Number of items that each pair of lists has in common; (N, N)."""
        return common_items(self.lists, self.lists)

    @cached_property
    def mean_jaccard(self) -> float:
        """Mean Jaccard similarity of all pairs of lists; 1 where they all agree, NaN for one list."""
        number, k = self.lists.shape
        if number < 2:
            return float("nan")
        return float(jaccard(self.common[np.triu_indices(number, 1)], k, k).mean())


def merge(parts: Sequence[SampleSet]) -> SampleSet:
    """Sample sets of one history, one after the other."""
    ranks = [part.target_ranks for part in parts if part.target_ranks is not None]
    return SampleSet(
        seeds=tuple(seed for part in parts for seed in part.seeds),
        lists=np.concatenate([part.lists for part in parts]),
        target_ranks=np.concatenate(ranks) if ranks else None,
    )
