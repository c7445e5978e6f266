"""How much the lists of many walks agree, and how wide one list reaches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from diffurec.inspection.frames import SampleSet
from diffurec.inspection.pairs import common_items, jaccard

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
    same_lists: int
    """Lists with the items that most of them have, in any order."""
    shared_items: float
    """Items that two lists have in common, in the mean over all pairs."""
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


@dataclass(frozen=True)
class Contrast:
    """Two sets of lists against each other."""

    jaccard: float
    """Mean over all pairs of one list of each."""
    shared_items: float
    """Items that one list of each have in common, in the mean over the same pairs."""
    same_seed_jaccard: float
    """Mean over the pairs drawn from one seed; NaN where the sets have none in common."""
    items: tuple[tuple[int, int, int], ...]
    """(item, lists of the one that have it, lists of the other): highest share in either first."""


def contrast(one: SampleSet, other: SampleSet) -> Contrast:
    """Set the lists of `one` against those of `other`; their lengths may differ."""
    common = common_items(one.lists, other.lists)  # (N, M)
    alike = jaccard(common, one.lists.shape[1], other.lists.shape[1])
    _, mine, its = np.intersect1d(one.seeds, other.seeds, return_indices=True)
    return Contrast(
        jaccard=float(alike.mean(dtype=np.float64)),
        shared_items=float(common.mean(dtype=np.float64)),
        same_seed_jaccard=float(alike[mine, its].mean(dtype=np.float64)) if len(mine) else float("nan"),
        items=_items_of_both(one.lists, other.lists),
    )


def _items_of_both(
    one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]
) -> tuple[tuple[int, int, int], ...]:
    items = np.union1d(one, other)
    counts = np.stack(
        [np.bincount(np.searchsorted(items, lists.ravel()), minlength=len(items)) for lists in (one, other)]
    )
    shares = counts / np.array([[len(one)], [len(other)]])
    order = np.lexsort((items, -shares.sum(axis=0), -shares.max(axis=0)))
    return tuple(zip(items[order].tolist(), *counts[:, order].tolist(), strict=True))


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
        same_lists=int(np.unique(np.sort(lists, axis=1), axis=0, return_counts=True)[1].max()),
        shared_items=_share_of_pairs(counts, len(lists)),
        mean_jaccard=samples.mean_jaccard,
        entropy=float(-(share * np.log(share)).sum()),
        intra_list_distance=intra_list_distance(lists, facts.directions),
        category_distance=category_distance(lists, facts.categories),
        coverage=len(items) / max(1, len(facts.popularity) - 1),
        popularity=float(facts.popularity[lists].mean()),
        history_popularity=float(facts.popularity[list(history)].mean()) if history else float("nan"),
    )


def running_jaccard(samples: SampleSet) -> npt.NDArray[np.float64]:
    """Mean Jaccard of all pairs among the first n lists, n = 1 … N; (N,), NaN for one list.

    The last one is `samples.mean_jaccard`: how these go flat tells whether N is enough.
    """
    number, k = samples.lists.shape
    with_earlier = np.tril(jaccard(samples.common, k, k), -1).sum(axis=1, dtype=np.float64)
    pairs = np.cumsum(np.arange(number, dtype=np.float64))  # n (n - 1) / 2
    return np.where(pairs > 0, np.cumsum(with_earlier) / np.maximum(pairs, 1), np.nan)


def _share_of_pairs(counts: npt.NDArray[np.int64], lists: int) -> float:
    """Σ_i c_i (c_i - 1) / (n (n - 1)): an item in c of n lists is shared by c (c - 1) / 2 pairs."""
    if lists < 2:
        return float("nan")
    return float((counts * (counts - 1)).sum() / (lists * (lists - 1)))


def intra_list_distance(lists: npt.NDArray[np.integer[Any]], directions: Floats) -> float:
    """Mean over lists of the mean 1 - cosine of two items; (N, k), where 0 is no item.

    By the identity Σ_{i≠j} cos(i, j) = ‖Σ_i d_i‖² - n for n unit vectors, some lists at a time.
    """
    sizes = (lists > 0).sum(axis=1)
    squares = np.empty(len(lists))
    for begin in range(0, len(lists), LISTS_AT_ONCE):
        part = lists[begin : begin + LISTS_AT_ONCE]
        vectors = directions[part]  # (n, k, D)
        vectors[part == 0] = 0
        squares[begin : begin + LISTS_AT_ONCE] = np.square(vectors.sum(axis=1)).sum(axis=1)
    pairs = sizes > 1
    if not pairs.any():
        return float("nan")
    cosine = (squares - sizes)[pairs] / (sizes * (sizes - 1))[pairs]
    return float((1 - cosine).mean())


def category_distance(lists: npt.NDArray[np.integer[Any]], categories: Sequence[frozenset[str]]) -> float:
    """Mean over lists of the mean 1 - Jaccard of the categories of two items, where both have some.

    Lists repeat, so each different one is measured once.
    """
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
    lists: npt.NDArray[np.integer[Any]], categories: Sequence[frozenset[str]]
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
