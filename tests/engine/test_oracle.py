from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from diffurec import oracle
from diffurec.errors import UserError

RUNS = ("official_trunc_lin_T32.npz", "official_cosine_T50_lambda1.npz")


@pytest.mark.parametrize("name", RUNS)
def test_every_quantity_of_the_authors_run_is_reproduced(name: str, shared) -> None:
    errors = oracle.replay(str(shared / "oracle" / name))
    assert len(errors) == 13
    assert max(errors.values()) <= 1e-4
    assert max(error for key, error in errors.items() if key.startswith("schedule.")) <= 1e-12


def test_the_command_prints_json_and_exits_zero(shared) -> None:
    path = str(shared / "oracle" / RUNS[0])
    done = subprocess.run(
        [sys.executable, "-m", "diffurec.oracle", path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["max_abs_error"] <= 1e-4


@pytest.mark.parametrize(
    "key", ["reverse.x0_hat", "scores.inner_product", "forward.cross_entropy", "schedule.betas"]
)
def test_a_recording_that_differs_is_told_apart(key: str, shared, tmp_path, capsys) -> None:
    with np.load(shared / "oracle" / RUNS[0]) as archive:
        recorded = dict(archive)
    recorded[key] = recorded[key] + 1e-3
    np.savez(tmp_path / "off.npz", **recorded)
    assert oracle.main([str(tmp_path / "off.npz")]) == 1
    assert json.loads(capsys.readouterr().out)["errors"][key] == pytest.approx(1e-3, rel=0.2)


def test_a_changed_parameter_is_told_apart(shared, tmp_path) -> None:
    with np.load(shared / "oracle" / RUNS[1]) as archive:
        recorded = dict(archive)
    recorded["state_dict.diffu.xstart_model.att.transformer_blocks.2.feed_forward.w_2.bias"] += (
        0.01 * np.arange(32, dtype=np.float32)
    )
    np.savez(tmp_path / "off.npz", **recorded)
    assert max(oracle.replay(str(tmp_path / "off.npz")).values()) > 1e-4


def test_what_is_not_a_recording_is_one_line(tmp_path, capsys) -> None:
    (tmp_path / "x.npz").write_bytes(b"not a zip file")
    assert oracle.main([str(tmp_path / "x.npz")]) == 2
    assert oracle.main([str(tmp_path / "missing.npz")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 2
    assert "Traceback" not in error


def test_a_pickle_inside_is_not_loaded(tmp_path) -> None:
    np.savez(tmp_path / "x.npz", config=np.array([object()], dtype=object))
    with pytest.raises(UserError, match="cannot be read"):
        oracle.replay(str(tmp_path / "x.npz"))
