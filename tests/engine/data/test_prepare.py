from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from diffurec.data.dataset import fingerprint, open_dataset
from diffurec.data.options import PrepareOptions
from diffurec.data.prepare import prepare
from diffurec.errors import UserError
from tests.engine.data.making import HEADER, ROWS, SEQUENCES, make, sequences, write


def test_the_folder_is_what_its_reader_promises(tmp_path: Path) -> None:
    info = make(write(tmp_path / "r.csv", HEADER + ROWS), tmp_path / "out", name="fruit")
    data = open_dataset(tmp_path / "out")
    # Users and items are numbered in order of first appearance in the file.
    assert sequences(tmp_path / "out") == SEQUENCES
    assert data.items.tolist() == [2, 3, 1, 1, 2, 4]
    assert data.boundaries.tolist() == [[1, 2], [1, 2]]
    assert info["sha256"] == fingerprint(data.offsets, data.items, data.boundaries)
    assert (info["name"], info["split"]) == ("fruit", "leave-one-out")
    assert (info["users"], info["items"], info["interactions"]) == (2, 4, 6)
    assert info["has_timestamps"] is True
    assert info["has_titles"] is False
    assert info["source"]["columns"] == {
        "user": "user_id", "item": "item_id", "rating": "rating", "time": "timestamp",
    }  # fmt: skip
    assert pl.read_parquet(tmp_path / "out" / "users.parquet")["interactions"].to_list() == [3, 3]
    assert pl.read_parquet(tmp_path / "out" / "items.parquet").schema == {
        "item_id": pl.String, "title": pl.String, "categories": pl.String, "interactions": pl.UInt32,
    }  # fmt: skip
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "r.csv"]


def test_what_was_dropped_is_reported(tmp_path: Path) -> None:
    rows = ROWS + "ann,kiwi,5,400\ncat,nut,5,1\ncat,kiwi,1,2\n"
    report = prepare(
        write(tmp_path / "r.csv", HEADER + rows),
        tmp_path / "out",
        PrepareOptions(min_rating=2, repeats="drop", min_interactions=1, min_history=1),
    )
    steps = [(step.step, step.dropped, step.interactions, step.users, step.items) for step in report.steps]
    assert steps == [
        ("read", 0, 9, 3, 5),
        ("--min-rating", 2, 7, 3, 5),
        ("--repeats drop", 1, 6, 3, 5),
        ("--min-history", 3, 3, 1, 3),
    ]
    written = json.loads((tmp_path / "out" / "dataset.json").read_text())
    assert [step["dropped"] for step in written["report"]] == [0, 2, 1, 3]
    assert written["options"]["min_rating"] == 2


def test_rows_of_one_time_keep_file_order(tmp_path: Path) -> None:
    rows = "".join(f"ann,i{n},5,{n // 4}\n" for n in range(40))
    make(write(tmp_path / "r.csv", HEADER + rows), tmp_path / "out")
    assert sequences(tmp_path / "out")["ann"] == [f"i{n}" for n in range(40)]


def test_temporal_split_by_fractions_and_by_dates(tmp_path: Path) -> None:
    rows = "".join(f"u{n % 3},i{n},5,{1_467_331_200 + n * 86_400}\n" for n in range(30))
    source = write(tmp_path / "r.csv", HEADER + rows)
    info = make(source, tmp_path / "a", split="temporal", val_fraction=0.2, test_fraction=0.1)
    assert info["targets"]["train"]["interactions"] == 21
    assert info["targets"]["val"] == {"interactions": 6, "users": 3}
    assert info["targets"]["test"] == {"interactions": 3, "users": 3}
    assert info["split_at"] == {"val_from": "2016-07-22T00:00:00Z", "test_from": "2016-07-28T00:00:00Z"}
    make(source, tmp_path / "b", split="temporal", val_from="2016-07-22", test_from="1469664000")
    assert open_dataset(tmp_path / "a").sha256 == open_dataset(tmp_path / "b").sha256


def test_history_asked_for_holds_in_what_is_written(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    rows = "".join(
        f"u{u},i{i},5,{t}\n"
        for u, i, t in zip(
            rng.integers(0, 40, 600), rng.integers(0, 60, 600), rng.integers(0, 999, 600), strict=True
        )
    )
    source = write(tmp_path / "r.csv", HEADER + rows)
    for split in ("leave-one-out", "temporal"):
        make(source, tmp_path / split, split=split, min_history=12, min_interactions=4)
        data = open_dataset(tmp_path / split)
        assert data.num_users > 0
        assert data.boundaries[:, 0].min() >= 12
        assert np.bincount(data.items)[1:].min() >= 4


def test_what_is_prepared_does_not_depend_on_the_way_it_is_read(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    rows = "".join(f"u{a},i{b},{c},{d}\n" for a, b, c, d in rng.integers(0, 30, (2000, 4)).tolist())
    source = write(tmp_path / "r.csv", HEADER + rows)
    options: dict[str, Any] = {"min_rating": 3, "min_interactions": 5, "repeats": "drop"}
    fast = make(source, tmp_path / "fast", **options)
    slow = make(source, tmp_path / "slow", on_error="skip", **options)
    assert fast["sha256"] == slow["sha256"]
    assert sequences(tmp_path / "fast") == sequences(tmp_path / "slow")


def test_skipped_rows_are_counted_and_listed(tmp_path: Path) -> None:
    bad = "ann,kiwi,4\nann,kiwi,x,7\nann,kiwi,4,x\n,kiwi,4,7\n" + "z\n" * 30
    info = make(write(tmp_path / "r.csv", HEADER + bad + ROWS), tmp_path / "out", on_error="skip")
    assert sequences(tmp_path / "out") == SEQUENCES
    assert info["skipped_rows"]["count"] == 34
    assert len(info["skipped_rows"]["first"]) == 20
    assert [row["line"] for row in info["skipped_rows"]["first"]][:5] == [2, 3, 4, 5, 6]
    assert "3 fields where 4 are expected" in info["skipped_rows"]["first"][0]["reason"]


def test_lines_longer_than_the_first_look(tmp_path: Path) -> None:
    text = "x" * 100_000
    lines = [json.dumps({"text": text, "user": "a", "item": n, "time": n}) for n in range(4)]
    make(write(tmp_path / "r.jsonl", "\n".join(lines)), tmp_path / "json")
    assert sequences(tmp_path / "json") == {"a": ["0", "1", "2", "3"]}
    make(
        write(tmp_path / "s.txt", f"a {' '.join(map(str, range(30_000)))}\nb 1 2 3\n"), tmp_path / "sequences"
    )
    assert [len(items) for items in sequences(tmp_path / "sequences").values()] == [30_000, 3]


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write(tmp_path / "r.csv", HEADER + ROWS)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(UserError, match="No space left on device"):
        make(source, tmp_path / "deep" / "er" / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["r.csv"]


def test_an_interruption_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write(tmp_path / "r.csv", HEADER + ROWS)
    real = os.fsync

    def interrupt(descriptor: int) -> None:
        real(descriptor)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        make(source, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["r.csv"]


def test_an_out_that_appears_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    source, out = write(tmp_path / "r.csv", HEADER + ROWS), tmp_path / "out"

    def meddle(stage: str) -> None:
        if stage == "writing":
            out.mkdir()

    with pytest.raises(UserError, match="exists already"):
        prepare(source, out, progress=meddle)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "r.csv"]
    assert not list(out.iterdir())


@pytest.mark.parametrize("moment", ["1e15", "-1e15", "1e300"])
def test_cut_times_outside_the_calendar_name_their_option(tmp_path: Path, moment: str) -> None:
    source = write(tmp_path / "x.csv", HEADER + ROWS)
    with pytest.raises(UserError, match="^--val-from .*seconds"):
        make(source, tmp_path / "out", split="temporal", val_from=moment, test_from="1e305")


def test_a_rating_beyond_single_precision_is_merely_never_reached(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nothing is left after --min-rating"):
        make(write(tmp_path / "x.csv", HEADER + ROWS), tmp_path / "out", min_rating=1e300)
