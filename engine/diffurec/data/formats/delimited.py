"""Delimited text: CSV and its kin, RecBole's atomic files, MovieLens' u.data and ratings.dat."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from diffurec.data.formats import frames
from diffurec.data.interactions import BadRow, Interactions, Row
from diffurec.data.sniff import Layout
from diffurec.data.source import LONGEST_FIELD, Scan, head
from diffurec.data.times import TimeKind

UNIT_SEPARATOR = "\x1f"  # stands in for `::`, which is one character too long for both readers


def fast(layout: Layout, path: Path, scan: Scan, time_kind: TimeKind | None) -> Interactions | None:
    """All columns at once, or None where a row needs a closer look.

    Polars pads short rows silently. They are found by arithmetic: without quotes, W columns and R rows
    mean exactly (W - 1) · R separators.
    """
    columns = layout.columns
    assert columns is not None
    if scan.has_nul or head(path).lstrip(b"\xef\xbb\xbf")[:1] in (b"\n", b"\r", b" ", b"\t"):
        return None
    width = len(columns.names)
    frame = pl.scan_csv(
        path,
        # Columns go by position, so that a header's own names, doubled ones too, do not matter.
        has_header=False,
        skip_rows=int(layout.header),
        separator=layout.separator,
        quote_char='"' if layout.quoted else None,
        schema={f"c{index}": pl.String for index in range(width)},
    )
    picked = {"user": columns.user, "item": columns.item, "rating": columns.rating, "time": columns.time}
    expressions = [pl.col(f"c{index}").alias(role) for role, index in picked.items() if index is not None]
    frame = frame.select(*expressions, pl.col(f"c{width - 1}").alias("last"))
    sample = [
        row[columns.time] for row in layout.sample if columns.time is not None and columns.time < len(row)
    ]
    whole = frames.whole_numbers(sample)
    found = frames.Fast(None)
    for decimal in [False, True] if whole and time_kind == "number" else [time_kind == "number"]:
        try:
            found = frames.read(
                frame, rating=columns.rating is not None, time_kind=time_kind, decimal=decimal, last=True
            )
        except pl.exceptions.PolarsError:
            return None
        if found.interactions is not None:
            break
    if found.interactions is None:
        return None
    if found.blank or found.last_empty:
        rows = len(found.interactions) + layout.header
        if (layout.quoted and scan.has_quote) or scan.separators != (width - 1) * rows:
            return None
    return found.interactions


def rows(layout: Layout, path: Path) -> Iterator[Row | BadRow]:
    """Row by row, with the line each starts on; blank lines are passed over.

    Bytes that are not UTF-8 come through as surrogates, for `collect` to refuse where they matter.
    """
    columns = layout.columns
    assert columns is not None
    width, header = len(columns.names), layout.header
    rating, time = columns.rating, columns.time
    for line, cells in _records(layout, path):
        if isinstance(cells, str):
            yield BadRow(line, cells)
            continue
        if not cells or (len(cells) == 1 and not cells[0].strip()):
            continue
        if header:
            header = False
            continue
        if len(cells) != width:
            yield BadRow(line, f"{len(cells)} fields where {width} are expected")
            continue
        yield Row(
            line,
            cells[columns.user],
            cells[columns.item],
            None if rating is None else cells[rating],
            None if time is None else cells[time],
        )


def _records(layout: Layout, path: Path) -> Iterator[tuple[int, list[str] | str]]:
    """(line, cells), or (line, what is wrong with its quotes)."""
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        if not layout.quoted:
            # str.splitlines would also split at characters that are data here.
            for number, text in enumerate(file, start=1):
                yield number, text.rstrip("\r\n").split(layout.separator)
            return
        csv.field_size_limit(LONGEST_FIELD)
        reader = csv.reader(file, delimiter=layout.separator, strict=True)
        while True:
            line = reader.line_num + 1
            try:
                yield line, next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield line, f"malformed quotes ({error})"
