"""Timestamps as they come in files: unix seconds, ms, µs or ns, decimals, ISO-8601 dates and datetimes.

A column is one kind throughout, `"number"` or `"iso"`, and a numeric column has one unit, told by the
magnitude of its median. So one stray value is an error that names its row instead of a silent year 51,000.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import numpy as np
import numpy.typing as npt

TimeKind = Literal["number", "iso"]

EARLIEST = -62_135_596_800  # 0001-01-01, in seconds: what a calendar can show
LATEST = 253_402_300_799  # 9999-12-31
MICROS = 1_000_000
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_ISO = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([T ].*)?", re.ASCII)
# Smallest |value| that is read in the unit: seconds reach 1e11 in the year 5138.
_UNITS = ((1e17, 1_000_000_000), (1e14, MICROS), (1e11, 1_000), (0.0, 1))


@dataclass(frozen=True)
class Times:
    """A time column. `raw` (N,) int64 counts `per_second` to the second since 1970-01-01 UTC."""

    raw: npt.NDArray[np.int64]
    per_second: int

    def seconds(self) -> npt.NDArray[np.int64]:
        """Whole seconds since the epoch, rounded down: (N,)."""
        return self.raw if self.per_second == 1 else self.raw // self.per_second

    def take(self, index: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> Times:
        return Times(self.raw[index], self.per_second)

    def in_calendar(self) -> npt.NDArray[np.bool_]:
        """Which rows lie between the years 1 and 9999: (N,)."""
        # Compared in raw units as floats: LATEST in nanoseconds does not fit an int64.
        low, high = float(EARLIEST) * self.per_second, float(LATEST + 1) * self.per_second
        return (self.raw >= low) & (self.raw < high)


def looks_numeric(text: str) -> bool:
    return _NUMBER.fullmatch(text.strip()) is not None


def looks_like_time(text: str) -> bool:
    """Whether a headerless cell is a time rather than a rating: an ISO date, or a number from 1e8 on."""
    text = text.strip()
    if _ISO.fullmatch(text):
        return True
    return looks_numeric(text) and 1e8 <= abs(float(text)) < math.inf


def time_kind(sample: Iterable[str]) -> TimeKind:
    """The kind of a column, from some of its values: what most of the non-empty ones look like."""
    votes = [_ISO.fullmatch(text.strip()) is not None for text in sample if text.strip()]
    return "iso" if 2 * sum(votes) > len(votes) else "number"


def parse_number(text: str) -> int | float | None:
    """A finite number, as an int where it is written as one that int64 holds; None for anything else."""
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) < 19:
        return int(text)
    if not looks_numeric(text):
        return None
    if text.lstrip("+-").isdigit() and len(text) <= 20 and -(2**63) <= (whole := int(text)) < 2**63:
        return whole
    value = float(text)
    return value if math.isfinite(value) else None


def parse_iso(text: str) -> int | None:
    """Microseconds since the epoch of an ISO-8601 date or datetime; UTC unless it names an offset."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    elapsed = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (elapsed.days * 86_400 + elapsed.seconds) * MICROS + elapsed.microseconds


def from_numbers(values: npt.NDArray[np.int64] | npt.NDArray[np.float64]) -> Times:
    """Times from unix numbers (N,), the unit told by the median's magnitude; decimals are kept to the µs."""
    per_second = _unit(values)
    if values.dtype == np.int64:
        return Times(values.astype(np.int64, copy=False), per_second)
    scaled = values.astype(np.float64) * (MICROS / per_second)
    # What lies outside the calendar becomes a value that `in_calendar` refuses, not an undefined cast.
    scaled = np.where(np.abs(scaled) < 2.0**62, scaled, 2.0**62)
    return Times(np.round(scaled).astype(np.int64), MICROS)


def iso_text(seconds: int) -> str:
    """`2016-07-01T12:00:00Z` for seconds since the epoch."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _unit(values: npt.NDArray[np.int64] | npt.NDArray[np.float64]) -> int:
    if len(values) == 0:
        return 1
    # A stride keeps this cheap: the unit of a column does not hide in a subset of it.
    typical = float(np.median(np.abs(values[:: max(1, len(values) // 1_000_000)].astype(np.float64))))
    return next(per_second for least, per_second in _UNITS if typical >= least)
