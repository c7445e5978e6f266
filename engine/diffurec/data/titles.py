"""Titles and categories of items, from any of the files that data sets keep them in."""

from __future__ import annotations

import ast
import csv
import html
import io
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import polars as pl

from diffurec.data import columns as col
from diffurec.data.source import LONGEST_FIELD, head, open_bytes, readable
from diffurec.errors import UserError

Text = tuple[str, str]  # title, categories joined by |
# The 19 flags at the end of each line of MovieLens-100K's u.item, in their order.
ML_100K_GENRES = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama",
    "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip
_U_ITEM = re.compile(r"[^|]+\|[^|]*\|[^|]*\|[^|]*\|[^|]*(\|[01]){19}")
_YEAR = re.compile(r"\(\d{4}\)")
NO_GENRES = "(no genres listed)"  # MovieLens' word for an empty list


@dataclass(frozen=True)
class ItemText:
    """Titles and categories (V,) of the items in id order; "" where unknown."""

    titles: pl.Series
    categories: pl.Series

    @property
    def has_titles(self) -> bool:
        return bool((self.titles != "").any())

    @property
    def has_categories(self) -> bool:
        return bool((self.categories != "").any())


def match(item_ids: pl.Series, found: Sequence[Mapping[str, Text]]) -> ItemText:
    """Text for each item id; an earlier mapping goes before a later one, field by field."""
    titles: list[str] = []
    categories: list[str] = []
    for item in item_ids.to_list():
        texts = [mapping[item] for mapping in found if item in mapping]
        titles.append(next((title for title, _ in texts if title), ""))
        categories.append(next((category for _, category in texts if category), ""))
    return ItemText(
        pl.Series("title", titles, dtype=pl.String), pl.Series("categories", categories, dtype=pl.String)
    )


def read_items(path: Path, wanted: Collection[str]) -> dict[str, Text]:
    """Title and categories of the `wanted` item ids, from a file of any supported kind.

    Kinds are told by content: RecBole `.item`, MovieLens (u.item, movies.dat, movies.csv), CSV and TSV with
    a header, Parquet, JSON lines (Amazon's metadata, also in its older Python notation). Of several lines
    for one item the first counts.

    Raises:
        UserError: the file is missing, unreadable or of no such kind.
    """
    start = head(path)
    if not start.strip():
        raise UserError(f"{path}: the file is empty; give --items a file with item_id, title and categories")
    text = start.decode("utf-8", errors="replace").lstrip("\ufeff")
    first = text.split("\n", 1)[0].rstrip("\r")
    if start[:4] == b"PAR1":
        records = _parquet(path)
    elif text.lstrip()[:1] == "{":
        records = _json(path)
    elif "::" in first:
        records = (line.split("::")[:3] for _, line in _lines(path, fallback="latin-1"))
    elif _U_ITEM.fullmatch(first):
        records = (_u_item(line) for _, line in _lines(path, fallback="latin-1"))
    else:
        records = _table(path, first)
    result: dict[str, Text] = {}
    names = wanted if isinstance(wanted, set | frozenset) else set(wanted)
    for item, title, categories in _padded(records):
        if item in names and item not in result:
            result[item] = (title, categories)
    return result


def _padded(records: Iterable[Sequence[str]]) -> Iterator[tuple[str, str, str]]:
    for record in records:
        item, title, categories = [*record, "", ""][:3]
        if categories == NO_GENRES:
            categories = ""
        yield item.strip(), " ".join(title.split()), categories.strip()


def _lines(path: Path, fallback: str | None = None) -> Iterator[tuple[int, str]]:
    """Numbered lines that are not blank, as UTF-8 or else in the fallback encoding."""
    encoding = "utf-8"
    with readable(path), open_bytes(path) as file:
        for number, raw in enumerate(file, start=1):
            try:
                line = raw.decode(encoding)
            except UnicodeDecodeError:
                if fallback is None:
                    raise UserError(f"{path}: line {number}: not UTF-8; convert the file to UTF-8") from None
                encoding = fallback
                line = raw.decode(encoding)
            if number == 1:
                line = line.lstrip("\ufeff")
            if line.strip():
                yield number, line.rstrip("\r\n")


def _u_item(line: str) -> list[str]:
    cells = line.split("|")
    genres = [genre for genre, flag in zip(ML_100K_GENRES, cells[-19:], strict=False) if flag == "1"]
    return [cells[0], cells[1] if len(cells) > 1 else "", "|".join(g for g in genres if g != "unknown")]


def _table(path: Path, first: str) -> Iterator[list[str]]:
    """Delimited text with a header; RecBole's typed header decides how sequences are written."""
    separator = max("\t,;|", key=first.count)
    typed = separator == "\t" and ":token" in first
    text = io.StringIO("\n".join(line for _, line in _lines(path)) + "\n", newline="")
    quoting = csv.QUOTE_NONE if typed else csv.QUOTE_MINIMAL
    csv.field_size_limit(LONGEST_FIELD)
    rows = csv.reader(text, delimiter=separator, quoting=quoting, strict=not typed)
    try:
        names = next(rows)
        item, title, categories = _positions(path, names)
        year = col.find(names, col.YEAR_NAMES) if typed else None
        for row in rows:
            cells = [row[place] if place is not None and place < len(row) else "" for place in (item, title)]
            category = row[categories] if categories is not None and categories < len(row) else ""
            if typed:
                category = _token_sequence(category)
            if year is not None and year < len(row):
                cells[1] = with_year(cells[1], row[year])
            yield [*cells, category]
    except csv.Error as error:
        raise UserError(f"{path}: line {rows.line_num}: malformed ({error}); correct it") from None


def _positions(path: Path, names: Sequence[str]) -> tuple[int, int | None, int | None]:
    item = col.find(names, col.ITEM_NAMES)
    title, categories = col.find(names, col.TITLE_NAMES), col.find(names, col.CATEGORY_NAMES)
    if item is None or (title is None and categories is None):
        raise UserError(
            f"{path}: line 1: --items needs columns named item_id and title or categories,"
            f" found {', '.join(names)[:200]}"
        )
    return item, title, categories


def with_year(title: str, year: str) -> str:
    """`Toy Story (1995)` from a title and a year column, unless the title says so already."""
    year = year.strip()
    if not title or not year or year == title or title.endswith(f"({year})"):
        return title
    return f"{title} ({year})"


def _token_sequence(value: str) -> str:
    """RecBole's token_seq: separated by spaces, or by commas with quotes in its Amazon files."""
    parts = value.split(",") if "," in value else value.split(" ")
    return "|".join(part for part in (raw.strip().strip("'\"[]") for raw in parts) if part)


def _parquet(path: Path) -> Iterator[list[str]]:
    try:
        names = pl.scan_parquet(path).collect_schema().names()
        item, title, categories = _positions(path, names)
        places = [names[p] for p in (item, title, categories) if p is not None]
        frame = pl.read_parquet(path, columns=places)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise UserError(f"{path}: not a readable Parquet file ({str(error).splitlines()[0]})") from None
    for row in frame.iter_rows(named=True):
        yield [
            _plain(row[names[item]]),
            "" if title is None else _plain(row[names[title]]),
            "" if categories is None else _joined(row[names[categories]]),
        ]


def _json(path: Path) -> Iterator[list[str]]:
    for number, line in _lines(path):
        try:
            record: Any = json.loads(line)
        except (ValueError, RecursionError):
            try:
                record = ast.literal_eval(line)  # Amazon's 2014 metadata are Python literals
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                record = None
        if not isinstance(record, dict):
            raise UserError(f"{path}: line {number}: not a JSON object; correct it") from None
        record = cast("dict[str, Any]", record)
        names = list(map(str, record))
        item, title = col.find(names, col.ITEM_NAMES), col.find(names, col.TITLE_NAMES)
        categories = col.find(names, col.CATEGORY_NAMES)
        if item is None:
            continue
        yield [
            _plain(record[names[item]]),
            html.unescape(_plain(record[names[title]])) if title is not None else "",
            html.unescape(_joined(record[names[categories]])) if categories is not None else "",
        ]


def _plain(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value)


def _joined(value: Any) -> str:
    """Categories as one string; Amazon's lists of paths are merged, each category once."""
    if not isinstance(value, list | tuple):
        return _plain(value)
    flat: list[str] = []
    for part in cast("Sequence[Any]", value):
        flat.extend(
            map(_plain, cast("Sequence[Any]", part)) if isinstance(part, list | tuple) else [_plain(part)]
        )
    return "|".join(dict.fromkeys(part.strip() for part in flat if part.strip()))
