"""Every format tells the same story, whether it is recognised or named, and by either way of reading."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffurec.data.columns import Wanted
from diffurec.data.dataset import open_dataset
from diffurec.data.formats import delimited, jsonlines, parquet
from diffurec.data.interactions import Interactions, collect
from diffurec.data.sniff import recognise
from diffurec.data.source import scan
from diffurec.data.times import time_kind
from diffurec.errors import UserError
from tests.engine.data.making import HEADER, ROWS, SEQUENCES, make, sequences, write

BASE = 1_400_000_000  # makes the small times of ROWS look like unix seconds


def records() -> list[tuple[str, str, float, int]]:
    rows = (line.split(",") for line in ROWS.splitlines())
    return [(user, item, float(rating), BASE + int(time)) for user, item, rating, time in rows]


def delimited_text(separator: str, header: str = "", end: str = "\n") -> str:
    lines = [separator.join(map(str, record)) for record in records()]
    return end.join([*([header] if header else []), *lines]) + end


def json_lines(user: str, item: str, rating: str, time: str, factor: int = 1) -> str:
    return "".join(
        json.dumps({"text": "a, b", user: u, item: i, rating: r, time: t * factor}) + "\n"
        for u, i, r, t in records()
    )


def steam() -> str:
    lines = [
        f"{{u'username': u'{u}', u'product_id': u'{i}', u'text': u'it\\'s \"fine\"',"
        f" u'date': '{datetime.fromtimestamp(t, UTC).isoformat()}', u'early_access': False}}"
        for u, i, _, t in records()
    ]
    return "\n".join(lines) + "\n"


TYPED = "user_id:token\titem_id:token\trating:float\ttimestamp:float"
SOURCES = {
    "csv": ("ratings.csv", delimited_text(",", HEADER.strip())),
    "csv without an extension": ("ratings", delimited_text(",", HEADER.strip())),
    "csv, no header": ("ratings.csv", delimited_text(",")),
    "tsv": ("ratings.tsv", delimited_text("\t", HEADER.strip().replace(",", "\t"))),
    "semicolons": ("ratings.csv", delimited_text(";", HEADER.strip().replace(",", ";"))),
    "bars": ("ratings.txt", delimited_text("|")),
    "windows": ("ratings.csv", "\ufeff" + delimited_text(",", HEADER.strip(), end="\r\n")),
    "blank lines": ("ratings.csv", delimited_text(",", HEADER.strip()) + "\n\n"),
    "recbole": ("x.inter", delimited_text("\t", TYPED)),
    "movielens dat": ("ratings.dat", delimited_text("::")),
    "movielens csv": ("ratings.csv", delimited_text(",", "userId,movieId,rating,timestamp")),
    "u.data": ("u.data", delimited_text("\t")),
    "amazon 2014": ("reviews.json", json_lines("reviewerID", "asin", "overall", "unixReviewTime")),
    "amazon 2023": ("reviews.jsonl", json_lines("user_id", "parent_asin", "rating", "timestamp", 1000)),
    "steam": ("reviews.json", steam()),
    "sequences": ("s.txt", "".join(f"{user} {' '.join(items)}\n" for user, items in SEQUENCES.items())),
}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("on_error", ["fail", "skip"])
@pytest.mark.parametrize("kind", SOURCES)
def test_one_story_in_every_format(tmp_path: Path, kind: str, on_error: str, packed: bool) -> None:
    name, text = SOURCES[kind]
    content = gzip.compress(text.encode()) if packed else text.encode()
    source = write(tmp_path / (name + ".gz" * packed), content)
    info = make(source, tmp_path / "out", on_error=on_error)
    assert sequences(tmp_path / "out") == SEQUENCES
    assert info["skipped_rows"]["count"] == 0
    if kind != "sequences":
        times = np.load(tmp_path / "out" / "timestamps.npy")
        assert times.tolist() == [BASE + t for t in (100, 200, 300, 50, 60, 70)]


@pytest.mark.parametrize("id_type", [pl.String, pl.Categorical])
@pytest.mark.parametrize(
    "time_type", [pl.Int64, pl.Float64, pl.Datetime("ms"), pl.Datetime("us", "UTC"), pl.String]
)
def test_parquet_of_any_type(tmp_path: Path, id_type: type[pl.DataType], time_type: pl.DataType) -> None:
    user, item, rating, time = zip(*records(), strict=True)
    frame = pl.DataFrame({"user": user, "item": item, "rating": rating, "time": time})
    moment = pl.from_epoch("time", "s")
    cast = moment.cast(time_type) if isinstance(time_type, pl.Datetime) else pl.col("time").cast(time_type)
    frame.with_columns(cast, pl.col("user", "item").cast(id_type)).write_parquet(tmp_path / "x.bin")
    assert make(tmp_path / "x.bin", tmp_path / "out")["source"]["format"] == "parquet"
    assert sequences(tmp_path / "out") == SEQUENCES
    make(tmp_path / "x.bin", tmp_path / "slow", on_error="skip")
    assert open_dataset(tmp_path / "slow").sha256 == open_dataset(tmp_path / "out").sha256


def test_parquet_dates_near_1970_and_whole_float_ids(tmp_path: Path) -> None:
    day = [datetime(1970, 1, n).date() for n in (3, 2, 4)]
    pl.DataFrame({"user": [1.0] * 3, "item": [5.0, 6.0, 7.0], "date": day}).write_parquet(
        tmp_path / "x.parquet"
    )
    make(tmp_path / "x.parquet", tmp_path / "out")
    assert sequences(tmp_path / "out") == {"1": ["6", "5", "7"]}


def test_formats_are_named_in_dataset_json(tmp_path: Path) -> None:
    names = {
        kind: make(write(tmp_path / name, text), tmp_path / str(number))["source"]["format"]
        for number, (kind, (name, text)) in enumerate(SOURCES.items())
    }
    assert names["recbole"] == "recbole"
    assert names["amazon 2014"] == names["amazon 2023"] == "amazon"
    assert names["steam"] == "steam"
    assert names["sequences"] == "sequences"
    assert names["semicolons"] == names["csv, no header"] == "csv"


def test_format_overrules_the_guess(tmp_path: Path) -> None:
    source = write(tmp_path / "x.txt", "1 5 3\n2 4 3\n3 8 9\n3 8 7\n3 1 8\n")
    make(source, tmp_path / "rows", format="csv", rating_column="none", time_column="3")
    assert sequences(tmp_path / "rows")["3"] == ["8", "1", "8"]
    source = write(tmp_path / "y.txt", "1 5 3 4\n2 4 3 4\n")
    make(source, tmp_path / "sequences", format="sequences")
    assert sequences(tmp_path / "sequences")["1"] == ["5", "3", "4"]


def test_amazon_files_that_put_the_item_first(tmp_path: Path) -> None:
    rows = [f"B00000000{n},A1B2C3D4E5F6,5.0,13999999{n}0\n" for n in range(4)]
    make(write(tmp_path / "ratings.csv", "".join(rows)), tmp_path / "out")
    assert list(sequences(tmp_path / "out")) == ["A1B2C3D4E5F6"]


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("ml-1m", "ratings.dat"),
        ("ml-100k", "u.data"),
        ("ml-25m", "ratings.csv"),
        ("x", "x.inter"),
        ("y", "a.tsv"),
    ],
)
def test_a_folder_is_enough(tmp_path: Path, folder: str, name: str) -> None:
    (tmp_path / folder).mkdir()
    separator = {"ratings.dat": "::", "ratings.csv": ","}.get(name, "\t")
    header = {"ratings.csv": "userId,movieId,rating,timestamp", "x.inter": TYPED}.get(name, "")
    write(tmp_path / folder / name, delimited_text(separator, header))
    make(tmp_path / folder, tmp_path / "out")
    assert sequences(tmp_path / "out") == SEQUENCES


def test_columns_by_option(tmp_path: Path) -> None:
    rows = "".join(f"{t},{r},{i},{u}\n" for u, i, r, t in records())
    named = write(tmp_path / "a.csv", "when,stars!,what,who\n" + rows)
    bare = write(tmp_path / "b.csv", rows)
    make(
        named,
        tmp_path / "a",
        user_column="who",
        item_column="what",
        time_column="when",
        rating_column="stars!",
    )
    make(bare, tmp_path / "b", user_column="4", item_column="3", time_column="1", rating_column="2")
    assert sequences(tmp_path / "a") == sequences(tmp_path / "b") == SEQUENCES


def test_ids_stay_as_they_are_written(tmp_path: Path) -> None:
    source = write(tmp_path / "a.csv", 'user,item\n007,"a,b"\n007,"c\nd"\n7, e \n7,é\n7,"f""g"\n007,h\n')
    make(source, tmp_path / "out")
    assert sequences(tmp_path / "out") == {"007": ["a,b", "c\nd", "h"], "7": ["e", "é", 'f"g']}


READERS: dict[str, Callable[[Path], Interactions | None]] = {
    "csv": lambda path: delimited.fast(recognise(path, Wanted()), path, scan(path, b","), "number"),
    "jsonl": lambda path: jsonlines.fast(recognise(path, Wanted()), path, scan(path), "number"),
    "parquet": lambda path: parquet.fast(recognise(path, Wanted()), path, "number"),
}


@pytest.mark.parametrize("kind", READERS)
def test_good_files_take_the_fast_way(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"x.{kind}"
    if kind == "csv":
        write(path, HEADER + ROWS + "\n")
    elif kind == "jsonl":
        write(path, json_lines("user", "item", "rating", "time"))
    else:
        pl.DataFrame(records(), schema=["user", "item", "rating", "time"], orient="row").write_parquet(path)
    found = READERS[kind](path)
    assert found is not None
    assert len(found) == 6
    assert found.ratings is not None


cells = st.sampled_from(["a", "b", " c ", "", "NaN", "x y", "é", '"', '"q"', '"q,r"', "1"])
numbers = st.sampled_from(["1", "2.5", "-3", "", "x", "inf", "1e400", "99999999999999999999", " 4"])


@given(
    rows=st.lists(st.lists(cells, min_size=2, max_size=2).flatmap(
        lambda ids: st.tuples(*map(st.just, ids), numbers, numbers)), min_size=1, max_size=8),
    cut=st.none() | st.integers(1, 30),
    extra=st.sampled_from(["", "\n", "\n\n", ",", "a", "\0"]),
)  # fmt: skip
def test_the_fast_way_agrees_with_the_exact_one(
    rows: list[tuple[str, ...]], cut: int | None, extra: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = "".join(",".join(row) + "\n" for row in rows) + extra
    path = tmp_path_factory.mktemp("agree") / "x.csv"
    write(path, HEADER + "u,i,1,2\n" + (text[:-cut] if cut else text))
    layout = recognise(path, Wanted())
    assert layout.columns is not None
    kind = time_kind(row[3] for row in layout.sample if len(row) > 3)
    fast = delimited.fast(layout, path, scan(path, b","), kind)
    try:
        exact = collect(
            delimited.rows(layout, path), source="x", on_error="fail", time_kind=kind, has_rating=True
        )
    except UserError:
        assert fast is None
        return
    if fast is not None:
        assert fast.users.tolist() == exact.users.tolist()
        assert fast.items.tolist() == exact.items.tolist()
        assert fast.user_ids.to_list() == exact.user_ids.to_list()
        assert fast.item_ids.to_list() == exact.item_ids.to_list()
        assert fast.times is not None
        assert exact.times is not None
        assert fast.times.seconds().tolist() == exact.times.seconds().tolist()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("rating", 10**400, "the rating"),
        ("user_id", "\ud800", "user id is not UTF-8"),
        ("user_id", "a\0b", "NUL"),
        ("item_id", [1], "the item id is"),
    ],
)
@pytest.mark.parametrize("on_error", ["fail", "skip"])
def test_odd_json_values_are_named_by_line(
    tmp_path: Path, field: str, value: object, words: str, on_error: str
) -> None:
    good = json_lines("user_id", "item_id", "rating", "timestamp")
    bad = {"user_id": "eve", "item_id": "kiwi", "rating": 1, "timestamp": BASE, field: value}
    source = write(tmp_path / "x.jsonl", good + json.dumps(bad) + "\n")
    if on_error == "fail":
        with pytest.raises(UserError, match=f"line 7: .*{words}"):
            make(source, tmp_path / "out")
    else:
        skipped = make(source, tmp_path / "out", on_error="skip")["skipped_rows"]
        assert [row["line"] for row in skipped["first"]] == [7]


def test_parquet_ids_in_bytes_are_text(tmp_path: Path) -> None:
    frame = pl.DataFrame(records(), schema=["user_id", "item_id", "rating", "timestamp"], orient="row")
    frame.with_columns(pl.col("user_id", "item_id").cast(pl.Binary)).write_parquet(tmp_path / "x.parquet")
    make(tmp_path / "x.parquet", tmp_path / "out")
    assert sequences(tmp_path / "out") == SEQUENCES


@pytest.mark.parametrize(
    ("column", "dtype"), [("timestamp", pl.Boolean), ("rating", pl.Boolean), ("rating", pl.Date)]
)
def test_parquet_columns_that_hold_something_else(tmp_path: Path, column: str, dtype: pl.DataType) -> None:
    frame = pl.DataFrame(records(), schema=["user_id", "item_id", "rating", "timestamp"], orient="row")
    frame.with_columns(pl.col(column).cast(pl.Int32).cast(dtype)).write_parquet(tmp_path / "x.parquet")
    with pytest.raises(UserError, match="row 1: "):
        make(tmp_path / "x.parquet", tmp_path / "out")
