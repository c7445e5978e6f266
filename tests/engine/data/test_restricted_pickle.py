from __future__ import annotations

import os
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffurec.data.restricted_pickle import load
from diffurec.errors import UserError

plain = st.recursive(
    st.integers() | st.text(),
    lambda inner: (
        st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.integers() | st.text(), inner)
    ),
    max_leaves=20,
)


@given(value=plain, protocol=st.integers(0, pickle.HIGHEST_PROTOCOL))
def test_plain_values_come_back(value: Any, protocol: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("pickle") / "x.pkl"
    path.write_bytes(pickle.dumps(value, protocol=protocol))
    assert load(path, "x.pkl") == value


@pytest.mark.parametrize(
    "value",
    [{1}, frozenset({1}), b"x", bytearray(b"x"), 1.5, None, True, 1j, range(3), OrderedDict(), Path, len],
)
@pytest.mark.parametrize("wrap", [lambda v: v, lambda v: {"train": {1: [v]}}, lambda v: [(1, v)]])
@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_anything_else_is_refused(tmp_path: Path, value: Any, wrap: Any, protocol: int) -> None:
    path = tmp_path / "x.pkl"
    path.write_bytes(pickle.dumps(wrap(value), protocol=protocol))
    with pytest.raises(UserError, match=r"^x\.pkl: refused"):
        load(path, "x.pkl")


class _Runs:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.marker),)


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_that_calls_something_calls_nothing(tmp_path: Path, protocol: int) -> None:
    path, marker = tmp_path / "x.pkl", tmp_path / "was-run"
    path.write_bytes(pickle.dumps({"train": _Runs(marker)}, protocol=protocol))
    with pytest.raises(UserError, match=r"refused, it refers to \w+\.mkdir"):
        load(path, "x.pkl")
    assert not marker.exists()


@pytest.mark.parametrize(
    "content", [b"", b"\x80", b"hello", b"\x80\x04]", b"(((", b"P1\n.", b"\x80\x04\x8e" + b"\xff" * 8]
)
def test_broken_pickles_are_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.pkl"
    path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        load(path, "x.pkl")
    assert "\n" not in str(caught.value)


def test_a_list_within_itself_and_a_deep_one_end(tmp_path: Path) -> None:
    loop: list[Any] = [1]
    loop.append(loop)
    path = tmp_path / "x.pkl"
    path.write_bytes(pickle.dumps(loop))
    assert load(path, "x.pkl")[0] == 1
    path.write_bytes(b"\x80\x04" + b"]" * 50_000 + b"a" * 49_999 + b".")
    assert len(load(path, "x.pkl")) == 1


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\x80\x02})" + b"\x85" * 3_000_000 + b"K\x01s.", "a key that is a tuple"),  # hashing it overflows
        (b"\x80\x02}()" + b"2\x86" * 64 + b"K\x01u.", "a key that is a tuple"),  # hashing it takes 2^64 steps
        (b"\x80\x02()" + b"2\x86" * 64 + b"K\x01d.", "a key that is a tuple"),
        (b"\x80\x02X\x01\x00\x00\x00a)R.", "the instruction REDUCE"),
        (b"\x80\x02}}b.", "the instruction BUILD"),
        (b"\x80\x02\x82\x01.", "the instruction EXT1"),
        (b"\x80\x02U\x03abcQ.", "outside the file"),
    ],
)
def test_instructions_that_call_or_take_forever_do_not_exist(
    tmp_path: Path, content: bytes, what: str
) -> None:
    path = tmp_path / "x.pkl"
    path.write_bytes(content)
    with pytest.raises(UserError, match=rf"^x\.pkl: refused, .*{what}"):
        load(path, "x.pkl")


def test_a_far_place_in_the_memo_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "x.pkl"
    path.write_bytes(b"\x80\x02}r\xff\xff\xff\x7f.")
    assert load(path, "x.pkl") == {}
