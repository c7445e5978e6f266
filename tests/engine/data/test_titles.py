from __future__ import annotations

import gzip
import json
from pathlib import Path

import polars as pl
import pytest

from diffurec.data.titles import match, read_items, with_year
from diffurec.errors import UserError
from tests.engine.data.making import HEADER, ROWS, make, write

EXPECTED = {"1": ("Toy Story (1995)", "Animation|Comedy"), "2": ("Les Misérables (1995)", "Drama")}
FLAGS = {"1": {3, 5}, "2": {8}}


def u_item() -> bytes:
    lines = [
        f"{item}|{title}|01-Jan-1995||http://x|"
        + "|".join("1" if n in FLAGS[item] else "0" for n in range(19))
        for item, (title, _) in EXPECTED.items()
    ]
    return ("\n".join(lines) + "\n").encode("latin-1")


def table(separator: str, header: str) -> str:
    return "\n".join(
        [header.replace(",", separator), *(separator.join((i, *t)) for i, t in EXPECTED.items())]
    )


FILES: dict[str, str | bytes] = {
    "items.csv": table(",", "item_id,title,categories"),
    "items.tsv": table("\t", "item_id,title,genres"),
    "movies.csv": table(",", "movieId,title,genres"),
    "movies.dat": "".join(f"{i}::{t}::{c}\n" for i, (t, c) in EXPECTED.items()).encode("latin-1"),
    "u.item": u_item(),
    "x.item": "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
    "1\tToy Story\t1995\tAnimation Comedy\n2\tLes Misérables\t1995\tDrama\n",
    "amazon.item": "item_id:token\tcategories:token_seq\ttitle:token\n"
    "1\t'Animation', 'Comedy'\tToy Story (1995)\n2\t'Drama'\tLes Misérables (1995)\n",
    "meta.jsonl": "".join(
        json.dumps({"asin": i, "title": t, "categories": [["x", *c.split("|")], c.split("|")][1:]}) + "\n"
        for i, (t, c) in EXPECTED.items()
    ),
    "meta.json.gz": gzip.compress(
        "".join(
            f"{{'asin': '{i}', 'title': '{t}', 'categories': [{c.split('|')}]}}\n"
            for i, (t, c) in EXPECTED.items()
        ).encode()
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_every_kind_of_items_file(tmp_path: Path, name: str) -> None:
    assert read_items(write(tmp_path / name, FILES[name]), {"1", "2", "3"}) == EXPECTED


@pytest.mark.parametrize("lists", [False, True])
def test_parquet(tmp_path: Path, lists: bool) -> None:
    categories = [c.split("|") if lists else c for _, c in EXPECTED.values()]
    frame = {"item_id": [1, 2], "title": [t for t, _ in EXPECTED.values()], "categories": categories}
    pl.DataFrame(frame).write_parquet(tmp_path / "items")
    assert read_items(tmp_path / "items", {"1", "2"}) == EXPECTED


def test_only_wanted_items_the_first_line_of_each_and_tidy_text(tmp_path: Path) -> None:
    text = 'item_id,title\n1,"A  title\nin two lines "\n1,again\n9,unwanted\n2,\n'
    assert read_items(write(tmp_path / "i.csv", text), {"1", "2"}) == {
        "1": ("A title in two lines", ""),
        "2": ("", ""),
    }


def test_years_are_added_once() -> None:
    assert with_year("Alien", "1979") == "Alien (1979)"
    assert with_year("Alien (1979)", "1979") == "Alien (1979)"
    assert with_year("Alien", "") == "Alien"
    assert with_year("unknown", "unknown") == "unknown"


def test_an_earlier_file_goes_before_a_later_one() -> None:
    found = match(pl.Series(["a", "b", "c"]), [{"a": ("A", "")}, {"a": ("no", "x|y"), "b": ("B", "")}])
    assert found.titles.to_list() == ["A", "B", ""]
    assert found.categories.to_list() == ["x|y", "", ""]
    assert found.has_titles
    assert found.has_categories


def test_titles_beside_the_source_and_by_option(tmp_path: Path) -> None:
    folder = tmp_path / "x"
    folder.mkdir()
    typed = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
    write(folder / "x.inter", typed + ROWS.replace(",", "\t"))
    write(folder / "x.item", "item_id:token\ttitle:token_seq\nkiwi\tKiwi fruit\nfig\tFig\n")
    info = make(folder, tmp_path / "a")
    assert (info["has_titles"], info["has_categories"]) == (True, False)
    more = write(tmp_path / "more.csv", "item_id,title,categories\nkiwi,Green kiwi,fruit|green\n")
    info = make(folder, tmp_path / "b", more)
    items = pl.read_parquet(tmp_path / "b" / "items.parquet")
    assert items["title"].to_list() == ["Green kiwi", "Fig", "", ""]
    assert items["categories"].to_list() == ["fruit|green", "", "", ""]
    assert info["source"]["files"] == ["x.inter", "more.csv", "x.item"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "empty"),
        ("foo,bar\n1,2\n", "line 1: --items needs columns"),
        (b"item_id,title\n1,\xe9\n", "line 2: not UTF-8"),
        ('item_id,title\n1,"open\n', "malformed"),
        ('{"asin": "1"}\nnonsense\n', "line 2: not a JSON object"),
        (b"PAR1 nonsense", "not a readable Parquet file"),
        (gzip.compress(b"item_id,title\n1,A\n", mtime=0)[:-12], "damaged or cut short"),
    ],
)
def test_broken_items_files_are_one_line(tmp_path: Path, content: str | bytes, message: str) -> None:
    source = write(tmp_path / "r.csv", HEADER + ROWS)
    with pytest.raises(UserError, match=message):
        make(source, tmp_path / "out", write(tmp_path / "items", content))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["items", "r.csv"]


def test_a_long_field_is_read_and_a_deep_one_refused(tmp_path: Path) -> None:
    source = write(tmp_path / "x.csv", "item_id,title\nkiwi," + "x" * 200_000 + "\n")
    assert len(read_items(source, {"kiwi"})["kiwi"][0]) == 200_000
    deep = write(tmp_path / "x.json", '{"item_id": "kiwi", "title": ' + "[" * 100_000 + "]" * 100_000 + "}\n")
    with pytest.raises(UserError, match="line 1: not a JSON object"):
        read_items(deep, {"kiwi"})
