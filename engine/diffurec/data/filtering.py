"""Leaving interactions out: low ratings, repeats, and users and items with too few of them.

Every function returns the mask (N,) of the rows to keep. Codes are integers, so a round over 25 million
rows is two counts and two look-ups.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from diffurec.data.interactions import Codes, Interactions

Mask = npt.NDArray[np.bool_]


def min_rating(ratings: npt.NDArray[np.float32], least: float) -> Mask:
    """Rows rated `least` or better; a row without a rating (NaN) is not kept."""
    with np.errstate(over="ignore"):  # beyond float32 nothing is good enough, or everything
        return ratings >= np.float32(least)


def first_of_pairs(data: Interactions, order: npt.NDArray[np.int64]) -> Mask:
    """Rows that are the user's first with their item, in the order that `order` (N,) puts rows in."""
    pairs = data.users[order].astype(np.uint64) * np.uint64(len(data.item_ids)) + data.items[order]
    keep = np.empty(len(data), dtype=np.bool_)
    keep[order] = pl.Series(pairs).is_first_distinct().to_numpy()
    return keep


def core(
    users: Codes,
    items: Codes,
    least: int,
    *,
    user_least: int = 0,
    in_train: Mask | None = None,
    train_least: int = 0,
) -> tuple[Mask, int]:
    """The k-core: repeat leaving users and items out until all have enough. What is left is unique.

    Args:
        users: user code of each row, (N,).
        items: item code of each row, (N,).
        least: interactions that every user and every item needs.
        user_least: interactions that every user needs, where that is more.
        in_train: rows of the training part, (N,).
        train_least: rows of `in_train` that every user needs.

    Returns:
        The rows kept (N,), and the number of rounds that took something away.
    """
    kept = np.arange(len(users), dtype=np.int64)
    need_user = max(least, user_least)
    rounds = 0
    while len(kept):
        u, i = users[kept], items[kept]
        enough_user = np.bincount(u) >= need_user
        if in_train is not None and train_least > 0:
            trained = np.bincount(u[in_train[kept]], minlength=len(enough_user))
            enough_user &= trained >= train_least
        good = enough_user[u] & (np.bincount(i) >= least)[i]
        if good.all():
            break
        kept = kept[good]
        rounds += 1
    mask = np.zeros(len(users), dtype=np.bool_)
    mask[kept] = True
    return mask, rounds
