"""The fast way in: whole columns through Polars' streaming engine, shared by the columnar importers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from diffurec.data.interactions import NOT_IDS, Interactions, encode
from diffurec.data.times import MICROS, TimeKind, Times, from_numbers


@dataclass(frozen=True)
class Fast:
    """What the fast way found; `interactions` is None where only the exact way can tell what is there."""

    interactions: Interactions | None
    blank: int = 0  # rows with nothing in them
    last_empty: int = 0  # further rows whose last column is empty, or missing


def read(
    frame: pl.LazyFrame,
    *,
    rating: bool,
    time_kind: TimeKind | None,
    decimal: bool = False,
    last: bool = False,
) -> Fast:
    """Encode a lazy frame with the columns user, item and, as asked, rating, time and `last`.

    `user`, `item` and `last` are strings, `rating` and `time` strings or of their own type. Times are whole
    numbers unless `decimal`, or a datetime once parsed where `time_kind` is "iso".

    Raises:
        polars.exceptions.PolarsError: Polars cannot read the file.
    """
    columns = [
        pl.col("user").str.strip_chars().cast(pl.Categorical),
        pl.col("item").str.strip_chars().cast(pl.Categorical),
    ]
    if rating:
        number = pl.col("rating").cast(pl.Float32, strict=False)
        # Infinity marks what is no number, so that null still means empty.
        marked = pl.when(pl.col("rating").is_null()).then(None).otherwise(number.fill_null(np.inf))
        columns.append(marked.alias("rating"))
    if time_kind == "number":
        columns.append(pl.col("time").cast(pl.Float64 if decimal else pl.Int64, strict=False))
    elif time_kind == "iso":
        columns.append(_moment(frame.collect_schema()["time"]))
    if last:
        columns.append(pl.col("last").is_null())
    table = frame.select(columns).collect(engine="streaming")

    nothing = table["user"].is_null() & table["item"].is_null()
    blank = 0
    if nothing.any():
        for name in ("rating", "time"):
            if name in table.columns:
                nothing &= table[name].is_null()
        if last:
            nothing &= table["last"]
        blank = int(nothing.sum())
        table = table.filter(~nothing)
    last_empty = int(table["last"].sum()) if last else 0
    nobody = Fast(None, blank, last_empty)
    if table.height == 0 or table["user"].null_count() or table["item"].null_count():
        return nobody

    ratings = None
    if rating:
        ratings = table["rating"].fill_null(np.nan).to_numpy()
        if table["rating"].is_infinite().any() or table["rating"].is_nan().any():
            return nobody
    times = None
    if time_kind:
        column = table["time"]
        if column.null_count() or (decimal and not column.is_finite().all()):
            return nobody
        numbers = column.to_numpy()
        times = Times(numbers, MICROS) if time_kind == "iso" else from_numbers(numbers)
        if not times.in_calendar().all():
            return nobody
    users, user_ids = encode(table["user"])
    items, item_ids = encode(table["item"])
    for ids in (user_ids, item_ids):
        if ids.is_in([*NOT_IDS, ""]).any():
            return nobody
    return Fast(Interactions(users, items, user_ids, item_ids, times, ratings), blank, last_empty)


def whole_numbers(sample: list[str]) -> bool:
    return all(text.strip().lstrip("+-").isdigit() for text in sample if text.strip())


def _moment(dtype: pl.DataType) -> pl.Expr:
    """Microseconds since the epoch from an ISO-8601 string or a date column; null where it is neither."""
    time = pl.col("time")
    if dtype.is_temporal():
        return time.cast(pl.Datetime("us")).to_physical()
    text = time.str.strip_chars().str.replace("T", " ", literal=True)
    plain = text.str.strip_suffix("Z")
    day = plain.str.to_datetime("%Y-%m-%d", strict=False, time_unit="us")
    second = plain.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", strict=False, time_unit="us")
    return pl.coalesce(second, day).to_physical().alias("time")
