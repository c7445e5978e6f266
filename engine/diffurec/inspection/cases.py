"""Which history to recommend for, and what came next; NumPy only, so that lists of users open at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from diffurec.data.dataset import Dataset, IntArray

UNKNOWN, NO_TARGET = 0, -1
"""In place of a rank: not computed yet, and no true next item to rank."""


@dataclass(frozen=True)
class Case:
    """A history to recommend for, oldest first, and the item that came next where it is known."""

    history: tuple[int, ...]
    target: int | None = None


def case_of_user(dataset: Dataset, user: int) -> Case:
    """The test case of a user (else the validation case, else the whole sequence without a target)."""
    sequence = np.asarray(dataset.sequence(user))
    val_start, test_start = (int(cut) for cut in dataset.boundaries[user])
    for cut, end in ((test_start, len(sequence)), (val_start, test_start)):
        if 0 < cut < end:
            return Case(tuple(sequence[:cut].tolist()), int(sequence[cut]))
    return Case(tuple(sequence.tolist()))


def case_lengths(dataset: Dataset) -> tuple[IntArray, npt.NDArray[np.bool_]]:
    """Of every user's case: the length of the history, and whether there is a target; (U,) each."""
    lengths = np.diff(dataset.offsets)
    val_start, test_start = np.asarray(dataset.boundaries).T.astype(np.int64)
    has_test = (test_start > 0) & (test_start < lengths)
    has_val = ~has_test & (val_start > 0) & (val_start < test_start)
    history = np.where(has_test, test_start, np.where(has_val, val_start, lengths))
    return history.astype(np.int64), has_test | has_val


def case_targets(dataset: Dataset) -> npt.NDArray[np.int32]:
    """The item that came next in every user's case; 0 where there is none, (U,)."""
    lengths, has_target = case_lengths(dataset)
    targets = np.zeros(dataset.num_users, dtype=np.int32)
    places = dataset.offsets[:-1] + lengths
    targets[has_target] = dataset.items[places[has_target]]
    return targets
