"""How far a mean over users would move with other users: intervals, and tests of one model against another.

A metric is a function of the rank, and the same for all ranks beyond the last cutoff. So users fall into few
kinds (21 ranks; of two models, 441 pairs of ranks), and to resample users is to draw how many there are of
each kind, from a multinomial distribution. That is the bootstrap over users itself, no approximation, at a
price that does not depend on their number.

What is not in it: another training seed, another draw of the walk, another split of the data.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from diffurec.metrics import CUTOFFS, user_metrics

Ranks = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Interval = tuple[float, float]

LEVEL = 0.95
RESAMPLES = 5_000
FLIPS = 10_000
MISS = max(CUTOFFS) + 1
"""Stands for every rank that counts nothing in any metric."""
ROUNDING = 1e-12
"""By which sums of the same numbers in another order may differ, relative to the number of users."""


@dataclass(frozen=True)
class Difference:
    """One metric of one model less that of another, on the same users, in percentage points."""

    mean: float
    interval: Interval
    """Of the paired bootstrap."""
    p: float
    """Of the two-sided paired randomisation test; never below 1 / (FLIPS + 1)."""


def bootstrap_intervals(
    ranks: Ranks, *, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, Interval]:
    """Percentile bootstrap intervals (Efron 1979) of each metric of `ranking_metrics`, in percent.

    Args:
        ranks: rank of the true item of each user, (U,).
        level: share of resamples inside, half of the others on either side.
        resamples: how often as many users are drawn with replacement.
        seed: of the draws.
    """
    kinds, counts = np.unique(np.minimum(ranks, MISS), return_counts=True)
    values = user_metrics(kinds)
    return dict(zip(values, _intervals(values, counts, level, resamples, seed), strict=True))


def compare(
    ranks: Ranks,
    others: Ranks,
    *,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    flips: int = FLIPS,
    seed: int = 0,
) -> dict[str, Difference]:
    """Each metric of `ranks` less that of `others`: its paired interval, and whether it can be chance.

    Args:
        ranks: of one model, a user each, (U,), at least one.
        others: of the other model, the same users in the same order.
        level: of the intervals.
        resamples: how often as many users, each with both ranks, are drawn with replacement.
        flips: how often every user's two ranks change places or not, at random (Fisher 1935; Smucker,
            Allan and Carterette 2007): where the models are alike, a difference as large is common then.
        seed: of the draws.
    """
    pairs = np.stack([np.minimum(ranks, MISS), np.minimum(others, MISS)])  # (2, U)
    kinds, counts = np.unique(pairs, axis=1, return_counts=True)  # (2, K), (K,)
    one, other = user_metrics(kinds[0]), user_metrics(kinds[1])
    values = {name: one[name] - other[name] for name in one}
    intervals = _intervals(values, counts, level, resamples, seed)
    means = {name: float(counts @ value / len(ranks)) for name, value in values.items()}
    p_values = _flip(kinds, counts, flips, seed)
    return {
        name: Difference(100 * means[name], interval, p)
        for name, interval, p in zip(values, intervals, p_values, strict=True)
    }


def _intervals(
    values: dict[str, Floats], counts: Ranks, level: float, resamples: int, seed: int
) -> list[Interval]:
    """Of the means of `values`, (K,) each, where there are `counts` (K,) users of each kind; in percent."""
    total = int(counts.sum())
    if not total:
        return [(float("nan"), float("nan"))] * len(values)
    drawn = np.random.default_rng(seed).multinomial(total, counts / total, size=resamples)  # (R, K)
    means = 100 * (drawn @ np.stack(list(values.values()), axis=1)) / total  # (R, M)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return list(zip(low.tolist(), high.tolist(), strict=True))


def _flip(kinds: npt.NDArray[np.int64], counts: Ranks, flips: int, seed: int) -> list[float]:
    """p of every metric. Users whose two ranks are the same two, in either order, are flipped together.

    Of c such users a number that is binomial (c, ½) has the better rank in the first place after the
    flips; so the order of the two models does not matter, and neither does the number of users.
    """
    low, high = kinds.min(axis=0), kinds.max(axis=0)
    together, place = np.unique(np.stack([low, high]), axis=1, return_inverse=True)  # (2, P), (K,)
    users = np.bincount(place.ravel(), weights=counts).astype(np.int64)  # (P,)
    signs = np.where(kinds[0] <= kinds[1], 1, -1)
    surplus = np.bincount(place.ravel(), weights=counts * signs)  # (P,)
    better, worse = user_metrics(together[0]), user_metrics(together[1])
    gains = np.stack([better[name] - worse[name] for name in better], axis=1)  # (P, M)
    drawn = np.random.default_rng(seed).binomial(users, 0.5, size=(flips, len(users)))  # (F, P)
    by_chance = np.abs((2 * drawn - users) @ gains)  # (F, M)
    least = np.abs(surplus @ gains) - ROUNDING * users.sum()
    return ((1 + (by_chance >= least).sum(axis=0)) / (1 + flips)).tolist()
