from __future__ import annotations

import json
import math
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from diffurec.following.curves import Curves, FollowedCurves
from diffurec.following.tail import LONGEST_LINE, Tail
from diffurec.following.track import HIGH, LAST, LOW, MEANS, MISSING, SMOOTHING, Track
from diffurec.usage import Usage, resident_mb

NUMBERS = st.one_of(st.none(), st.floats(-1e6, 1e6))


WRONG = (("step", None), ("step", 10**400), ("step", True), ("values", []), ("split", 3))


def line(at: int, loss: float | None, **more: object) -> bytes:
    entry = {
        "step": at, "epoch": 1, "split": "train", "wall_time": 1000.0 + at, "values": {"loss": loss},
        "system": {"cpu_percent": 50.0},
    } | more  # fmt: skip
    return json.dumps(entry).encode() + b"\n"


def rows(curves: Curves) -> dict[str, list[list[float]]]:
    return {name: np.nan_to_num(track.rows, nan=-1e300).tolist() for name, track in curves.tracks.items()}


@given(st.lists(NUMBERS, max_size=200), st.lists(st.integers(1, 30), min_size=1))
def test_thinned_extremes_are_exact(values: list[float | None], parts: list[int]):
    track, numbers = Track(8), [math.nan if value is None else value for value in values]
    start, place = 0, 0
    while start < len(numbers):
        part = numbers[start : start + parts[place % len(parts)]]
        track.add(range(start, start + len(part)), [0.0] * len(part), part)
        start, place = start + len(part), place + 1
    assert len(track) <= 8
    assert track.points == len(numbers)
    for row, bucket in enumerate(track.rows):
        part = np.array(numbers[row * track.stride : (row + 1) * track.stride])
        finite = part[np.isfinite(part)]
        assert bucket[MISSING] == len(part) - len(finite)
        if len(finite):
            assert (bucket[LOW], bucket[HIGH]) == (finite.min(), finite.max())
            assert bucket[LAST] == finite[-1]
        else:
            assert np.isnan(bucket[[LOW, HIGH, LAST]]).all()


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=50))
def test_a_running_mean_is_a_weighted_mean(values: list[float]):
    track = Track()
    for step, value in enumerate(values):
        track.add([step], [0.0], [value])
    for place, decay in enumerate(SMOOTHING):
        weights = decay ** np.arange(len(values))[::-1]
        expected = np.average(values, weights=weights)
        assert track.rows[-1][MEANS + place] == pytest.approx(expected, abs=1e-6)


@given(
    st.lists(st.one_of(st.binary(max_size=20), st.integers(0, 99)), max_size=40),
    st.lists(st.integers(1, 400), min_size=1, max_size=40),
)
def test_any_split_of_the_bytes_gives_the_same_series(entries: list[bytes | int], parts: list[int]):
    data = b"".join(line(one, float(one)) if isinstance(one, int) else one + b"\n" for one in entries)
    whole, parted = Curves(), Curves()
    one, other = Tail(Path("one")), Tail(Path("other"))
    whole.take(one._lines(data))
    start, place = 0, 0
    while start < len(data):
        size = parts[place % len(parts)]
        parted.take(other._lines(data[start : start + size]))
        start, place = start + size, place + 1
    assert rows(whole) == rows(parted)
    assert (whole.lines, whole.broken, whole.broken_line) == (parted.lines, parted.broken, parted.broken_line)


def test_a_file_that_comes_grows_is_cut_and_replaced(tmp_path: Path):
    path = tmp_path / "run" / "metrics.jsonl"
    curves = FollowedCurves(path)
    assert not curves.read(1 << 20)
    assert not curves.tail.there
    path.parent.mkdir()
    path.write_bytes(line(1, 5.0) + line(2, 4.0)[:30])
    assert curves.read(1 << 20)
    assert curves.tracks["train/loss"].points == 1
    assert not curves.read(1 << 20), "half a line is none"
    with path.open("ab") as file:
        file.write(line(2, 4.0)[30:] + line(3, None))
    assert curves.read(1 << 20)
    loss = curves.tracks["train/loss"]
    assert (loss.points, loss.missing, loss.rows[-1][MISSING]) == (3, 1, 1)

    # A resumed training cuts the file and writes on, past the place that was reached.
    path.write_bytes(line(1, 5.0) + line(2, 3.0) + line(3, 2.0) + line(4, 1.0))
    curves.read(1 << 20)
    assert curves.tracks["train/loss"].rows[:, LAST].tolist() == [5, 3, 2, 1]
    path.write_bytes(line(1, 9.0))
    curves.read(1 << 20)
    assert curves.tracks["train/loss"].rows[:, LAST].tolist() == [9]
    beside = tmp_path / "beside"
    beside.write_bytes(line(1, 7.0) + line(2, 8.0))
    beside.replace(path)
    curves.read(1 << 20)
    assert curves.tracks["train/loss"].rows[:, LAST].tolist() == [7, 8]
    path.unlink()
    assert curves.read(1 << 20)
    assert not curves.tail.there
    assert curves.tracks["train/loss"].points == 2, "what was seen stays"


def test_little_is_read_at_once(tmp_path: Path):
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b"".join(line(step, 1.0) for step in range(100)))
    curves, reads = FollowedCurves(path), 0
    while curves.read(1000):
        reads += 1
    assert curves.tracks["train/loss"].points == 100
    assert reads == math.ceil(path.stat().st_size / 1000)
    assert curves.tail.behind == 0


def test_broken_lines_are_counted(tmp_path: Path):
    path = tmp_path / "metrics.jsonl"
    wrong = [
        b"{", b"[]", b"3", b"\xff\xfe", b"{}", b"[" * 100_000, b"x" * (LONGEST_LINE + 5),
        *(line(1, 1.0, **{name: value})[:-1] for name, value in WRONG),
    ]  # fmt: skip
    path.write_bytes(b"\n".join([*wrong, b"", b"  ", line(7, 1.0)]))
    curves = FollowedCurves(path)
    curves.read(1 << 18)
    while curves.tail.behind:
        curves.read(1 << 18)
    assert curves.broken == curves.broken_line == len(wrong)
    assert curves.lines == len(wrong) + 3
    assert curves.tracks["train/loss"].rows[:, LAST].tolist() == [1]


def test_a_line_without_end_takes_no_memory():
    tail = Tail(Path("x"))
    for _ in range(40):
        assert tail._lines(b"x" * (LONGEST_LINE // 4)) == []
        assert sum(map(len, tail._partial)) <= LONGEST_LINE
    assert tail._lines(b"\nab\n") == [None, b"ab"]


def test_values_of_any_kind():
    curves = Curves()
    curves.take([line(1, 1.0, values={"a": True, "b": "x", "c": 10**400, "d": 3, "e": None}, system=None)])
    assert sorted(curves.tracks) == ["train/c", "train/d", "train/e"]
    assert curves.broken == 0


def test_too_many_series_are_left_out():
    curves = Curves()
    for step in range(600):
        curves.take([line(step, 1.0, values={f"v{step}": 1.0}, system={})])
    assert len(curves.tracks) == len(curves.left_out) == 256


def test_steps_of_an_epoch():
    curves = Curves()
    curves.take([line(9, 1.0), line(18, 1.0)])
    assert math.isnan(curves.steps_per_epoch)
    curves.take([line(27, 1.0, epoch=2)])
    assert curves.steps_per_epoch == 18
    curves.take([line(40, 1.0, epoch=2, split="val"), line(40, 1.0, epoch=1, split="test")])
    assert curves.steps_per_epoch == 20


def test_a_folder_in_place_of_the_file_is_said(tmp_path: Path):
    curves = FollowedCurves(tmp_path)
    curves.read(100)
    assert str(tmp_path) in curves.tail.trouble


def entries(first: int, last: int) -> bytes:
    """Lines as a training writes them every 50 ms."""
    return b"".join(
        b'{"step": %d, "epoch": %d, "split": "train", "wall_time": %.3f, "values": {"loss": %.4f,'
        b' "learning_rate": 0.001}, "system": {"examples_per_s": %d, "cpu_percent": 99.0}}\n'
        % (step, 1 + step // 5000, 1.7e9 + step * 0.05, 2 + math.sin(step), 1000 + step % 100)
        for step in range(first, last)
    )


def test_eight_hours_at_a_line_every_50_ms_take_no_more_memory(tmp_path: Path):
    path, lines, at_once = tmp_path / "metrics.jsonl", 8 * 3600 * 20, 4000
    curves = FollowedCurves(path)
    memory: list[float] = []
    with path.open("ab", buffering=0) as file:
        for first in range(0, lines, at_once):
            file.write(entries(first, first + at_once))
            while curves.read(1 << 17):
                pass
            memory.append(resident_mb() or 0.0)
    assert curves.tracks["train/loss"].points == lines == 576_000
    assert curves.broken == 0
    assert memory[-1] < memory[len(memory) // 10] + 2


def test_what_a_training_takes_of_the_machine():
    usage = Usage(torch.device("cpu"))
    until = time.process_time() + 0.05
    while time.process_time() < until:
        pass
    told = usage.read()
    assert told.keys() == {"cpu_percent", "memory_mb"}
    assert 10 < told["cpu_percent"] < 10_000
    assert 20 < told["memory_mb"] < 100_000
