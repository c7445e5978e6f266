"""Folders that were damaged by hand, by a disk or by another program: one line that names the file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from diffurec.checkpoint import load_checkpoint
from diffurec.data.dataset import open_dataset
from diffurec.errors import UserError
from diffurec.files import read_json, write_json
from diffurec.recipe import build_config, load_recipe, parse_overrides
from diffurec.run import open_run
from diffurec.status import read_status, write_status
from diffurec.training_lock import is_locked, training_lock
from tests.helpers import make_dataset, make_run


def change(path: Path, keys: list[str], value: Any) -> None:
    content = read_json(path)
    table = content
    for key in keys[:-1]:
        table = table[key]
    table[keys[-1]] = value
    write_json(path, content)


@pytest.mark.parametrize(
    ("name", "index", "value"),
    [
        ("offsets", 0, 1),
        ("offsets", 1, 10**6),
        ("offsets", 3, -1),
        ("items", 0, 0),
        ("items", 5, 61),
        ("items", 5, -3),
        ("boundaries", (3, 0), -1),
        ("boundaries", (3, 0), 1000),
        ("boundaries", (3, 1), 1000),
    ],
)
def test_arrays_that_point_outside_are_refused(tmp_path: Path, name: str, index: Any, value: int) -> None:
    make_dataset(tmp_path / "data")
    path = tmp_path / "data" / f"{name}.npy"
    array = np.load(path)
    array[index] = value
    np.save(path, array)
    with pytest.raises(UserError, match=rf"{name}\.npy .*prepare the data again"):
        open_dataset(tmp_path / "data")


def test_an_archive_in_place_of_an_array_is_refused(tmp_path: Path) -> None:
    make_dataset(tmp_path / "data")
    np.savez(tmp_path / "x.npz", a=np.zeros(3))
    (tmp_path / "x.npz").rename(tmp_path / "data" / "items.npy")
    with pytest.raises(UserError, match=r"items\.npy: not one array"):
        open_dataset(tmp_path / "data")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("users", -1), ("items", 0), ("items", True), ("items", 2**70), ("split", None), ("name", 3),
        ("excerpt", "x"), ("excerpt", {}),
    ],
)  # fmt: skip
def test_a_manifest_of_odd_types_is_refused(tmp_path: Path, key: str, value: Any) -> None:
    make_dataset(tmp_path / "data")
    change(tmp_path / "data" / "dataset.json", [key], value)
    with pytest.raises(UserError, match=r"dataset\.json: .*prepare the data again"):
        open_dataset(tmp_path / "data")


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (["data"], None), (["data", "items"], "x"), (["data", "items"], 2**70), (["data", "path"], 3),
        (["data", "sha256"], None), (["config"], []), (["config", "model"], 3), (["recipe"], 3),
        (["device"], None),
        (["config", "model", "hidden_size"], 2**70),
    ],
)  # fmt: skip
def test_a_run_configuration_of_odd_types_is_refused(tmp_path: Path, keys: list[str], value: Any) -> None:
    run = make_run(tmp_path / "run", make_dataset(tmp_path / "data"))
    change(run.path / "config.json", keys, value)
    with pytest.raises(UserError, match=r"config\.json: "):
        open_run(run.path)


@pytest.mark.parametrize(
    "status",
    [
        {}, {"state": 3}, {"state": "running", "pid": "x"}, {"state": "finished", "epoch": None},
        {"state": "finished", "best": 3}, {"state": "finished", "best": {"metric": 1}},
        {"state": "finished", "test": {"HR@10": "x"}}, {"state": "finished", "test": [1]},
    ],
)  # fmt: skip
def test_a_status_of_odd_types_is_refused(tmp_path: Path, status: dict[str, Any]) -> None:
    run = make_run(tmp_path / "run", make_dataset(tmp_path / "data"))
    write_json(run.path / "status.json", status)
    with pytest.raises(UserError, match=r"status\.json: damaged; remove it"):
        read_status(run)


def test_deep_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("[" * 100_000)
    with pytest.raises(UserError, match="not valid JSON"):
        read_json(path)


@pytest.mark.parametrize("header", ["{", "3", "null"])
def test_weights_with_a_damaged_header_are_refused(tmp_path: Path, header: str) -> None:
    run = make_run(tmp_path / "run", make_dataset(tmp_path / "data"))
    save_file(load_file(run.best_path), run.best_path, metadata={"diffurec": header})
    with pytest.raises(UserError, match="its header is damaged"):
        load_checkpoint(run.best_path)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("train.learning_rate=1" + "0" * 400, "finite"),
        ("train.batch_size=99999999999999999999", "at most"),
        ("data.max_len=99999999999999999999", "at most"),
        ("model.hidden_size=1000000000", "at most"),
        ("model.hidden_size=64\nvalue2=1", "--set model.hidden_size=.*whole number"),
        ("model.hiden_size=8", "^--set model.hiden_size: no such key; did you mean model.hidden_size"),
    ],
)
def test_settings_that_nothing_can_hold_are_refused(override: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        build_config(parse_overrides([override]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1", "x: no such section"),
        ("data = 1", r"data: must be a table of keys, \[data\]"),
        ("[model]\nhiden_size = 8", "model.hiden_size: no such key"),
        ("[model]\nhidden_size = 'x'", "model.hidden_size=.*whole number"),
        ("a = " + "[" * 100_000, "not valid TOML"),
    ],
    ids=range(5),
)
def test_a_wrong_recipe_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(UserError, match=f"^--recipe {path}: {message}"):
        load_recipe(str(path))


HOLD = """
import sys, time
from pathlib import Path
from diffurec.training_lock import training_lock
with training_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_lock_keeps_others_out_and_dies_with_its_process(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", make_dataset(tmp_path / "data"))
    assert is_locked(run.path) is None
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(run.path)], stdout=subprocess.PIPE, text=True
    )  # fmt: skip
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        write_status(run, "running", epoch=1, epochs=2)
        assert read_status(run).state == "running"
        with pytest.raises(UserError, match="another process"), training_lock(run.path):
            pass
    finally:
        holder.kill()
        holder.wait()
    # Whatever process has that number now, and whichever host wrote it down.
    told = json.loads((run.path / "status.json").read_text())
    write_json(run.path / "status.json", {**told, "host": "another", "pid": 1})
    assert read_status(run).state == "killed"
    with training_lock(run.path):
        assert is_locked(run.path)
    assert not is_locked(run.path)
