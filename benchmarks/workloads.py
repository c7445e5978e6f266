"""Data sets to measure on: the real ones where they are, and otherwise random ones of their shape."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from diffurec.data.dataset import Dataset, open_dataset


@dataclass(frozen=True)
class Shape:
    """What a data set looks like to a training."""

    users: int
    items: int
    mean_length: float
    shortest: int


SHAPES = {
    "beauty": Shape(22_363, 12_101, 8.9, 5),
    "ml-1m": Shape(6_040, 3_706, 165.6, 20),
}


def workload(name: str, folder: Path, real: Path | None) -> tuple[Dataset, str]:
    """A data set, and where it is from: "real" where a folder of that name lies in `real`."""
    target = folder / name
    if real is not None and (real / name).is_dir():
        if not target.exists():
            _prepare(real / name, target)
        return open_dataset(target), "real"
    return _random(SHAPES[name], target), "random, of its shape"


def _prepare(source: Path, target: Path) -> None:
    from diffurec_tui.cli.main import app

    with contextlib.redirect_stdout(sys.stderr):  # stdout is for the figures
        app(["data", "prepare", str(source), "--out", str(target)], standalone_mode=False)


def _random(shape: Shape, target: Path) -> Dataset:
    from tests.helpers import write_arrays

    rng = np.random.default_rng(0)
    extra = rng.geometric(1 / (shape.mean_length - shape.shortest + 1), shape.users) - 1
    lengths = shape.shortest + extra
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    popularity = 1 / np.arange(1, shape.items + 1) ** 0.7
    items = rng.choice(shape.items, offsets[-1], p=popularity / popularity.sum()) + 1
    boundaries = np.stack([lengths - 2, lengths - 1], axis=1).astype(np.int32)
    return write_arrays(target, offsets, items.astype(np.int32), boundaries, shape.items)
