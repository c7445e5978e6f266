from __future__ import annotations

from diffurec.run import open_run
from diffurec.status import read_status
from tests.helpers import make_dataset
from tests.tui.command import diffurec

SMALL = [
    "--recipe", "demo", "--set", "model.hidden_size=16", "--set", "train.epochs=2", "--device", "cpu",
]  # fmt: skip


def test_tune_trains_trials_as_runs_and_goes_on(tmp_path) -> None:
    make_dataset(tmp_path / "data", users=30, items=40)
    space = tmp_path / "space.toml"
    space.write_text("[space]\n'train.learning_rate' = { low = 1e-3, high = 1e-2, log = true }\n")
    command = ["tune", tmp_path / "data", *SMALL, "--space", space, "--out", tmp_path / "out"]
    first = diffurec(*command, "--trials", 2, "--json")
    assert first.code == 0, first.err
    assert [one["state"] for one in first.json["trials"]] == ["finished", "finished"]
    best = first.json["best"]
    assert best["value"] == max(one["value"] for one in first.json["trials"])
    run = open_run(tmp_path / "out" / f"trial-{best['number']}")
    assert run.config.train.learning_rate == best["settings"]["train.learning_rate"]
    assert run.config.model.hidden_size == 16
    status = read_status(run)
    assert (status.state, status.best["value"]) == ("finished", best["value"])
    again = diffurec(*command, "--trials", 3)
    assert again.code == 0, again.err
    assert "2 trials are done; 1 to go" in again.err
    assert "learning rate" in again.out
    assert (tmp_path / "out" / "trial-2").is_dir()
    diffurec(*command, "--trials", 3, "--set", "train.epochs=3").refused("another base", "--out")
