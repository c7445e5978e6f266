"""A small dataset folder out of a large one: the recent items of the users that are evaluated."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np

from diffurec.data.dataset import Dataset, IntArray, fingerprint

MAX_USERS = 200_000


def copy_recent(dataset: Dataset, out: Path, *, keep: int, max_users: int = MAX_USERS) -> None:
    """Write a dataset folder with the last `keep` items of each user up to the test target.

    Item ids are those of the original, titles are not copied. Beyond `max_users` users an even
    spread of them is taken. Original user ids come along where they can be read.

    Args:
        dataset: the original.
        out: folder to make.
        keep: items kept a user, at least 3; enough for the model's window and both targets.
        max_users: users kept.
    """
    out.mkdir(parents=True)
    chosen = np.arange(dataset.num_users, dtype=np.int64)
    if len(chosen) > max_users:
        chosen = np.linspace(0, dataset.num_users - 1, max_users).astype(np.int64)
    lengths = np.diff(dataset.offsets)[chosen]
    val_start, test_start = dataset.boundaries[chosen].T.astype(np.int64)
    end = np.minimum(lengths, test_start + 1)
    begin = np.maximum(0, end - keep)
    kept = end - begin
    offsets = np.concatenate([[0], np.cumsum(kept)]).astype(np.int64)
    shift = dataset.offsets[chosen] + begin - offsets[:-1]
    source = np.repeat(shift, kept) + np.arange(int(offsets[-1]), dtype=np.int64)
    items = dataset.items[source].astype(np.int32)
    cuts = np.stack([val_start - begin, test_start - begin], axis=1)
    boundaries = np.clip(cuts, 0, kept[:, None]).astype(np.int32)
    np.save(out / "offsets.npy", offsets)
    np.save(out / "items.npy", items)
    np.save(out / "boundaries.npy", boundaries)
    _copy_user_ids(dataset, out, chosen)
    info = {
        "format": dataset.info["format"],
        "version": dataset.info["version"],
        "name": dataset.name,
        "users": len(chosen),
        "items": dataset.num_items,
        "interactions": len(items),
        "split": dataset.info["split"],
        "sha256": fingerprint(offsets, items, boundaries),
        "excerpt": {"of": dataset.sha256, "users": dataset.num_users, "recent_items": keep},
    }
    (out / "dataset.json").write_text(json.dumps(info, indent=2) + "\n", encoding="utf-8")


def _copy_user_ids(dataset: Dataset, out: Path, chosen: IntArray) -> None:
    source = dataset.path / "users.parquet"
    if not source.is_file():
        return
    if len(chosen) == dataset.num_users:
        shutil.copyfile(source, out / "users.parquet")
        return
    try:
        import polars as pl
    except ImportError:  # a bare training node: users of the excerpt go by their row
        return
    pl.read_parquet(source)[chosen].write_parquet(out / "users.parquet")
