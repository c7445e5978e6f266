"""By what items are told apart on the map: their category, how often they occur, where they lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from diffurec_tui.mapping import ItemMap

Groups = npt.NDArray[np.int64]
By = Literal["nothing", "category", "popularity", "cluster"]
KINDS: tuple[By, ...] = ("nothing", "category", "popularity", "cluster")
MANY_GROUPS = 5
"""Groups that are told apart; the smaller categories are one group."""


@dataclass(frozen=True, eq=False)
class Colouring:
    """Which group each item is in."""

    by: By
    names: tuple[str, ...]
    groups: Groups  # (V,) one past the last name for items of no group


def by_category(items: ItemMap) -> Colouring | None:
    """The largest first categories, the largest first; None where items have none."""
    firsts = np.array([one.partition("|")[0] for one in items.categories[1:]], dtype=np.str_)
    names, inverse, counts = np.unique(firsts, return_inverse=True, return_counts=True)
    order = [int(place) for place in np.argsort(-counts, kind="stable") if names[place]][:MANY_GROUPS]
    if not order:
        return None
    numbers = np.full(len(names), len(order), dtype=np.int64)
    numbers[order] = np.arange(len(order))
    return Colouring("category", tuple(str(names[place]) for place in order), numbers[inverse])


def by_popularity(items: ItemMap) -> Colouring:
    """Fifths of the items, by how often they occur in the training data, the most frequent first."""
    counts = items.counts
    cuts = np.unique(np.quantile(counts, np.arange(1, MANY_GROUPS) / MANY_GROUPS, method="lower"))
    rising = np.searchsorted(cuts, counts, side="left")  # items of one count are in one group
    _, rising = np.unique(rising, return_inverse=True)
    groups = (rising.max(initial=0) - rising).astype(np.int64)
    spans = [counts[groups == group] for group in range(int(groups.max(initial=0)) + 1)]
    return Colouring("popularity", tuple(_span(int(one.min()), int(one.max())) for one in spans), groups)


def _span(low: int, high: int) -> str:
    return f"{low:,} times" if low == high else f"{low:,}-{high:,} times"


def by_cluster(items: ItemMap, clusters: Groups) -> Colouring:
    """Clusters in the whole space, named by how many items they have and which category stands out."""
    sizes = np.bincount(clusters)
    kinds = by_category(items)
    names = [f"{size:,} items" for size in sizes.tolist()]
    if kinds is not None:
        among_all = _shares(kinds, np.ones(len(clusters), dtype=np.bool_))
        for cluster in range(len(names)):
            inside = _shares(kinds, clusters == cluster)
            most = int(np.argmax(inside - among_all))
            names[cluster] = f"{kinds.names[most]} {100 * inside[most]:.0f} % of {sizes[cluster]:,}"
    return Colouring("cluster", tuple(names), clusters)


def _shares(kinds: Colouring, chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Share that each category has of the items chosen."""
    number = len(kinds.names)
    return np.bincount(kinds.groups[chosen], minlength=number + 1)[:number] / max(1, int(chosen.sum()))
