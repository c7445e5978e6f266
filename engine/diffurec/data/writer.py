"""Writing a dataset folder so that it is there whole or not at all.

Everything happens in a hidden sibling, `.OUT.tmp-PID`, which also takes what a reader has to unpack. The
finished folder is fsynced and renamed to OUT; whatever goes wrong, the sibling is removed.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from diffurec.data.dataset import FORMAT, VERSION, fingerprint
from diffurec.data.titles import ItemText
from diffurec.errors import UserError
from diffurec.files import sync


@dataclass(frozen=True)
class Sequences:
    """Every user's items in order, cut into train, val and test: the arrays of a dataset folder."""

    offsets: npt.NDArray[np.int64]  # (U+1,)
    items: npt.NDArray[np.int32]  # (N,) ids 1 … V
    boundaries: npt.NDArray[np.int32]  # (U, 2)
    user_ids: pl.Series  # (U,) String
    item_ids: pl.Series  # (V,) String, the item of id i at i-1
    timestamps: npt.NDArray[np.int64] | None = None  # (N,) seconds


def check_out(out: Path) -> None:
    """Refuse an OUT that exists, before any work is done.

    Raises:
        UserError: there is something at `out`.
    """
    if os.path.lexists(out):
        raise UserError(f"{out}: exists already and is never overwritten; remove it or choose another --out")


@contextmanager
def workspace(out: Path) -> Generator[Path]:
    """A fresh folder beside `out`, gone afterwards along with any parent folder that was made for it.

    Raises:
        UserError: the folder cannot be made there, or the disk is full.
    """
    out = Path(os.path.abspath(out))  # noqa: PTH100 - resolve() would follow a symbolic link
    made: list[Path] = []
    work = out.parent / f".{out.name}.tmp-{os.getpid()}"
    try:
        for parent in reversed(out.parents):
            if not parent.exists():
                parent.mkdir()
                made.append(parent)
        work.mkdir()
        made.append(work)
        yield work
    except OSError as error:
        raise UserError(
            f"{out}: cannot be written ({error.strerror or error}); free space, or choose another --out"
        ) from None
    finally:
        if work in made:
            shutil.rmtree(work, ignore_errors=True)
            made.remove(work)
        for parent in reversed(made):
            # Keeps a parent that by now holds the dataset, or anything else.
            try:
                parent.rmdir()
            except OSError:
                break


def write_dataset(
    work: Path, out: Path, data: Sequences, texts: ItemText, info: Mapping[str, Any]
) -> dict[str, Any]:
    """Write the dataset folder into `work` and move it to `out`.

    `info` is what only the caller knows (name, split, source, options, report); counts and hashes are
    added here. Returns the whole content of dataset.json.

    Raises:
        UserError: something has appeared at `out` in the meantime.
        OSError: the disk is full or not writable; `workspace` turns it into a UserError.
    """
    folder = work / "dataset"
    folder.mkdir()
    lengths = np.diff(data.offsets)
    counts = np.bincount(data.items, minlength=len(data.item_ids) + 1)[1:]
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        **info,
        "users": len(lengths),
        "items": len(data.item_ids),
        "interactions": len(data.items),
        "has_titles": texts.has_titles,
        "has_categories": texts.has_categories,
        "has_timestamps": data.timestamps is not None,
        "history_length": length_stats(lengths),
        "targets": target_counts(lengths, data.boundaries),
        "sha256": fingerprint(data.offsets, data.items, data.boundaries),
    }
    np.save(folder / "offsets.npy", data.offsets.astype(np.int64, copy=False))
    np.save(folder / "items.npy", data.items.astype(np.int32, copy=False))
    np.save(folder / "boundaries.npy", data.boundaries.astype(np.int32, copy=False))
    if data.timestamps is not None:
        np.save(folder / "timestamps.npy", data.timestamps.astype(np.int64, copy=False))
    pl.DataFrame(
        {"user_id": data.user_ids, "interactions": pl.Series(lengths, dtype=pl.UInt32)}
    ).write_parquet(folder / "users.parquet")
    pl.DataFrame(
        {
            "item_id": data.item_ids,
            "title": texts.titles,
            "categories": texts.categories,
            "interactions": pl.Series(counts, dtype=pl.UInt32),
        }
    ).write_parquet(folder / "items.parquet")
    text = json.dumps(manifest, indent=2, ensure_ascii=False, allow_nan=False)
    (folder / "dataset.json").write_text(text + "\n", encoding="utf-8")

    for path in [*folder.iterdir(), folder]:
        sync(path)
    check_out(out)
    folder.rename(out)
    sync(Path(os.path.abspath(out)).parent)  # noqa: PTH100
    return manifest


def length_stats(lengths: npt.NDArray[np.int64]) -> dict[str, float | int]:
    """Least, mean, quantiles and most of the sequence lengths (U,)."""
    quantiles = np.quantile(lengths, [0.25, 0.5, 0.75, 0.9, 0.99])
    names = ("p25", "median", "p75", "p90", "p99")
    return {
        "min": int(lengths.min()),
        "mean": round(float(lengths.mean()), 4),
        **{name: float(value) for name, value in zip(names, quantiles, strict=True)},
        "max": int(lengths.max()),
    }


def target_counts(
    lengths: npt.NDArray[np.int64], boundaries: npt.NDArray[np.int32]
) -> dict[str, dict[str, int]]:
    """Interactions in each part, and the users with a target in val and in test (item and history)."""
    val_start, test_start = boundaries[:, 0].astype(np.int64), boundaries[:, 1].astype(np.int64)
    return {
        "train": {"interactions": int(val_start.sum()), "users": int((val_start > 0).sum())},
        "val": {
            "interactions": int((test_start - val_start).sum()),
            "users": int(((test_start > val_start) & (val_start > 0)).sum()),
        },
        "test": {
            "interactions": int((lengths - test_start).sum()),
            "users": int(((lengths > test_start) & (test_start > 0)).sum()),
        },
    }
