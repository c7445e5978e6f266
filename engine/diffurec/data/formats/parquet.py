"""Parquet, with ids, ratings and times of whatever type."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from diffurec.data.formats import frames
from diffurec.data.interactions import BadRow, Interactions, Row
from diffurec.data.sniff import Layout
from diffurec.data.times import TimeKind, time_kind
from diffurec.errors import UserError

_BATCH = 1 << 18  # rows


def _frame(layout: Layout, path: Path) -> pl.LazyFrame:
    assert layout.columns is not None
    return pl.scan_parquet(path).select(
        pl.col(name).alias(role) for role, name in layout.columns.named().items()
    )


def kind_of_time(layout: Layout, path: Path) -> TimeKind | None:
    """The kind of the time column, by its type or, where it is text, by its first values."""
    frame = _frame(layout, path)
    dtype = frame.collect_schema().get("time")
    if dtype is None:
        return None
    if dtype == pl.String:
        return time_kind(frame.select("time").head(200).collect()["time"].drop_nulls().to_list())
    return "iso" if dtype.is_temporal() else "number"


def fast(layout: Layout, path: Path, kind: TimeKind | None) -> Interactions | None:
    """All columns at once, or None where a row needs a closer look."""
    frame = _frame(layout, path)
    schema = frame.collect_schema()
    for role in ("user", "item"):
        dtype = schema[role]
        if not (dtype.is_integer() or isinstance(dtype, pl.String | pl.Categorical | pl.Enum)):
            return None
    for role in ("rating", "time"):
        dtype = schema.get(role, pl.Int64())
        if dtype.is_nested() or isinstance(dtype, pl.Boolean | pl.Binary):
            return None
    if schema.get("rating", pl.Int64()).is_temporal():
        return None
    frame = frame.with_columns(pl.col("user", "item").cast(pl.String))
    decimal = kind == "number" and not schema["time"].is_integer()
    try:
        found = frames.read(frame, rating="rating" in schema, time_kind=kind, decimal=decimal)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None
    return found.interactions


def rows(layout: Layout, path: Path) -> Iterator[Row | BadRow]:
    """Row by row, numbered from 1; a date or datetime comes as ISO text.

    Raises:
        UserError: the file is damaged.
    """
    frame = _frame(layout, path)
    if (dtype := frame.collect_schema().get("time")) is not None and dtype.is_temporal():
        frame = frame.with_columns(
            pl.col("time").cast(pl.Datetime("us")).dt.strftime("%Y-%m-%dT%H:%M:%S%.6f")
        )
    start = 0
    while True:
        try:
            batch = frame.slice(start, _BATCH).collect()
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            raise UserError(f"{path}: damaged Parquet file ({str(error).splitlines()[0]})") from None
        for number, record in enumerate(batch.iter_rows(named=True), start=start + 1):
            yield Row(number, **record)
        if batch.height < _BATCH:
            return
        start += _BATCH
