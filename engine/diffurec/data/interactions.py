"""Interactions in memory, between a reader and the dataset folder: integer codes and where they came from.

Readers have two ways of getting here. The fast one hands over whole columns. The exact one goes row by
row through `collect`, which alone decides what a good row is; it is taken when the fast one stumbles and
under `--on-error skip`, and finds the line to name.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, NamedTuple, TypeGuard

import numpy as np
import numpy.typing as npt
import polars as pl

from diffurec.data.times import TimeKind, Times, from_numbers, parse_iso, parse_number
from diffurec.errors import UserError

OnError = Literal["fail", "skip"]
Codes = npt.NDArray[np.uint32]
LISTED_ROWS = 20
NOT_IDS = frozenset({"NaN", "nan"})  # how a missing value is written by mistake


@dataclass
class Skipped:
    """Rows left out under `--on-error skip`: how many, and the first of them as (line, reason)."""

    count: int = 0
    first: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])

    def add(self, line: int, reason: str) -> None:
        self.count += 1
        if len(self.first) < LISTED_ROWS:
            self.first.append((line, reason))


@dataclass(frozen=True)
class Interactions:
    """N rows in file order. Codes count from 0 in order of first appearance."""

    users: Codes  # (N,)
    items: Codes  # (N,)
    user_ids: pl.Series  # (U,) String, indexed by code
    item_ids: pl.Series  # (V,) String, indexed by code
    times: Times | None = None
    ratings: npt.NDArray[np.float32] | None = None  # (N,), NaN where the file has none
    skipped: Skipped = field(default_factory=Skipped)

    def __len__(self) -> int:
        return len(self.users)

    def take(self, index: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> Interactions:
        """The rows that a mask or an index picks; ids and codes stay as they are."""
        return Interactions(
            users=self.users[index],
            items=self.items[index],
            user_ids=self.user_ids,
            item_ids=self.item_ids,
            times=None if self.times is None else self.times.take(index),
            ratings=None if self.ratings is None else self.ratings[index],
            skipped=self.skipped,
        )


class Row(NamedTuple):
    """One record as a reader found it, unchecked. `line` counts from 1, a header included."""

    line: int
    user: object
    item: object
    rating: object = None
    time: object = None


class BadRow(NamedTuple):
    """A record that no reader can make sense of, and why."""

    line: int
    reason: str


def relabel(codes: Codes) -> tuple[Codes, npt.NDArray[np.int64]]:
    """Number codes (N,) anew from 0 in order of first appearance.

    Returns the new codes (N,) and the row at which each new code appears first (K,).
    """
    size = int(codes.max()) + 1 if len(codes) else 0
    first = np.full(size, len(codes), dtype=np.int64)
    np.minimum.at(first, codes, np.arange(len(codes), dtype=np.int64))
    present = np.flatnonzero(first < len(codes))
    order = present[np.argsort(first[present])]
    new = np.zeros(size, dtype=np.uint32)
    new[order] = np.arange(len(order), dtype=np.uint32)
    return new[codes], first[order]


def encode(values: pl.Series) -> tuple[Codes, pl.Series]:
    """Codes (N,) in order of first appearance, and the text (K,) of each, of a categorical column."""
    codes, first = relabel(values.to_physical().to_numpy().astype(np.uint32, copy=False))
    return codes, values.gather(first).cast(pl.String)


class _Numbers:
    """A growing column of ints that turns into one of floats when the first decimal arrives."""

    def __init__(self) -> None:
        self.values: array[int] | array[float] = array("q")

    def add(self, value: float) -> None:
        if isinstance(value, float) and self.values.typecode == "q":
            self.values = array("d", self.values)
        self.values.append(value)  # pyright: ignore[reportArgumentType]

    def to_numpy(self) -> npt.NDArray[np.int64] | npt.NDArray[np.float64]:
        if self.values.typecode == "q":
            return np.array(self.values, dtype=np.int64)
        return np.array(self.values, dtype=np.float64)


def collect(
    rows: Iterator[Row | BadRow],
    *,
    source: str,
    on_error: OnError,
    time_kind: TimeKind | None,
    has_rating: bool,
    unit: str = "line",
) -> Interactions:
    """Check rows one by one and gather the good ones.

    `source` is the file's name for messages, `unit` what a row's number counts there ("line" or "row").

    Raises:
        UserError: a row is bad and `on_error` is "fail"; the message names its line.
    """
    skipped = Skipped()

    def refuse(line: int, reason: str) -> None:
        if on_error == "fail":
            raise UserError(
                f"{source}: {unit} {line}: {reason}; correct it, or leave such rows out with --on-error skip"
            )
        skipped.add(line, reason)

    user_codes: dict[str, int] = {}
    item_codes: dict[str, int] = {}
    users, items, lines, ratings = array("I"), array("I"), array("q"), array("f")
    times = _Numbers()
    for row in rows:
        if isinstance(row, BadRow):
            refuse(row.line, row.reason)
            continue
        try:
            # An id seen before needs no second look: most rows cost two look-ups.
            user = row.user if _known(row.user, user_codes) else _identifier(row.user, "user id")
            item = row.item if _known(row.item, item_codes) else _identifier(row.item, "item id")
            rating = _rating(row.rating) if has_rating else 0.0
            time = _time(row.time, time_kind) if time_kind else 0
        except ValueError as error:
            refuse(row.line, str(error))
            continue
        users.append(user_codes.setdefault(user, len(user_codes)))
        items.append(item_codes.setdefault(item, len(item_codes)))
        lines.append(row.line)
        if has_rating:
            ratings.append(rating)
        if time_kind:
            times.add(time)

    found: Times | None = None
    if time_kind:
        numbers = times.to_numpy()
        found = from_numbers(numbers) if time_kind == "number" else Times(numbers.astype(np.int64), 1_000_000)
    result = Interactions(
        users=np.array(users, dtype=np.uint32),
        items=np.array(items, dtype=np.uint32),
        user_ids=pl.Series("user_id", list(user_codes), dtype=pl.String),
        item_ids=pl.Series("item_id", list(item_codes), dtype=pl.String),
        times=found,
        ratings=np.array(ratings, dtype=np.float32) if has_rating else None,
        skipped=skipped,
    )
    if found is not None and not (sane := found.in_calendar()).all():
        for position in np.flatnonzero(~sane).tolist():
            refuse(lines[position], "the time is outside the years 1 to 9999 in the unit of the other rows")
        result = result.take(sane)
    return result


def _known(value: object, codes: dict[str, int]) -> TypeGuard[str]:
    return isinstance(value, str) and value in codes


def _identifier(value: object, what: str) -> str:
    """The text of an id. Strings stay as written: "007" and "7" are two ids."""
    if isinstance(value, str):
        text = value.strip()
    elif isinstance(value, bytes):  # how some writers of Parquet store text
        text = value.decode("utf-8", errors="surrogateescape").strip()
    elif value is None or isinstance(value, bool | list | dict | tuple | set):
        raise ValueError(f"no {what}" if value is None else f"the {what} is {_show(value)}")
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"the {what} is {value}")
    else:
        text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    if not text:
        raise ValueError(f"no {what}")
    if text in NOT_IDS:
        raise ValueError(f"the {what} is {text}")
    if "\0" in text:
        raise ValueError(f"the {what} holds a NUL byte")
    if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError(f"the {what} is not UTF-8 (convert the file: iconv -f latin1 -t utf-8)")
    return text


def _rating(value: object) -> float:
    """The rating, NaN for an empty cell."""
    if value is None or (isinstance(value, str) and not value.strip()) or value != value:  # noqa: PLR0124
        return math.nan
    number = parse_number(value) if isinstance(value, str) else value
    try:
        if isinstance(number, bool) or not isinstance(number, int | float | Decimal):
            raise ValueError
        if not math.isfinite(rating := float(number)):
            raise ValueError
    except (ValueError, OverflowError):
        raise ValueError(
            f"the rating {_show(value)} is not a number (--rating-column none ignores ratings)"
        ) from None
    return rating


def _time(value: object, kind: TimeKind) -> int | float:
    if value is None or (isinstance(value, str) and not value.strip()):
        raise ValueError("no time")
    if kind == "iso":
        parsed = parse_iso(value) if isinstance(value, str) else None
        expected = "an ISO-8601 date or datetime"
    else:
        parsed = parse_number(value if isinstance(value, str) else str(value))
        expected = "a unix time"
    if parsed is None:
        raise ValueError(f"the time {_show(value)} is not {expected}")
    return parsed


def _show(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "…"
