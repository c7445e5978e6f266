"""Where output goes when there is no good place for it: full disks, closed pipes, odd encodings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from diffurec.errors import is_out_of_memory
from tests.helpers import make_dataset, make_run, write_dataset
from tests.tui.command import diffurec

TITLE = "日本語 ★ très [red]x[/red]"


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("output")
    dataset = make_dataset(folder / "data", titles=[TITLE] * 60)
    return make_run(folder / "runs" / "run", dataset).path


def shell(command: str, run: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """A shell line in which `diffurec` is the command and $RUN the run folder."""
    python = f'diffurec() {{ "{sys.executable}" -m diffurec_tui.cli.main "$@"; }}'
    return subprocess.run(
        ["bash", "-c", f"{python}\n{command}"],
        capture_output=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", "RUN": str(run), **environment},
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize(
    "command",
    [
        "diffurec runs $RUN/..",
        "diffurec data describe $RUN/../../data",
        "diffurec sample --ckpt $RUN --user user1 --n 200 --json",
    ],
)
def test_a_result_that_cannot_be_written_is_one_line(run, command) -> None:
    done = shell(f"{command} > /dev/full", run)
    assert done.returncode == 2, done
    assert done.stderr.decode().splitlines() == [
        "error: the output cannot be written: No space left on device"
    ]


def test_a_reader_that_has_enough_is_no_error(run) -> None:
    done = shell(
        "diffurec sample --ckpt $RUN --user user1 --n 500 --json | head -1; exit ${PIPESTATUS[0]}", run
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"{\n", b"")
    done = shell("diffurec runs $RUN/.. | true; exit ${PIPESTATUS[0]}", run)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_device_stays_a_device_and_a_file_is_whole_or_not_there(run, tmp_path) -> None:
    recommend = ("recommend", "--ckpt", run, "--input=-", "--out")
    diffurec(*recommend, "/dev/full", stdin="i1\n").refused("--out /dev/full", "No space left")
    assert Path("/dev/full").is_char_device()
    diffurec(*recommend, tmp_path / "nowhere" / "x.tsv", stdin="i1\n").refused("--out", "No such file")
    assert diffurec(*recommend, tmp_path / "x.tsv", stdin="i1\n").code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["x.tsv"]


@pytest.mark.parametrize(("closed", "code"), [("<&-", 0), (">&-", 0), ("2>&-", 0), ("<&- >&- 2>&-", 0)])
def test_closed_streams_are_no_fault(run, closed, code) -> None:
    assert shell(f"diffurec runs $RUN/.. {closed}", run).returncode == code


def test_titles_that_the_encoding_lacks_are_escaped(run) -> None:
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    table = shell("diffurec data describe $RUN/../../data", run, **ascii_only)
    assert table.returncode == 0, table
    assert b"\\u65e5\\u672c\\u8a9e" in table.stdout
    listed = shell("echo i1 | diffurec recommend --ckpt $RUN --input - --json", run, **ascii_only)
    assert json.loads(listed.stdout)["items"][0]["title"] == TITLE


@pytest.mark.parametrize("columns", ["abc", "0", "-3", "", "9999999999"])
def test_an_odd_width_is_not_taken(run, columns) -> None:
    done = shell("diffurec runs $RUN/..", run, COLUMNS=columns)
    assert done.returncode == 0, done
    assert "finished" in done.stdout.decode() or "killed" in done.stdout.decode()


def test_a_folder_that_is_gone_and_a_name_that_is_no_text(run, tmp_path) -> None:
    done = shell(f"mkdir {tmp_path}/gone; cd {tmp_path}/gone; rmdir {tmp_path}/gone; diffurec runs $RUN", run,
                 PYTHONPATH=os.pathsep.join(path or str(Path.cwd()) for path in sys.path))  # fmt: skip
    assert done.returncode == 2, done
    assert b"error: the current folder does not exist" in done.stderr
    done = shell(r"diffurec data describe $'o\xff'", run)
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)
    assert b"not UTF-8" in done.stderr


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("CUDA out of memory. Tried to allocate 2.00 GiB", True),
        ("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.", True),
        ("size mismatch", False),
    ],
)
def test_torch_has_several_words_for_a_full_memory(said, expected) -> None:
    assert is_out_of_memory(RuntimeError(said)) is expected


def test_items_left_out_are_not_recommended(tmp_path) -> None:
    run = make_run(tmp_path / "run", make_dataset(tmp_path / "data", items=4))
    lines = diffurec("recommend", "--ckpt", run.path, "--input=-", "--exclude-seen", stdin="i1 i2 i3\n").out
    assert [line.split("\t")[2] for line in lines.splitlines()] == ["i4"]


def test_lists_end_where_nothing_is_left_to_recommend(tmp_path) -> None:
    dataset = write_dataset(tmp_path / "data", [[1, 2, 3, 1, 4], [1, 2, 3, 4]], 5)
    run = make_run(tmp_path / "run", dataset)
    options = ("--ckpt", run.path, "--user", "user0", "--exclude-seen", "--json")
    walked = diffurec("trace", *options).json["steps"]
    for step in walked:
        assert {item["item_id"] for item in step["x_0_hat"]["top_k"]} == {"i4", "i5"}
    drawn = diffurec("sample", *options, "--n", 3).json
    assert {item["item_id"] for item in drawn["items"]} == {"i4", "i5"}
    assert drawn["top_k"] == 2
    full = make_run(tmp_path / "full", write_dataset(tmp_path / "all", [[1, 2], [1]], 1 + 1))
    assert diffurec("trace", "--ckpt", full.path, "--user", "user1", "--exclude-seen").code == 0
