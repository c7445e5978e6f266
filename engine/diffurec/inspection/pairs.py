"""Pairs of lists: what two lists have in common, for all pairs at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Lists = npt.NDArray[np.int64]
"""(N, k) item ids; no list has an item twice."""


def common_items(a: Lists, b: Lists) -> npt.NDArray[np.float32]:
    """Number of items that list n of `a` and list m of `b` share; (N, M)."""
    items = np.intersect1d(a, b)  # nothing else can be shared
    inside = _membership(a, items)
    return inside @ (inside if a is b else _membership(b, items)).T


def _membership(lists: Lists, items: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """1 where a list has an item, else 0; (N, items)."""
    place = np.searchsorted(items, lists)
    known = place < len(items)
    known[known] = items[place[known]] == lists[known]
    inside = np.zeros((len(lists), len(items)), dtype=np.float32)
    inside[np.nonzero(known)[0], place[known]] = 1
    return inside


def jaccard(common: npt.NDArray[np.float32], k: int, other_k: int) -> npt.NDArray[np.float32]:
    """Jaccard similarities of lists of `k` and of `other_k` items that have `common` ones."""
    return common / (k + other_k - common)
