from __future__ import annotations

import numpy as np
import pytest

from diffurec.data.times import from_numbers, iso_text, looks_like_time, parse_iso, parse_number, time_kind

SECONDS = 1_467_331_200  # 2016-07-01


@pytest.mark.parametrize("per_second", [1, 1_000, 1_000_000, 1_000_000_000])
def test_the_unit_is_told_by_magnitude(per_second: int) -> None:
    times = from_numbers(np.array([SECONDS, SECONDS + 1, SECONDS + 86_400]) * per_second)
    assert times.seconds().tolist() == [SECONDS, SECONDS + 1, SECONDS + 86_400]
    assert times.in_calendar().all()


def test_milliseconds_keep_their_order_below_the_second() -> None:
    times = from_numbers(np.array([SECONDS * 1000 + 7, SECONDS * 1000 + 3]))
    assert times.raw[0] > times.raw[1]
    assert times.seconds().tolist() == [SECONDS, SECONDS]


def test_decimals_are_kept_to_the_microsecond() -> None:
    times = from_numbers(np.array([SECONDS + 0.25, SECONDS + 0.5]))
    assert (times.raw - SECONDS * 1_000_000).tolist() == [250_000, 500_000]


def test_one_stray_unit_is_outside_the_calendar() -> None:
    times = from_numbers(np.array([SECONDS, SECONDS, SECONDS, SECONDS * 1000]))
    assert times.in_calendar().tolist() == [True, True, True, False]


@pytest.mark.parametrize("value", [1e300, -1e300, 4e18])
def test_what_no_integer_holds_is_outside_the_calendar(value: float) -> None:
    times = from_numbers(np.array([float(SECONDS), float(SECONDS), value]))
    assert times.in_calendar().tolist() == [True, True, False]


def test_times_before_1970_round_down() -> None:
    assert from_numbers(np.array([-1.5, -1.0])).seconds().tolist() == [-2, -1]


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("2016-07-01", SECONDS * 1_000_000),
        ("2016-07-01T00:00:00Z", SECONDS * 1_000_000),
        ("2016-07-01 00:00:00.25", SECONDS * 1_000_000 + 250_000),
        ("2016-07-01T02:00:00+02:00", SECONDS * 1_000_000),
        ("1969-12-31T23:59:59", -1_000_000),
        ("2016-13-01", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_iso(text: str, micros: int | None) -> None:
    assert parse_iso(text) == micros


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        (" -5 ", -5),
        ("1.5e3", 1500.0),
        ("9" * 30, 1e30),
        ("inf", None),
        ("nan", None),
        ("1e999", None),
        ("٣", None),
        ("0x10", None),
        ("1_000", None),
    ],
)
def test_numbers(text: str, value: float | None) -> None:
    assert parse_number(text) == value


def test_the_kind_of_a_column_and_of_a_cell() -> None:
    assert time_kind(["2016-07-01", "", "2016-07-02T10:00:00"]) == "iso"
    assert time_kind(["1467331200", "1"]) == "number"
    assert time_kind([]) == "number"
    assert looks_like_time("978300760")
    assert looks_like_time("2016-07-01")
    assert not looks_like_time("4.5")


def test_iso_text() -> None:
    assert iso_text(SECONDS) == "2016-07-01T00:00:00Z"
