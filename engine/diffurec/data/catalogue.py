"""Names for item ids and users: titles, categories, the data's own ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from diffurec.data.dataset import Dataset
from diffurec.errors import UserError


@dataclass(frozen=True)
class Catalogue:
    """Items by id; position 0 is padding and empty."""

    original_ids: Sequence[str]
    titles: Sequence[str]
    """Empty where unknown."""
    categories: Sequence[str]
    """'|' between; empty where unknown."""
    counts: npt.NDArray[np.int64]
    """How often each item occurs in the data; 0 where unknown."""

    def __len__(self) -> int:
        """V."""
        return len(self.original_ids) - 1

    def name(self, item: int) -> str:
        """The title, or the original id where there is none."""
        return self.titles[item] or f"#{self.original_ids[item]}"

    def find(self, original_id: str) -> int | None:
        """Item id of an original id, None where it is unknown."""
        if "_by_id" not in self.__dict__:
            table = {name: item for item, name in enumerate(self.original_ids) if item}
            object.__setattr__(self, "_by_id", table)
        by_id: dict[str, int] = self.__dict__["_by_id"]
        return by_id.get(original_id)


def load_catalogue(num_items: int, *candidates: Path | None) -> Catalogue:
    """The catalogue in the first of `candidates` that exists; bare numbers where none does.

    Raises:
        UserError: a file is unreadable or of another catalogue.
    """
    for path in candidates:
        if path is None or not path.is_file():
            continue
        frame = _read(path)
        if len(frame) != num_items:
            raise UserError(f"{path}: has {len(frame)} items, expected {num_items}")

        def column(name: str, frame: pl.DataFrame = frame) -> list[str]:
            if frame.schema.get(name) != pl.String:
                return [""] * (num_items + 1)
            return ["", *frame[name].fill_null("").to_list()]

        return Catalogue(column("item_id"), column("title"), column("categories"), _counts(frame))
    empty = [""] * (num_items + 1)
    counts = np.zeros(num_items + 1, dtype=np.int64)
    return Catalogue([str(item) for item in range(num_items + 1)], empty, empty, counts)


def _counts(frame: pl.DataFrame) -> npt.NDArray[np.int64]:
    counts = np.zeros(len(frame) + 1, dtype=np.int64)
    kind = frame.schema.get("interactions")
    if kind is not None and kind.is_integer():
        counts[1:] = frame["interactions"].fill_null(0).cast(pl.Int64).to_numpy()
    return counts


def load_user_ids(dataset: Dataset) -> pl.Series:
    """Original user ids by row, as strings; the row number where they are not known."""
    path = dataset.path / "users.parquet"
    if not path.is_file():
        return pl.Series("user_id", [str(user) for user in range(dataset.num_users)])
    frame = _read(path)
    if len(frame) != dataset.num_users:
        raise UserError(f"{path}: has {len(frame)} users, the arrays have {dataset.num_users}")
    if frame.schema.get("user_id") != pl.String:
        raise UserError(f"{path}: has no column user_id of text; prepare the data again")
    return frame["user_id"]


def row_of(user_ids: pl.Series, user_id: str) -> int | None:
    """Row of the user with this original id; None where there is none."""
    rows = (user_ids == user_id).arg_true()
    return int(rows[0]) if len(rows) else None


def order_of_ids(user_ids: pl.Series) -> npt.NDArray[np.int32]:
    """Rows in the order of their ids: as numbers where all are whole numbers, else as text, (U,)."""
    numbers = user_ids.cast(pl.Int64, strict=False)
    ids = user_ids if numbers.null_count() else numbers
    return ids.arg_sort().cast(pl.Int32).to_numpy()


def _read(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise UserError(f"{path}: not a readable Parquet file ({str(error).splitlines()[0]})") from None
