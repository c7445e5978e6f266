from __future__ import annotations

import errno
import json
import math
import os
import pickle
import resource
import signal
import subprocess
import sys

import pytest
import torch

from diffurec.checkpoint import load_checkpoint, save_checkpoint
from diffurec.errors import UserError
from diffurec.files import read_json, write_json

WEIGHTS = {"a": torch.arange(6.0).view(2, 3), "b": torch.ones(1)}


def test_a_checkpoint_comes_back_as_it_was(tmp_path) -> None:
    path = tmp_path / "w.safetensors"
    save_checkpoint(path, WEIGHTS, {"step": 3, "value": math.nan}, {"optimizer/0/step": torch.tensor(4.0)})
    saved = load_checkpoint(path, with_training=True)
    assert torch.equal(saved.weights["a"], WEIGHTS["a"])
    assert saved.meta == {"step": 3, "value": None}
    assert saved.training["optimizer/0/step"] == 4
    assert load_checkpoint(path).training == {}
    assert os.listdir(tmp_path) == ["w.safetensors"]


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_a_failing_disk_leaves_the_last_checkpoint_intact(tmp_path, monkeypatch, step) -> None:
    path = tmp_path / "w.safetensors"
    save_checkpoint(path, WEIGHTS, {"step": 1})

    def full(*_args, **_kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    target = {
        "write": "diffurec.checkpoint.save_file",
        "fsync": "os.fsync",
        "replace": "pathlib.Path.replace",
    }
    monkeypatch.setattr(target[step], full)
    with pytest.raises(UserError, match="No space left on device") as refusal:
        save_checkpoint(path, {"a": torch.zeros(9)}, {"step": 2})
    assert str(path) in str(refusal.value)
    monkeypatch.undo()
    assert load_checkpoint(path).meta["step"] == 1
    assert os.listdir(tmp_path) == ["w.safetensors"]


def test_a_file_that_may_not_grow_leaves_the_last_checkpoint_intact(tmp_path) -> None:
    """The same through the real system calls: the kernel refuses the write half-way."""
    path = tmp_path / "w.safetensors"
    save_checkpoint(path, WEIGHTS, {"step": 1})
    code = (
        "import sys, torch; from pathlib import Path; from diffurec.checkpoint import save_checkpoint\n"
        "from diffurec.errors import UserError\n"
        "try: save_checkpoint(Path(sys.argv[1]), {'a': torch.zeros(10**6)}, {'step': 2})\n"
        "except UserError as e: print(e); sys.exit(2)\n"
    )

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], preexec_fn=limit, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, done.stderr
    assert "cannot be written" in done.stdout
    assert load_checkpoint(path).meta["step"] == 1
    assert os.listdir(tmp_path) == ["w.safetensors"]


def test_what_is_not_a_checkpoint_is_one_clear_line(tmp_path) -> None:
    path = tmp_path / "w.safetensors"
    with pytest.raises(UserError, match="no such weights file"):
        load_checkpoint(path)
    for content in (b"", b"garbage" * 100, pickle.dumps({"a": 1})):
        path.write_bytes(content)
        with pytest.raises(UserError, match="not a readable safetensors file") as refusal:
            load_checkpoint(path)
        assert "\n" not in str(refusal.value)
    save_checkpoint(path, WEIGHTS, {})
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(UserError, match="not a readable safetensors file"):
        load_checkpoint(path)


def test_weights_of_another_program_are_pointed_to_the_importer(tmp_path) -> None:
    from safetensors.torch import save_file

    save_file(WEIGHTS, tmp_path / "w.safetensors")
    with pytest.raises(UserError, match="import-weights"):
        load_checkpoint(tmp_path / "w.safetensors")


def test_json_has_null_for_nan(tmp_path) -> None:
    write_json(tmp_path / "x.json", {"a": math.nan, "b": [1.5, math.inf], "c": {"d": "é"}})
    assert json.loads((tmp_path / "x.json").read_text()) == {"a": None, "b": [1.5, None], "c": {"d": "é"}}
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(UserError, match="not valid JSON"):
        read_json(tmp_path / "x.json")
    (tmp_path / "x.json").write_text("[1]")
    with pytest.raises(UserError, match="not a JSON object"):
        read_json(tmp_path / "x.json")
