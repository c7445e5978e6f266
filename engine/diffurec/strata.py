"""Accuracy in groups of users: by the length of their histories, by what their true item is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from diffurec.data.dataset import IntArray
from diffurec.metrics import ranking_metrics
from diffurec.uncertainty import Interval, Ranks, bootstrap_intervals

QUANTILE_GROUPS = 5
HEAD_SHARE = 0.2
"""Of all items the most frequent fifth is the head, the others are the long tail."""

MOST_CATEGORIES = 100

Group = tuple[str, IntArray]
"""A label, and who belongs to it: places among the users."""


@dataclass(frozen=True)
class Stratum:
    """Some of the users, and how the model does for them."""

    label: str
    users: int
    metrics: dict[str, float]
    """In percent, mean over these users."""
    intervals: dict[str, Interval]


def measure(ranks: Ranks, group: Group) -> Stratum:
    """The users of one group, of all whose true items have these ranks (U,)."""
    label, members = group
    own = ranks[members]
    return Stratum(label, len(own), ranking_metrics(own), bootstrap_intervals(own))


def quantile_groups(values: npt.NDArray[np.int64], groups: int = QUANTILE_GROUPS) -> list[Group]:
    """Users in about equally large groups by a whole number of each, (U,), from the smallest to the largest.

    Users with the same number stay together, so groups may be fewer, and uneven.
    """
    if not len(values):
        return []
    cuts = np.quantile(values, np.arange(1, groups) / groups, method="inverted_cdf")
    place = np.searchsorted(np.unique(cuts), values, side="left")  # ≤ a cut lies below it
    members = [np.flatnonzero(place == number) for number in np.unique(place)]
    return [(_range(values[some]), some) for some in members]


def head_and_tail(targets: npt.NDArray[np.int32], counts: npt.NDArray[np.int64]) -> list[Group]:
    """Users whose true item is among the most frequent fifth of the catalogue, and the others.

    An item as frequent as the least frequent of that fifth is of the head, too.

    Args:
        targets: true item of each user, (U,).
        counts: how often each item occurs in the training part, by item id, (V+1,).
    """
    head = counts[targets] >= np.quantile(counts[1:], 1 - HEAD_SHARE)
    return [("head", np.flatnonzero(head)), ("long tail", np.flatnonzero(~head))]


def category_groups(targets: npt.NDArray[np.int32], categories: Sequence[frozenset[str]]) -> list[Group]:
    """Users by the categories of their true item, the MOST_CATEGORIES largest groups, largest first.

    Args:
        targets: true item of each user, (U,); a user is in the group of each of its categories.
        categories: by item id, (V+1,).
    """
    order = np.argsort(targets, kind="stable")
    items, starts = np.unique(targets[order], return_index=True)
    users: dict[str, list[IntArray]] = {}
    for item, own in zip(map(int, items), np.split(order, starts[1:]), strict=True):
        for name in categories[item]:
            users.setdefault(name, []).append(own)
    groups = [(name, np.sort(np.concatenate(parts))) for name, parts in users.items()]
    return sorted(groups, key=lambda group: (-len(group[1]), group[0]))[:MOST_CATEGORIES]


def _range(values: npt.NDArray[np.int64]) -> str:
    low, high = int(values.min()), int(values.max())
    return str(low) if low == high else f"{low} to {high}"
