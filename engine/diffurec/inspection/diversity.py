"""How much the lists of many walks agree, and how wide one list reaches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from diffurec.inspection.frames import SampleSet

Floats = npt.NDArray[np.float32]

LISTS_AT_ONCE, CATEGORY_LISTS_AT_ONCE = 1_000, 100


@dataclass(frozen=True)
class ItemFacts:
    """What the measures know of items; row i belongs to item id i, row 0 to padding."""

    directions: Floats  # (V+1, D) embeddings of length 1
    categories: Sequence[frozenset[str]]  # empty where unknown
    popularity: Floats  # (V+1,) share of items that are less frequent, 0 … 1


@dataclass(frozen=True)
class Diversity:
    """Measures of N lists of k items; NaN where one has no meaning."""

    lists: int
    distinct_items: int
    mean_jaccard: float
    """Of all pairs of lists: 1 where they all agree."""
    entropy: float
    """Of an item drawn from a list drawn at random, in nats: log k where all lists agree."""
    intra_list_distance: float
    """Mean over lists of the mean 1 - cosine of two embeddings in a list."""
    category_distance: float
    """The same with 1 - Jaccard of categories, over pairs where both have some."""
    coverage: float
    """Share of the catalogue in any list."""
    popularity: float
    """Mean over the lists' items of the share of items less popular than they are."""
    history_popularity: float
    """The same for the history."""


def item_facts(embeddings: Floats, categories: Sequence[str], counts: npt.NDArray[np.int64]) -> ItemFacts:
    """Facts from the item table, '|'-joined categories and training counts, all by item id."""
    lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
    below = np.searchsorted(np.sort(counts[1:]), counts, side="left") / max(1, len(counts) - 1)
    return ItemFacts(
        directions=(embeddings / np.maximum(lengths, 1e-12)).astype(np.float32),
        categories=[frozenset(filter(None, text.split("|"))) for text in categories],
        popularity=below.astype(np.float32),
    )


def diversity(samples: SampleSet, history: Sequence[int], facts: ItemFacts) -> Diversity:
    """Measure the lists of a sample set."""
    lists = samples.lists  # (N, k)
    items, counts = np.unique(lists, return_counts=True)
    share = counts / counts.sum()
    return Diversity(
        lists=len(lists),
        distinct_items=len(items),
        mean_jaccard=samples.mean_jaccard,
        entropy=float(-(share * np.log(share)).sum()),
        intra_list_distance=_intra_list_distance(lists, facts.directions),
        category_distance=_category_distance(lists, facts.categories),
        coverage=len(items) / max(1, len(facts.popularity) - 1),
        popularity=float(facts.popularity[lists].mean()),
        history_popularity=float(facts.popularity[list(history)].mean()) if history else float("nan"),
    )


def running_jaccard(samples: SampleSet) -> npt.NDArray[np.float64]:
    """Mean Jaccard of all pairs among the first n lists, n = 1 … N; (N,), NaN for one list.

    The last one is `samples.mean_jaccard`: how these go flat tells whether N is enough.
    """
    number, k = samples.lists.shape
    _, compact = np.unique(samples.lists, return_inverse=True)
    membership = np.zeros((number, int(compact.max()) + 1), dtype=np.float32)
    membership[np.arange(number)[:, None], compact.reshape(number, k)] = 1
    common = membership @ membership.T
    with_earlier = np.tril(common / (2 * k - common), -1).sum(axis=1, dtype=np.float64)
    pairs = np.cumsum(np.arange(number, dtype=np.float64))  # n (n - 1) / 2
    return np.where(pairs > 0, np.cumsum(with_earlier) / np.maximum(pairs, 1), np.nan)


def _intra_list_distance(lists: npt.NDArray[np.int64], directions: Floats) -> float:
    """By the identity Σ_{i≠j} cos(i, j) = ‖Σ_i d_i‖² - k for unit vectors, some lists at a time."""
    k = lists.shape[1]
    if k < 2:
        return float("nan")
    parts = (lists[begin : begin + LISTS_AT_ONCE] for begin in range(0, len(lists), LISTS_AT_ONCE))
    squares = [np.square(directions[part].sum(axis=1)).sum(axis=1) for part in parts]
    cosine = (np.concatenate(squares) - k) / (k * (k - 1))
    return float((1 - cosine).mean())


def _category_distance(lists: npt.NDArray[np.int64], categories: Sequence[frozenset[str]]) -> float:
    """Lists repeat, so each different one is measured once."""
    different, counts = np.unique(np.sort(lists, axis=1), axis=0, return_counts=True)
    total, weight = 0.0, 0
    for begin in range(0, len(different), CATEGORY_LISTS_AT_ONCE):
        part = slice(begin, begin + CATEGORY_LISTS_AT_ONCE)
        means = _category_distances(different[part], categories)
        known = ~np.isnan(means)
        total += float((means * counts[part])[known].sum())
        weight += int(counts[part][known].sum())
    return total / weight if weight else float("nan")


def _category_distances(
    lists: npt.NDArray[np.int64], categories: Sequence[frozenset[str]]
) -> npt.NDArray[np.float64]:
    """Mean over the pairs of each list; (N,), NaN where no two items have categories."""
    items, place = np.unique(lists, return_inverse=True)
    of_items = [categories[int(item)] for item in items]
    column = {name: number for number, name in enumerate(sorted({name for one in of_items for name in one}))}
    has = np.zeros((len(items), max(1, len(column))), dtype=np.float32)
    for row, names in enumerate(of_items):
        has[row, [column[name] for name in names]] = 1
    has = has[place.reshape(lists.shape)]  # (N, k, C)
    sizes = has.sum(axis=2)
    common = has @ has.transpose(0, 2, 1)  # (N, k, k)
    either = sizes[:, :, None] + sizes[:, None, :] - common
    pairs = (sizes > 0)[:, :, None] & (sizes > 0)[:, None, :] & np.tri(lists.shape[1], k=-1, dtype=np.bool_)
    distances = np.where(pairs, 1 - common / np.maximum(either, 1), 0).sum(axis=(1, 2), dtype=np.float64)
    number = pairs.sum(axis=(1, 2))
    return np.where(number > 0, distances / np.maximum(number, 1), np.nan)
