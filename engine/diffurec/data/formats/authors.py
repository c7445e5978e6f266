"""The `dataset.pkl` of the DiffuRec authors: already indexed, already split, and kept exactly so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from diffurec.data import restricted_pickle
from diffurec.data.writer import Sequences
from diffurec.errors import UserError

KEYS = ("train", "val", "test", "umap", "smap")


def read(path: Path, source: str) -> Sequences:
    """The sequences of an authors' pickle: user row order and item ids are the pickle's own.

    A user's sequence is train + val + test, cut where they meet. User and item ids become text: the
    key in `train`, the item's number, or the name that `umap` or `smap` maps to it where those are names.
    `source` is the file's name for messages.

    Raises:
        UserError: it is no such pickle, or its parts do not fit together.
    """
    content = restricted_pickle.load(path, source)
    if not isinstance(content, dict) or any(key not in content for key in KEYS):
        raise UserError(
            f"{source}: not a DiffuRec dataset.pkl, which is a dict with the keys {', '.join(KEYS)}"
        )
    parts: dict[str, Any] = {key: content[key] for key in KEYS}  # pyright: ignore[reportUnknownVariableType]
    for key, part in parts.items():
        if not isinstance(part, dict):
            raise UserError(f"{source}: {key!r} is not a dict; get the file anew")
    train, val, test = parts["train"], parts["val"], parts["test"]
    if len(train) == 0:
        raise UserError(f"{source}: holds no user; get the file anew")

    flat: list[int] = []
    lengths: list[int] = []
    cuts: list[tuple[int, int]] = []
    for user, history in train.items():
        sequence = [history, val.get(user, []), test.get(user, [])]
        for name, items in zip(KEYS, sequence, strict=False):
            if not isinstance(items, list | tuple) or not set(map(type, items)) <= {int}:  # pyright: ignore[reportUnknownArgumentType]
                raise UserError(f"{source}: {name!r} of user {user!r} is not a list of item numbers")
            flat.extend(items)  # pyright: ignore[reportUnknownArgumentType]
        first, second, third = map(len, sequence)
        cuts.append((first, first + second))
        lengths.append(first + second + third)
    if strangers := (val.keys() | test.keys()) - train.keys():
        raise UserError(f"{source}: user {next(iter(strangers))!r} is in val or test but not in train")
    num_items = len(parts["smap"])
    if not flat:
        raise UserError(f"{source}: holds no interaction; get the file anew")
    if min(flat) < 1 or max(flat) > num_items:
        raise UserError(
            f"{source}: item numbers run from {min(flat)} to {max(flat)}, but smap names 1 to {num_items};"
            " get the file anew"
        )
    return Sequences(
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        items=np.array(flat, dtype=np.int32),
        boundaries=np.array(cuts, dtype=np.int32),
        user_ids=_names(parts["umap"], list(train)),
        item_ids=_names(parts["smap"], list(range(1, num_items + 1))),
    )


def _names(mapping: dict[Any, Any], numbers: list[Any]) -> pl.Series:
    """Text for each number: its name where the map goes from names, else the number itself."""
    names: dict[Any, str] = {}
    if all(isinstance(name, str) for name in mapping):
        names = {number: name for name, number in mapping.items() if isinstance(number, int)}
    return pl.Series([names.get(number, str(number)) for number in numbers], dtype=pl.String)
