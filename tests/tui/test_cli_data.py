"""`diffurec data …` as a script sees it: exit status, stdout, stderr, and what is left on disk."""

from __future__ import annotations

import gzip
import json
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from diffurec_tui.cli.main import main

HEADER = "user_id,item_id,rating,timestamp\n"
ROWS = "ann,kiwi,4,300\nann,fig,5,100\nbob,kiwi,3,50\nann,plum,2,200\nbob,fig,1,60\nbob,lime,5,70\n"
# A shell that starts the tests in the background has them ignore Ctrl-C, and their children too.
PROGRAM = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from diffurec_tui.cli.main import main
main()
"""


def run(*arguments: str | Path) -> int:
    """The exit status of `diffurec data ARGUMENTS`."""
    before, sys.argv = sys.argv, ["diffurec", "data", *map(str, arguments)]
    try:
        with pytest.raises(SystemExit) as stopped:
            main()
    finally:
        sys.argv = before
    assert isinstance(stopped.value.code, int)
    return stopped.value.code


class _Runs:
    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("was-run",)


JSON = '{"user": "a", "item": 1, "time": 5}\n'
# What is wrong: file, content, options, and a part of the message.
BROKEN: dict[str, tuple[str, str | bytes, list[str], str]] = {
    "too few fields": ("r.csv", HEADER + ROWS + "c,x,3\n", [], "line 8: 3 fields where 4 are expected"),
    "too many fields": ("r.csv", HEADER + "c,x,3,4,5\n" + ROWS, [], "line 2: 5 fields where 4 are expected"),
    "few fields with quotes": ("r.csv", HEADER + '"a\nb",x,3,4\nc,x\n' + ROWS, [], "line 4: 2 fields"),
    "no user column": ("r.csv", "who,item_id\na,x\n", [], "name it with --user-column, it has who, item_id"),
    "no such column": ("r.csv", HEADER + ROWS, ["--time-column", "when"], "no column 'when' (--time-column)"),
    "doubled column": ("r.csv", "user,item,item\na,x,y\n", [], "two columns are called 'item'"),
    "time": ("r.csv", HEADER + ROWS + "c,x,3,soon\n", [], "line 8: the time 'soon' is not a unix time"),
    "no time": ("r.csv", HEADER + ROWS + "c,x,3,\n", [], "line 8: no time"),
    "endless time": ("r.csv", HEADER + ROWS + "c,x,3,inf\n", [], "line 8: the time 'inf'"),
    "time of another unit": ("r.csv", HEADER + ROWS + "c,x,3,1500000000000\n", [], "8: the time is outside"),
    "time too large": ("r.csv", HEADER + ROWS + "c,x,3," + "9" * 25 + "\n", [], "8: the time is outside"),
    "iso time": ("r.csv", "user,item,date\na,x,2020-01-01\na,y,2020-02-30\n", [], "3: the time '2020-02-30'"),
    "rating": ("r.csv", HEADER + ROWS + "c,x,good,4\n", [], "line 8: the rating 'good' is not a number"),
    "no user": ("r.csv", HEADER + ROWS + ",x,3,4\n", [], "line 8: no user id"),
    "NaN item": ("r.csv", HEADER + ROWS + "c,NaN,3,4\n", [], "line 8: the item id is NaN"),
    "NUL": ("r.csv", HEADER + ROWS + "c,\0,3,4\n", [], "line 8: the item id holds a NUL byte"),
    "latin-1": ("r.csv", (HEADER + ROWS + "é,x,3,4\n").encode("latin-1"), [], "8: the user id is not UTF-8"),
    "open quote": ("r.csv", HEADER + ROWS + '"c,x,3,4\n', [], "line 8: malformed quotes"),
    "empty": ("r.csv", "", [], "the file is empty"),
    "header alone": ("r.csv", HEADER, [], "no interactions in it"),
    "blank lines": ("r.csv", "\n\n", [], "only blank lines"),
    "prose": ("r.txt", "nothing\nhere\n", [], "format not recognised; name it with --format"),
    "unknown format": ("r.csv", HEADER + ROWS, ["--format", "excel"], "--format excel: unknown; one of"),
    "wrong format": ("r.csv", HEADER + ROWS, ["--format", "parquet"], "not a readable Parquet file"),
    "all filtered": ("r.csv", HEADER + ROWS, ["--min-interactions", "9"], "nothing is left after --min-int"),
    "all skipped": ("r.csv", HEADER + "c,x,3\n", ["--on-error", "skip"], "all 1 rows were skipped"),
    "no rating column": ("r.csv", "user,item\na,x\n", ["--min-rating", "3"], "--min-rating needs a rating"),
    "too short": ("r.csv", HEADER + "a,x,1,1\na,y,1,2\n", [], "no user has 3 interactions"),
    "temporal without time": ("r.csv", "user,item\na,x\na,y\na,z\n", ["--split", "temporal"], "needs a time"),
    "cut times crossed": (
        "r.csv", HEADER + ROWS,
        ["--split", "temporal", "--val-from", "2020-01-01", "--test-from", "2019-01-01"], "must be before",
    ),
    "shares without temporal": ("r.csv", HEADER + ROWS, ["--test-fraction", "0.2"], "need --split temporal"),
    "shares": ("r.csv", HEADER + ROWS, ["--test-fraction", "0.95"], "their sum must be below 1"),
    "negative": ("r.csv", HEADER + ROWS, ["--min-interactions", "-1"], "--min-interactions -1"),
    "cut gzip": ("r.csv.gz", gzip.compress((HEADER + ROWS).encode())[:-9], [], "damaged or cut short"),
    "calling pickle": ("dataset.pkl", pickle.dumps({"train": _Runs()}), [], "refused, it refers to"),
    "pickled set": ("dataset.pkl", pickle.dumps({"train": {1}}), [], "refused, it holds a set"),
    "json": ("r.jsonl", JSON * 3 + '{"user": \n', [], "line 4: not a JSON object"),
    "json without item": ("r.jsonl", JSON * 3 + '{"user": "b", "time": 5}\n', [], "line 4: no item id"),
    "json list as id": ("r.jsonl", JSON * 3 + JSON.replace('"a"', "[1]"), [], "line 4: the user id is [1]"),
    "json NaN as id": ("r.jsonl", JSON * 3 + JSON.replace('"a"', "NaN"), [], "line 4: the user id is nan"),
    "json array": ("r.json", "[" + JSON + "]", [], "one object a line"),
    "missing titles": ("r.csv", HEADER + ROWS, ["--items", "nowhere.csv"], "nowhere.csv: no such file"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_bad_input_is_one_line_and_leaves_nothing(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file, content, options, message = BROKEN[name]
    monkeypatch.chdir(tmp_path)
    Path(file).write_bytes(content if isinstance(content, bytes) else content.encode())
    assert run("prepare", file, "--out", "made/here/out", *options) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert message in err
    assert [path.name for path in tmp_path.iterdir()] == [file]


@pytest.mark.parametrize(
    ("source", "out", "message"),
    [
        ("nowhere.csv", "out", "nowhere.csv: no such file"),
        ("empty", "out", "no interactions found in this folder"),
        ("two", "out", "more than one file could be meant (a.csv, b.csv)"),
        ("r.csv", "taken", "taken: exists already"),
        ("r.csv", "link", "link: exists already"),
        ("r.csv", "r.csv/out", "r.csv/out: cannot be written (Not a directory)"),
    ],
)
def test_bad_places(
    source: str, out: str, message: str, tmp_path: Path, capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    for folder in ("empty", "two", "taken"):
        Path(folder).mkdir()
    for file in ("r.csv", "two/a.csv", "two/b.csv"):
        Path(file).write_text(HEADER + ROWS)
    Path("link").symlink_to("nowhere")
    before = sorted(tmp_path.rglob("*"))
    assert run("prepare", source, "--out", out) == 2
    err = capfd.readouterr().err
    assert err.count("\n") == 1
    assert message in err
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "r.csv").write_text(HEADER + ROWS)
    (tmp_path / "locked").mkdir(mode=0o500)
    assert run("prepare", tmp_path / "r.csv", "--out", tmp_path / "locked" / "out") == 2
    assert "Permission denied" in capfd.readouterr().err


def test_results_on_stdout_narration_on_stderr(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "r.csv").write_text(HEADER + ROWS + "bad\n")
    assert run("prepare", tmp_path / "r.csv", "--out", tmp_path / "a", "--on-error", "skip", "--json") == 0
    out, err = capfd.readouterr()
    result = json.loads(out)
    assert (result["users"], result["items"], result["interactions"]) == (2, 4, 6)
    assert "rows skipped: 1:" in err
    assert "8: 1 fields where 4 are expected" in err

    assert run("prepare", tmp_path / "r.csv", "--out", tmp_path / "b", "--on-error", "skip") == 0
    assert capfd.readouterr().out == f"{tmp_path / 'b'}\n"

    assert run("describe", tmp_path / "a", "--json") == 0
    out, err = capfd.readouterr()
    facts = json.loads(out)
    assert err == ""
    assert facts["sha256"] == result["sha256"]
    assert {"users", "items", "interactions", "name", "split", "sha256"} <= facts.keys()

    assert run("describe", tmp_path / "a") == 0
    out, err = capfd.readouterr()
    assert err == ""
    assert result["sha256"] in out


def test_describe_of_something_else(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        assert run("describe", folder) == 2
        assert capfd.readouterr().err.count("\n") == 1


def test_fetch_of_an_unknown_set(capfd: pytest.CaptureFixture[str]) -> None:
    assert run("fetch", "netflix") == 2
    assert capfd.readouterr().err == "error: netflix: not a data set that can be fetched; there is ml-100k\n"


@pytest.mark.parametrize("name", ["beauty", "toys", "ml-1m"])
def test_published_counts(shared: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str) -> None:
    expected = {"beauty": (22_363, 12_101, 198_502), "toys": (19_412, 11_924, 167_597)}
    folder = shared / "data" / name
    items = folder / "items.csv"
    assert run("prepare", folder / "dataset.pkl", "--items", items, "--out", tmp_path / "d") == 0
    capfd.readouterr()
    assert run("describe", tmp_path / "d", "--json") == 0
    facts = json.loads(capfd.readouterr().out)
    counts = (facts["users"], facts["items"], facts["interactions"])
    assert counts == expected.get(name, (6_040, 3_706, 1_000_209))


def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    source = tmp_path / "r.csv"
    # Row by row, so that it takes long enough to be interrupted.
    source.write_text(HEADER + "".join(f"u{n % 99},i{n % 77},5,{n}\n" for n in range(1_000_000)))
    command = [sys.executable, "-c", PROGRAM, "data", "prepare", str(source), "--out", str(tmp_path / "out")]
    process = subprocess.Popen(
        [*command, "--on-error", "skip"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 30
    while not list(tmp_path.glob(".out.tmp-*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err.count("\n") <= 1
    assert "Traceback" not in err
    assert [path.name for path in tmp_path.iterdir()] == ["r.csv"]


def test_importing_the_commands_is_light() -> None:
    heavy = ["torch", "textual", "polars", "numpy"]
    code = f"import sys, diffurec_tui.cli.data; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
