"""The dataset folder: what `diffurec data prepare` writes and everything else reads.

    dataset.json      name, counts, split, source, options, sha256 of the arrays
    offsets.npy       (U+1,) int64  user u owns items[offsets[u]:offsets[u+1]], oldest first
    items.npy         (N,)   int32  item ids 1 … V; 0 is padding and never stored
    boundaries.npy    (U, 2) int32  [val_start, test_start] counted from the user's first item
    timestamps.npy    (N,)   int64  optional, seconds since the epoch
    users.parquet     row u:   user_id (str), interactions (u32)
    items.parquet     row i-1: item_id (str), title (str), categories (str, '|' between), interactions (u32)

A user's sequence of n items is cut in three: train = [0, val_start), val = [val_start, test_start),
test = [test_start, n). The validation target is the item at `val_start` with all before it as
history; the test target is the item at `test_start`, likewise. A user whose part is empty has no
target in that split. Leave-one-out and the global temporal split differ in `boundaries` alone.

Only the arrays are needed to train, so this module needs NumPy and nothing else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt

from diffurec.errors import UserError

FORMAT = "diffurec-dataset"
VERSION = 1
USERS_AT_ONCE = 100_000  # whose items are counted in one go
MOST = 2**31 - 1  # users, items and interactions; item ids are int32

Split = Literal["train", "val", "test"]
IntArray = npt.NDArray[np.int64]


def fingerprint(
    offsets: npt.NDArray[np.int64], items: npt.NDArray[np.int32], boundaries: npt.NDArray[np.int32]
) -> str:
    """SHA-256 (hex) over the three arrays that training and evaluation read."""
    digest = hashlib.sha256()
    for array in (offsets, items, boundaries):
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


@dataclass(frozen=True)
class Dataset:
    """A dataset folder, opened. Arrays are memory-mapped and read-only."""

    path: Path
    info: Mapping[str, Any]
    offsets: npt.NDArray[np.int64]  # (U+1,)
    items: npt.NDArray[np.int32]  # (N,)
    boundaries: npt.NDArray[np.int32]  # (U, 2)

    @property
    def name(self) -> str:
        return str(self.info["name"])

    @property
    def num_users(self) -> int:
        return len(self.offsets) - 1

    @property
    def num_items(self) -> int:
        """V: the size of the catalogue, padding not counted."""
        return int(self.info["items"])

    @property
    def sha256(self) -> str:
        return str(self.info["sha256"])

    def sequence(self, user: int) -> npt.NDArray[np.int32]:
        """All items of user index `user`, oldest first."""
        return self.items[self.offsets[user] : self.offsets[user + 1]]

    def evaluation_users(self, split: Split) -> IntArray:
        """Indices of the users that have a target in `split` and at least one item before it."""
        lengths = np.diff(self.offsets)
        val_start, test_start = self.boundaries[:, 0], self.boundaries[:, 1]
        if split == "val":
            has_target = (test_start > val_start) & (val_start > 0)
        elif split == "test":
            has_target = (lengths > test_start) & (test_start > 0)
        else:
            raise ValueError(f"no evaluation targets in the {split!r} part")
        return np.flatnonzero(has_target).astype(np.int64)

    def target_positions(self, users: IntArray, split: Split) -> IntArray:
        """Position in `items` of each user's target in `split` ("val" or "test")."""
        column = 0 if split == "val" else 1
        return self.offsets[users] + self.boundaries[users, column]

    def training_counts(self) -> npt.NDArray[np.int64]:
        """How often each item occurs in the training part, indexed by item id: (V+1,)."""
        counts = np.zeros(self.num_items + 1, dtype=np.int64)
        for begin in range(0, self.num_users, USERS_AT_ONCE):
            users = slice(begin, begin + USERS_AT_ONCE)
            starts, lengths = (
                self.offsets[:-1][users],
                np.diff(self.offsets[begin : begin + USERS_AT_ONCE + 1]),
            )
            items = self.items[starts[0] : starts[0] + lengths.sum()]
            within = np.arange(len(items)) - np.repeat(starts - starts[0], lengths)
            in_train = within < np.repeat(self.boundaries[users, 0], lengths)
            counts += np.bincount(items[in_train], minlength=len(counts))
        return counts


def open_dataset(path: str | Path) -> Dataset:
    """Open a dataset folder.

    Raises:
        UserError: the folder is missing, is not a dataset folder, or its arrays do not fit together.
    """
    root = Path(path)
    manifest = root / "dataset.json"
    if not manifest.is_file():
        if root.is_file():
            raise UserError(
                f"{root}: is a file, not a dataset folder; `diffurec data prepare {root} --out DIR` makes one"
            )
        what = "is not a dataset folder (no dataset.json)" if root.exists() else "does not exist"
        raise UserError(f"{root}: {what}; `diffurec data prepare SOURCE --out DIR` makes one")
    try:
        info: Any = json.loads(manifest.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{manifest}: cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{manifest}: not valid JSON ({error}); prepare the data again") from None
    info = cast("dict[str, Any]", info) if isinstance(info, dict) else {}
    if info.get("format") != FORMAT:
        raise UserError(f"{manifest}: not a diffurec dataset; prepare the data again")
    if info.get("version") != VERSION:
        raise UserError(
            f"{manifest}: dataset version {info.get('version')!r}, this program reads {VERSION};"
            " prepare the data again"
        )
    if not _complete(info):
        raise UserError(f"{manifest}: name, counts, split or sha256 are missing; prepare the data again")
    dataset = Dataset(
        path=root,
        info=info,
        offsets=_load(root / "offsets.npy", np.int64),
        items=_load(root / "items.npy", np.int32),
        boundaries=_load(root / "boundaries.npy", np.int32),
    )
    users, interactions = int(info["users"]), int(info["interactions"])
    if (
        dataset.offsets.shape != (users + 1,)
        or dataset.boundaries.shape != (users, 2)
        or dataset.items.shape != (interactions,)
        or int(dataset.offsets[-1]) != interactions
    ):
        raise UserError(f"{root}: the arrays do not match dataset.json; prepare the data again")
    _check_ranges(dataset)
    return dataset


def _complete(info: Mapping[str, Any]) -> bool:
    counts = [info.get(key) for key in ("users", "items", "interactions")]
    excerpt = info.get("excerpt")
    return (
        all(type(count) is int and 1 <= count <= MOST for count in counts)
        and all(isinstance(info.get(key), str) for key in ("name", "split", "sha256"))
        and (excerpt is None or (isinstance(excerpt, dict) and excerpt.keys() >= {"users", "recent_items"}))
    )


def _check_ranges(dataset: Dataset) -> None:
    """Refuse arrays that point outside themselves. One pass over them: 25 million items take 20 ms."""

    def refuse(what: str) -> None:
        raise UserError(f"{dataset.path}: {what}; the folder is damaged, prepare the data again")

    lengths = np.diff(dataset.offsets)
    if int(dataset.offsets[0]) != 0 or (lengths < 0).any():
        refuse("offsets.npy is out of order")
    val, test = dataset.boundaries[:, 0], dataset.boundaries[:, 1]
    if (val < 0).any() or (test < val).any() or (test > lengths).any():
        refuse("boundaries.npy is out of order")
    if int(dataset.items.min()) < 1 or int(dataset.items.max()) > dataset.num_items:
        refuse(f"items.npy holds ids outside 1 to {dataset.num_items}")


def _load(path: Path, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    try:
        array: Any = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise UserError(f"{path}: missing; prepare the data again") from None
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{path}: unreadable ({error}); prepare the data again") from None
    if not isinstance(array, np.ndarray):  # an .npz archive under this name
        raise UserError(f"{path}: not one array; prepare the data again")
    if array.dtype != dtype:
        raise UserError(f"{path}: holds {array.dtype}, expected {np.dtype(dtype)}; prepare the data again")
    return cast("npt.NDArray[Any]", array)
