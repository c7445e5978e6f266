"""What is recommended to whom, whether it hits or not: measures of all users' lists together.

Item ids are 1 … V; where a list is shorter than the others, 0 fills it up and counts nowhere.

References:
    Abdollahpouri, Mansoury, Burke, Mobasher 2019, "The Unfairness of Popularity Bias in Recommendation".
    Ge, Delgado-Battenfeld, Jannach 2010, "Beyond Accuracy: Evaluating Recommender Systems by Coverage and
        Serendipity".
    Fleder, Hosanagar 2009, "Blockbuster Culture's Next Rise or Fall".
    Steck 2018, "Calibrated Recommendations".
    Vargas, Castells 2011, "Rank and Relevance in Novelty and Diversity Metrics for Recommender Systems".
    Zhou et al. 2010, "Solving the apparent diversity-accuracy dilemma of recommender systems".
    Ziegler et al. 2005, "Improving Recommendation Lists Through Topic Diversification".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from diffurec.data.dataset import Dataset, IntArray, Split
from diffurec.inspection.diversity import ItemFacts, category_distance, intra_list_distance

Lists = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]

USERS_AT_ONCE = 20_000
MOST_CELLS = 1 << 22
"""Numbers in a table of users and categories: with many categories it has fewer users at a time."""
SMOOTHING = 0.01
"""α of Steck 2018: so much of the history's distribution is mixed into that of the list."""


@dataclass(frozen=True)
class BeyondAccuracy:
    """The measures below; NaN where one has no meaning for the data."""

    coverage: float
    gini: float
    novelty: float
    recommended_popularity: float
    history_popularity: float
    popularity_lift: float
    intra_list_distance: float
    category_distance: float
    miscalibration: float


def beyond_accuracy(
    lists: Lists, histories: Histories, counts: npt.NDArray[np.int64], facts: ItemFacts
) -> BeyondAccuracy:
    """All measures.

    Args:
        lists: item ids, best first, (U, k).
        histories: of the same users in the same order.
        counts: how often each item occurs in the training part, by item id, (V+1,).
        facts: embeddings and categories, by item id.
    """
    exposure = np.bincount(lists.ravel(), minlength=len(counts))[1:]
    recommended = mean_popularity(flat(lists), counts)
    before = mean_popularity(histories, counts)
    return BeyondAccuracy(
        coverage=coverage(exposure),
        gini=gini(exposure),
        novelty=novelty(lists, counts),
        recommended_popularity=recommended,
        history_popularity=before,
        popularity_lift=popularity_lift(recommended, before),
        intra_list_distance=intra_list_distance(lists, facts.directions),
        category_distance=category_distance(lists, facts.categories),
        miscalibration=miscalibration(lists, histories, facts.categories),
    )


@dataclass(frozen=True, eq=False)
class Histories:
    """Some item ids of each of many users, one after the other."""

    items: npt.NDArray[np.int32]  # (N,)
    starts: IntArray  # (U,) user u has items[starts[u] : starts[u] + lengths[u]]
    lengths: IntArray  # (U,)

    def parts(self, users: int) -> Iterator[tuple[slice, npt.NDArray[np.int32], IntArray]]:
        """So many users at a time: which, their items, and whose each of these is, counted from the first."""
        for begin in range(0, len(self.starts), users):
            part = slice(begin, begin + users)
            lengths = self.lengths[part]
            owner = np.repeat(np.arange(len(lengths)), lengths)
            before = np.cumsum(lengths) - lengths
            place = np.arange(len(owner)) + np.repeat(self.starts[part] - before, lengths)
            yield part, self.items[place], owner


def histories_before(dataset: Dataset, users: IntArray, split: Split) -> Histories:
    """All that lies before each user's target; nothing is copied."""
    starts = np.asarray(dataset.offsets)[users]
    return Histories(dataset.items, starts, dataset.target_positions(users, split) - starts)


def flat(lists: Lists) -> Histories:
    """Lists as `Histories`: the 0s that fill them up are all at the end."""
    starts = np.arange(len(lists), dtype=np.int64) * lists.shape[1]
    return Histories(lists.ravel(), starts, (lists > 0).sum(axis=1))


def coverage(exposure: IntArray) -> float:
    """Share of the catalogue that is in any list (aggregate coverage; Ge et al. 2010).

    Args:
        exposure: in how many lists each item is, (V,).
    """
    return float((exposure > 0).mean())


def gini(exposure: IntArray) -> float:
    """Gini coefficient of the exposure (Fleder and Hosanagar 2009): how unevenly places in lists are given.

    With x_1 ≤ … ≤ x_V sorted, G = Σ_i (2i - V - 1) x_i / (V Σ_i x_i). 0 is every item equally often,
    1 - k/V the same k items for everyone.

    Args:
        exposure: in how many lists each item is, (V,).
    """
    size, total = len(exposure), int(exposure.sum())
    if not total:
        return float("nan")
    weights = 2 * np.arange(1, size + 1) - size - 1
    return float(weights @ np.sort(exposure)) / (size * total)


def novelty(lists: Lists, counts: npt.NDArray[np.int64]) -> float:
    """Mean self-information of the recommended items, -log2 p(i), in bits (Zhou et al. 2010).

    p(i) is the share of the training interactions that are of item i (as in the free discovery of Vargas
    and Castells 2011); an item without any counts as if it had one. Mean over lists of the mean over a
    list.
    """
    bits = -np.log2(np.maximum(counts, 1) / max(1, counts.sum()))
    bits[0] = 0
    return float(_mean_of_means(bits[lists].sum(axis=1), (lists > 0).sum(axis=1)))


def mean_popularity(histories: Histories, counts: npt.NDArray[np.int64]) -> float:
    """Mean over users of the mean number of training interactions of their items.

    The group average popularity (GAP) of Abdollahpouri et al. 2019, with all users as the group.
    """
    sums = np.zeros(len(histories.starts))
    for part, items, owner in histories.parts(USERS_AT_ONCE):
        sums[part] = np.bincount(owner, weights=counts[items], minlength=len(sums[part]))
    return _mean_of_means(sums, histories.lengths)


def popularity_lift(recommended: float, before: float) -> float:
    """ΔGAP = GAP(recommended) / GAP(histories) - 1 (Abdollahpouri et al. 2019).

    0 where lists are as popular as histories, 1 where they are twice as popular.
    """
    return recommended / before - 1 if before else float("nan")


def miscalibration(
    lists: Lists, histories: Histories, categories: Sequence[frozenset[str]], smoothing: float = SMOOTHING
) -> float:
    """How far the categories of a list are from those of the history: C_KL of Steck 2018, in nats.

    With p(c|i) = 1 / (number of the item's categories), p(c|u) the mean of that over the history's items and
    q(c|u) over the list's, and q̃ = (1-α) q + α p, it is the mean over users of KL(p ‖ q̃) =
    Σ_c p(c|u) log(p(c|u) / q̃(c|u)). 0 is calibrated; log(1/α) = 4.6 is nothing in common. Items without
    categories are left out, and so are users who then have no history or no list.
    """
    table = _CategoryTable.of(categories)
    if not table.names:
        return float("nan")
    at_once = max(1, min(USERS_AT_ONCE, MOST_CELLS // table.names))
    total, users = 0.0, 0
    both = zip(histories.parts(at_once), flat(lists).parts(at_once), strict=True)
    for (part, items, owner), (_, listed, whose) in both:
        number = len(lists[part])
        p, q = table.shares(items, owner, number), table.shares(listed, whose, number)
        known = (p.sum(axis=1) > 0) & (q.sum(axis=1) > 0)
        p, q = p[known], q[known]
        mixed = (1 - smoothing) * q + smoothing * p
        total += float((p * np.log(np.where(p > 0, p, 1) / np.where(p > 0, mixed, 1))).sum())
        users += len(p)
    return total / users if users else float("nan")


@dataclass(frozen=True, eq=False)
class _CategoryTable:
    """The categories of all items, one after the other: no array of items times categories."""

    names: int
    starts: IntArray  # (V+1,)
    sizes: IntArray  # (V+1,)
    codes: IntArray

    @staticmethod
    def of(categories: Sequence[frozenset[str]]) -> _CategoryTable:
        names = {name: code for code, name in enumerate(sorted({name for one in categories for name in one}))}
        sizes = np.array([len(one) for one in categories], dtype=np.int64)
        codes = np.array([names[name] for one in categories for name in one], dtype=np.int64)
        return _CategoryTable(len(names), np.cumsum(sizes) - sizes, sizes, codes)

    def shares(self, items: npt.NDArray[np.int32], owner: IntArray, users: int) -> Floats:
        """Distribution over categories of each owner's items, (users, C); 0 where there are none."""
        sizes = self.sizes[items]
        repeated = np.repeat(np.arange(len(items)), sizes)
        within = np.arange(len(repeated)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        codes = self.codes[np.repeat(self.starts[items], sizes) + within]
        cells = np.bincount(
            owner[repeated] * self.names + codes, weights=1 / sizes[repeated], minlength=users * self.names
        ).reshape(users, self.names)
        return cells / np.maximum(cells.sum(axis=1, keepdims=True), 1e-12)


def _mean_of_means(sums: Floats, sizes: IntArray) -> float:
    """Mean of sums / sizes over those with anything in them."""
    some = sizes > 0
    return float((sums[some] / sizes[some]).mean()) if some.any() else float("nan")
