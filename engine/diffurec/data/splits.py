"""Putting rows in order and cutting each user's sequence into train, validation and test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from diffurec.data.interactions import Codes, Interactions, relabel
from diffurec.data.times import Times
from diffurec.data.writer import Sequences

LEAVE_ONE_OUT_LEAST = 3  # a shorter sequence trains only, as in SASRec's data preparation


@dataclass(frozen=True)
class Cuts:
    """Where the global temporal split cuts, in the unit of `Times.raw`; a row at a cut lies after it."""

    val: int
    test: int


def chronological(users: Codes, times: Times | None) -> npt.NDArray[np.int64]:
    """Row index (N,) that sorts by user, then time. Stable: rows of one user and time keep file order."""
    if len(users) == 0:
        return np.zeros(0, dtype=np.int64)
    key = users.astype(np.int64)
    if times is not None:
        least = int(times.raw.min())
        span = int(times.raw.max()) - least + 1
        if (int(key.max()) + 1) * span >= 2**63:
            return np.lexsort((times.raw, users)).astype(np.int64)
        key *= span
        key += times.raw - least
    # One packed key and one stable sort, several times as fast as sorting by two columns.
    frame = pl.DataFrame({"key": key})
    index = frame.select(pl.arg_sort_by("key", maintain_order=True)).to_series().to_numpy()
    return index.astype(np.int64)


def quantile_cuts(times: Times, val_fraction: float, test_fraction: float) -> Cuts:
    """Cut times such that about these shares of all interactions lie in validation and in test."""
    size = len(times.raw)
    places = [
        min(size - 1, round(size * share))
        for share in (1.0 - val_fraction - test_fraction, 1.0 - test_fraction)
    ]
    ordered = np.partition(times.raw, sorted(set(places)))
    return Cuts(int(ordered[places[0]]), int(ordered[places[1]]))


def leave_one_out(lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    """Boundaries (U, 2): the last item is the test target, the one before it the validation target."""
    short = lengths < LEAVE_ONE_OUT_LEAST
    val = np.where(short, lengths, lengths - 2)
    test = np.where(short, lengths, lengths - 1)
    return np.stack([val, test], axis=1).astype(np.int32)


def temporal(users: Codes, times: Times, cuts: Cuts, num_users: int) -> npt.NDArray[np.int32]:
    """Boundaries (U, 2): how many of each user's rows lie before the two cuts."""
    before = [np.bincount(users[times.raw < cut], minlength=num_users) for cut in (cuts.val, cuts.test)]
    return np.stack(before, axis=1).astype(np.int32)


def assemble(data: Interactions, cuts: Cuts | None) -> Sequences:
    """Sequences from the rows that are left: temporal split with `cuts`, else leave-one-out.

    Users become rows and items become ids 1 … V in order of first appearance among these rows, which are
    in file order.
    """
    users, first_user = relabel(data.users)
    items, first_item = relabel(data.items)
    user_ids = data.user_ids.gather(data.users[first_user])
    item_ids = data.item_ids.gather(data.items[first_item])
    order = chronological(users, data.times)
    lengths = np.bincount(users, minlength=len(user_ids)).astype(np.int64)
    if cuts is not None and data.times is not None:
        boundaries = temporal(users, data.times, cuts, len(user_ids))
    else:
        boundaries = leave_one_out(lengths)
    return Sequences(
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        items=items[order].astype(np.int32) + np.int32(1),
        boundaries=boundaries,
        user_ids=user_ids,
        item_ids=item_ids,
        timestamps=None if data.times is None else data.times.seconds()[order],
    )
