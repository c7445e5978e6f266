"""Small sources for the data tests, and a look at what became of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from diffurec.data.dataset import open_dataset
from diffurec.data.options import PrepareOptions
from diffurec.data.prepare import prepare

HEADER = "user_id,item_id,rating,timestamp\n"
ROWS = "ann,kiwi,4,300\nann,fig,5,100\nbob,kiwi,3,50\nann,plum,2,200\nbob,fig,1,60\nbob,lime,5,70\n"
# What ROWS means, whatever the format: users, and what they took, oldest first.
SEQUENCES = {"ann": ["fig", "plum", "kiwi"], "bob": ["kiwi", "fig", "lime"]}


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def make(source: Path, out: Path, items: Path | None = None, **options: Any) -> dict[str, Any]:
    """Prepare, and return dataset.json."""
    prepare(source, out, PrepareOptions(**options), items=items)
    return json.loads((out / "dataset.json").read_text())


def sequences(out: Path) -> dict[str, list[str]]:
    """A dataset folder as original ids: user -> items, in the order of the rows."""
    data = open_dataset(out)
    users = pl.read_parquet(out / "users.parquet")["user_id"].to_list()
    items = np.array(["", *pl.read_parquet(out / "items.parquet")["item_id"].to_list()], dtype=object)
    return {user: items[data.sequence(row)].tolist() for row, user in enumerate(users)}


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if ".tmp-" in path.name)
