"""Whether the walk decides anything: what its length, its seed and the size of λ change, and what they cost.

Every measure compares lists of the same users, drawn as `evaluate` draws them: walk number s has seed + s,
and its figures are those of an evaluation with that seed on those users.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from diffurec.data.batches import Batch, Examples, evaluation_examples
from diffurec.data.dataset import Dataset, IntArray, Split
from diffurec.device import autocast, keep_freed_memory
from diffurec.diffusion import NoiseTable, TableDraws
from diffurec.evaluate import MOST_SCORES, mask_candidates
from diffurec.metrics import ranking_metrics, target_rank
from diffurec.model import Conditioning, DiffuRec
from diffurec.walk_options import WalkOptions

K = 10
ROUNDING_ERROR = 1e-9
LAMBDA_SCALES = (0.0, 1.0, 2.0, 5.0, 10.0)
Ranks = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Walks:
    """How S walks of each of U users end."""

    lists: npt.NDArray[np.int64]  # (S, U, k)
    ranks: Ranks  # (S, U) of the true item
    together: dict[int, Ranks]
    """(U,) by the mean probability over the first n walks, for some n."""


@dataclass(frozen=True)
class Accuracy:
    """Figures in percent; the error is of NDCG@10's mean over the users."""

    hit_rate: float
    ndcg: float
    error: float


@dataclass(frozen=True)
class Length:
    """A walk of fewer steps."""

    steps: int
    accuracy: Accuracy
    overlap: float
    """Share of its list that the full walk's has, too."""


@dataclass(frozen=True)
class Scale:
    """Walks with λ multiplied by something: a point of the trade of accuracy for diversity."""

    scale: float
    accuracy: Accuracy
    overlap: float
    """Share of a list that another seed's has, too, in the mean over pairs of walks and users."""
    jaccard: float
    distinct: float
    """Different items in all walks of a user, in the mean over users."""


@dataclass(frozen=True)
class Told:
    """One pass over an x_t that is made of the true item, as in training: what the state gives away."""

    t: int
    accuracy: Accuracy


@dataclass(frozen=True)
class Together:
    """The ranking by the mean probability over some walks."""

    walks: int
    accuracy: Accuracy


@dataclass(frozen=True)
class Difference:
    """Of NDCG@10, in points of percent, over the same users."""

    mean: float
    error: float

    @property
    def clear(self) -> bool:
        """Whether it is more than two standard errors."""
        return abs(self.mean) > max(2 * self.error, ROUNDING_ERROR)


@dataclass(frozen=True)
class Probe:
    """All measures of one model."""

    users: int
    samples: int
    k: int
    lengths: tuple[Length, ...]
    scales: tuple[Scale, ...]
    told: tuple[Told, ...]
    together: tuple[Together, ...]
    seeds_overlap: float
    """Share of a list that another seed's has, too."""
    first_last_overlap: float
    """Share of the first step's list that is in the last one's."""
    with_state: Difference
    """The model as it is, less the same with λ = 0, in which it does not see x_t."""
    all_walks: Difference
    """All walks together, less one of them, in the mean over them."""


class Prober:
    """A model and the users whose lists are compared."""

    def __init__(
        self,
        model: DiffuRec,
        dataset: Dataset,
        users: IntArray,
        split: Split = "test",
        *,
        device: torch.device,
        exclude_seen: bool = False,
        batch_size: int = 512,
    ) -> None:
        self.model = model.eval()
        self.device = device
        self.max_len = model.config.data.max_len
        self.exclude_seen = exclude_seen
        self.k = min(K, model.num_items)
        self.keys = torch.from_numpy(users).to(device)
        self.examples: Examples = evaluation_examples(
            dataset, users, split, self.max_len, device, full_width=model.needs_full_width
        )
        self.seen = self.examples.with_whole_histories() if exclude_seen else None
        size = max(1, min(batch_size, MOST_SCORES // (model.num_items + 1)))
        self.batches = list(self.examples.in_order_of_length(size))
        self.tables: dict[int, NoiseTable] = {}
        keep_freed_memory()

    @torch.no_grad()
    def walks(
        self, seeds: Sequence[int], options: WalkOptions = WalkOptions(), *, together: bool = False
    ) -> Walks:
        """One walk a seed for every user."""
        lists = np.zeros((len(seeds), len(self.keys), self.k), dtype=np.int64)
        ranks = np.zeros((len(seeds), len(self.keys)), dtype=np.int64)
        counts = [n for n in powers_of_two(len(seeds)) if together]
        joint = {n: np.zeros(len(self.keys), dtype=np.int64) for n in counts}
        for index in self.batches:
            rows = index.cpu().numpy()
            batch, history = self._condition(index)
            total: Tensor | None = None
            for number, seed in enumerate(seeds):
                with autocast(self.device, self.model.config.train.precision):
                    draws = self._draws(seed, index)
                    x_0 = self.model.walk_to_end(history, draws, options, exact_end=True)
                candidates = self._candidates(x_0, index, batch)
                lists[number, rows] = self._top(candidates)
                ranks[number, rows] = target_rank(candidates, batch.targets).cpu().numpy()
                if not together:
                    continue
                log_p = candidates.log_softmax(-1)
                total = log_p if total is None else torch.logaddexp(total, log_p)  # n means
                if number + 1 in joint:
                    joint[number + 1][rows] = target_rank(total, batch.targets).cpu().numpy()
        return Walks(lists, ranks, joint)

    @torch.no_grad()
    def first_and_last(self, seed: int) -> float:
        """Share of the list of the first step's x̂_0 that is in the last one's, in the mean over users."""
        shared = 0.0
        for index in self.batches:
            batch = self.examples.gather(
                index
            )  # all in float32: the first step's list counts like the last's
            steps = list(self.model.walk(self.model.condition(batch.histories), self._draws(seed, index)))
            first, last = (
                self._top(self._candidates(step.x_0_hat, index, batch)) for step in (steps[0], steps[-1])
            )
            shared += float(overlaps(first, last).sum())
        return shared / len(self.keys)

    @torch.no_grad()
    def told(self, seed: int, t: int) -> Ranks:
        """Ranks (U,) of the true item after one pass over an x_t that is made of it."""
        ranks = np.zeros(len(self.keys), dtype=np.int64)
        for index in self.batches:
            batch, history = self._condition(index)
            draws = self._draws(seed, index)
            time = torch.full((len(batch),), t, device=self.device)
            noise = draws.normal((len(batch), self.model.noise_size))
            x_t = self.model.noised(batch.targets, time, noise)
            x_0_hat = self.model.denoise(history, x_t, time, self.model.draw_lambda(draws, history.e))
            candidates = self._candidates(x_0_hat, index, batch)
            ranks[index.cpu().numpy()] = target_rank(candidates, batch.targets).cpu().numpy()
        return ranks

    def _condition(self, index: Tensor) -> tuple[Batch, Conditioning]:
        batch = self.examples.gather(index)
        with autocast(self.device, self.model.config.train.precision):
            return batch, self.model.condition(batch.histories)

    def _draws(self, seed: int, index: Tensor) -> TableDraws:
        if seed not in self.tables:
            table = NoiseTable(seed, self.model.noise_size, self.max_len, self.device)
            self.tables = {**dict(list(self.tables.items())[-15:]), seed: table}
        return self.tables[seed].of(self.keys[index])

    def _candidates(self, x_0: Tensor, index: Tensor, batch: Batch) -> Tensor:
        whole = self.seen.gather(index) if self.seen else batch
        return mask_candidates(
            self.model.round(x_0.float(), histories=batch.histories), whole, exclude_seen=self.exclude_seen
        )

    def _top(self, candidates: Tensor) -> npt.NDArray[np.int64]:
        return candidates.topk(self.k, dim=-1).indices.cpu().numpy()


def probe(
    prober: Prober,
    *,
    seed: int = 0,
    samples: int = 8,
    scales: Sequence[float] = LAMBDA_SCALES,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Probe:
    """Take every measure.

    Args:
        prober: the model and the users.
        seed: of the first walk; the others follow it.
        samples: walks of each user, at least 2.
        scales: what λ is multiplied by, beside 0 and 1.
        progress: called with (measures done, measures in all).
    """
    steps = len(prober.model.schedule)
    seeds = range(seed, seed + samples)
    all_scales = sorted({0.0, 1.0, *scales})
    lengths = powers_of_two(steps)[:-1]
    times = sorted({0, *(round(part * (steps - 1) / 4) for part in range(5))})
    total, done = len(all_scales) + len(lengths) + len(times) + 1, itertools.count(1)

    def tick() -> None:
        progress(next(done), total)

    own = prober.walks(seeds, together=True)
    tick()
    by_scale = {1.0: own}
    for scale in all_scales:
        if scale != 1:
            by_scale[scale] = prober.walks(seeds, WalkOptions(lambda_scale=scale))
            tick()
    shorter: list[Length] = []
    for number in lengths:
        walks = prober.walks([seed], WalkOptions(steps=number))
        shared = overlaps(walks.lists[0], own.lists[0])
        shorter.append(Length(number, accuracy(walks.ranks[0]), float(shared.mean())))
        tick()
    told: list[Told] = []
    for t in times:
        told.append(Told(t, accuracy(prober.told(seed, t))))
        tick()
    first_last = prober.first_and_last(seed)
    tick()
    return Probe(
        users=len(prober.keys),
        samples=samples,
        k=prober.k,
        lengths=(*shorter, Length(steps, accuracy(own.ranks[0]), 1.0)),
        scales=tuple(_scale(scale, by_scale[scale]) for scale in all_scales),
        told=tuple(told),
        together=tuple(Together(n, accuracy(ranks)) for n, ranks in own.together.items()),
        seeds_overlap=_scale(1.0, own).overlap,
        first_last_overlap=first_last,
        with_state=difference(own.ranks, by_scale[0.0].ranks),
        all_walks=difference(own.together[samples][None], own.ranks),
    )


def _scale(scale: float, walks: Walks) -> Scale:
    pairs = [overlaps(a, b) for a, b in itertools.combinations(walks.lists, 2)]
    shared = np.stack(pairs)  # (pairs, U)
    per_user = np.sort(walks.lists.transpose(1, 0, 2).reshape(walks.lists.shape[1], -1), axis=1)
    distinct = 1 + (np.diff(per_user, axis=1) != 0).sum(axis=1)
    return Scale(
        scale=scale,
        accuracy=accuracy(walks.ranks),
        overlap=float(shared.mean()),
        jaccard=float((shared / (2 - shared)).mean()),  # |A ∩ B| / |A ∪ B| of lists of one length
        distinct=float(distinct.mean()),
    )


def powers_of_two(last: int) -> list[int]:
    """1, 2, 4 … below `last`, and `last`."""
    return [*itertools.takewhile(lambda n: n < last, (1 << i for i in itertools.count())), last]


def overlaps(a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Share of each list of `a` (U, k) that is in the one of `b`, (U,)."""
    return (a[:, :, None] == b[:, None, :]).any(axis=2).mean(axis=1)


def accuracy(ranks: Ranks) -> Accuracy:
    """Of ranks (U,), or (S, U): the mean over walks of each user's."""
    metrics = ranking_metrics(ranks.ravel())
    return Accuracy(metrics[f"HR@{K}"], metrics[f"NDCG@{K}"], standard_error(_gains(ranks)))


def difference(one: Ranks, other: Ranks) -> Difference:
    """Of the users' NDCG@10 under `one` and under `other`, each (S, U), in the mean over walks."""
    each = _gains(one) - _gains(other)
    return Difference(float(each.mean()), standard_error(each))


def _gains(ranks: Ranks) -> npt.NDArray[np.float64]:
    """NDCG@10 of every user in percent, (U,)."""
    gains = np.where(ranks <= K, 100 / np.log2(ranks + 1.0), 0.0)
    return np.atleast_2d(gains).mean(axis=0)


def standard_error(values: npt.NDArray[np.float64]) -> float:
    """Of the mean of (U,); 0 for one value."""
    return float(values.std(ddof=1) / len(values) ** 0.5) if len(values) > 1 else 0.0
