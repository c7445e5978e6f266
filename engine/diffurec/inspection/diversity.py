"""How much the lists of many walks agree, and how wide one list reaches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from diffurec.inspection.frames import SampleSet

Floats = npt.NDArray[np.float32]

LISTS_AT_ONCE = 1_000


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
    for items, count in zip(different, counts, strict=True):
        known = [categories[int(item)] for item in items if categories[int(item)]]
        pairs = [1 - len(a & b) / len(a | b) for a, b in combinations(known, 2)]
        if pairs:
            total += int(count) * sum(pairs) / len(pairs)
            weight += int(count)
    return total / weight if weight else float("nan")
