"""What is in a dataset folder: sizes, lengths, popularity, time, coverage, and whether it is intact."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from diffurec.data.dataset import Dataset, fingerprint, open_dataset
from diffurec.data.times import EARLIEST, LATEST, iso_text
from diffurec.data.writer import length_stats, target_counts
from diffurec.errors import UserError

TOP_ITEMS = 10


def describe(path: str | Path) -> dict[str, Any]:
    """Describe a dataset folder, reading and checking all of it.

    Returns plain JSON values; `density` and `gini` are between 0 and 1, shares likewise.

    Raises:
        UserError: a file is missing or damaged, or the arrays are not those that dataset.json names.
    """
    dataset = open_dataset(path)
    _check(dataset)
    lengths = np.diff(dataset.offsets)
    counts = np.bincount(dataset.items, minlength=dataset.num_items + 1)[1:]
    items = _table(dataset, "items.parquet", dataset.num_items)
    users = _table(dataset, "users.parquet", dataset.num_users)
    cells = dataset.num_users * dataset.num_items
    info = dataset.info
    return {
        "name": dataset.name,
        "path": str(dataset.path),
        "users": dataset.num_users,
        "items": dataset.num_items,
        "interactions": len(dataset.items),
        "density": len(dataset.items) / cells,
        "split": info.get("split", ""),
        **({"split_at": info["split_at"]} if isinstance(info.get("split_at"), dict) else {}),
        "targets": target_counts(lengths, dataset.boundaries),
        "length": length_stats(lengths),
        "popularity": {
            "gini": round(gini(counts), 6),
            "top": _top(items, counts),
            "share_of_top_1_percent": _top_share(counts, 0.01),
            "never_interacted": int((counts == 0).sum()),
        },
        "time": _time_range(dataset),
        "coverage": {
            "titles": _filled(items, "title"),
            "categories": _filled(items, "categories"),
            "users_named": len(users),
        },
        "source": info.get("source", {}),
        "report": info.get("report", []),
        "sha256": dataset.sha256,
        "verified": True,
    }


def gini(counts: npt.NDArray[np.int64]) -> float:
    """Gini coefficient of counts (V,): 0 where all are equal, towards 1 where one has everything."""
    ordered = np.sort(counts).astype(np.float64)
    total = ordered.sum()
    if total == 0:
        return 0.0
    size = len(ordered)
    rank = np.arange(1, size + 1)
    return float((2 * (rank * ordered).sum() / total - (size + 1)) / size)


def _check(dataset: Dataset) -> None:
    found = fingerprint(dataset.offsets, dataset.items, dataset.boundaries)
    if found != dataset.sha256:
        raise UserError(
            f"{dataset.path}: the arrays do not match dataset.json (sha256 {found[:12]}…, recorded"
            f" {dataset.sha256[:12]}…); the folder is damaged, prepare the data again"
        )


def _table(dataset: Dataset, name: str, rows: int) -> pl.DataFrame:
    path = dataset.path / name
    try:
        table = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UserError(
            f"{path}: unreadable ({str(error).splitlines()[0]}); prepare the data again"
        ) from None
    texts = {"users.parquet": ("user_id",), "items.parquet": ("item_id", "title", "categories")}[name]
    if not all(table.schema.get(column) == pl.String for column in texts):
        raise UserError(f"{path}: its columns are not {', '.join(texts)} as text; prepare the data again")
    table = table.with_columns(pl.col(*texts).fill_null(""))
    if table.height != rows:
        raise UserError(
            f"{path}: has {table.height} rows where dataset.json says {rows}; prepare the data again"
        )
    return table


def _top(items: pl.DataFrame, counts: npt.NDArray[np.int64]) -> list[dict[str, Any]]:
    best = np.argsort(-counts, kind="stable")[:TOP_ITEMS]
    return [
        {
            "item_id": items["item_id"][int(index)],
            "title": items["title"][int(index)],
            "interactions": int(counts[index]),
        }
        for index in best
    ]


def _top_share(counts: npt.NDArray[np.int64], share: float) -> float:
    """The share of all interactions that the most popular `share` of the items has."""
    most = max(1, round(len(counts) * share))
    return round(float(np.sort(counts)[-most:].sum() / counts.sum()), 6)


def _filled(items: pl.DataFrame, column: str) -> float:
    return round(int((items[column] != "").sum()) / max(1, items.height), 6)


def _time_range(dataset: Dataset) -> dict[str, str] | None:
    path = dataset.path / "timestamps.npy"
    if not dataset.info.get("has_timestamps"):
        return None
    try:
        times = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{path}: unreadable ({error}); prepare the data again") from None
    if times.shape != dataset.items.shape or times.dtype != np.int64:
        raise UserError(f"{path}: does not fit items.npy; prepare the data again")
    first, last = int(times.min()), int(times.max())
    if not EARLIEST <= first <= last <= LATEST:
        raise UserError(f"{path}: holds times outside the years 1 to 9999; prepare the data again")
    return {"first": iso_text(first), "last": iso_text(last)}
