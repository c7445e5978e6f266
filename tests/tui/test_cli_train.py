from __future__ import annotations

import json
import shutil
import signal
import time

import pytest

from tests.helpers import make_dataset, write_dataset
from tests.tui.command import diffurec, start

SMALL = [
    f"--set={key}"
    for key in (
        "data.max_len=10",
        "model.hidden_size=16",
        "model.num_blocks=1",
        "model.num_heads=2",
        "diffusion.steps=8",
        "train.epochs=2",
        "train.batch_size=32",
    )
]


@pytest.fixture
def data(tmp_path):
    return make_dataset(tmp_path / "data", users=30, items=40).path


def test_training_is_quiet_when_piped_and_reports_as_json(data, tmp_path) -> None:
    outcome = diffurec("train", data, "--out", tmp_path / "run", "--json", *SMALL)
    assert outcome.code == 0, outcome.err
    assert outcome.json["best"]["metric"] == "NDCG@10"
    assert set(outcome.json["test"]) >= {"HR@5", "HR@10", "HR@20", "NDCG@10", "MRR@20"}
    assert "\x1b" not in outcome.err
    assert len(outcome.err.splitlines()) <= 5


def test_an_existing_run_is_refused_resumed_or_left_when_finished(data, tmp_path) -> None:
    run = tmp_path / "run"
    assert diffurec("train", data, "--out", run, *SMALL).code == 0
    before = (run / "metrics.jsonl").read_bytes()
    diffurec("train", data, "--out", run, *SMALL).refused("--resume", str(run))
    assert "finished already" in diffurec("train", data, "--out", run, "--resume").err
    assert (run / "metrics.jsonl").read_bytes() == before


def test_resume_starts_where_nothing_is(data, tmp_path) -> None:
    assert diffurec("train", data, "--out", tmp_path / "run", "--resume", *SMALL).code == 0


def test_a_finished_run_can_be_given_more_epochs(data, tmp_path) -> None:
    run = tmp_path / "run"
    diffurec("train", data, "--out", run, *SMALL)
    outcome = diffurec("train", data, "--out", run, "--resume", "--set=train.epochs=4")
    assert outcome.code == 0, outcome.err
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert max(line["epoch"] for line in lines) == 4


def test_a_resumed_run_keeps_what_it_was_started_with(data, tmp_path) -> None:
    run = tmp_path / "run"
    diffurec("train", data, "--out", run, *SMALL)
    diffurec("train", data, "--out", run, "--resume", "--set=model.hidden_size=32").refused(
        "model.hidden_size=32", "16"
    )
    other = make_dataset(tmp_path / "other", users=30, items=40, seed=5).path
    diffurec("train", other, "--out", run, "--resume").refused(str(other), "not the data")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--set=train.epocs=1"], ["did you mean train.epochs"]),
        (["--recipe=nonesuch"], ["nonesuch", "paper"]),
        (["--device=cuda:7"], ["--device cuda:7"]),
        (["--device=tpu"], ["--device tpu"]),
        (["--out=/proc/nowhere/run"], ["/proc/nowhere/run", "cannot be written"]),
    ],
)
def test_a_wrong_option_is_one_line_and_leaves_nothing(data, tmp_path, monkeypatch, arguments, words) -> None:
    monkeypatch.chdir(tmp_path)
    diffurec("train", data, *SMALL, *arguments).refused(*words)
    assert not list((tmp_path / "runs").glob("*")) if (tmp_path / "runs").exists() else True


def test_tensorboard_files_hold_the_scalars(data, tmp_path) -> None:
    run = tmp_path / "run"
    outcome = diffurec("train", data, "--out", run, "--tensorboard", *SMALL)
    assert outcome.code == 0, outcome.err
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(run / "tensorboard"))
    events.Reload()
    assert {"train/loss", "val/HR@10", "test/NDCG@10"} <= set(events.Tags()["scalars"])
    logged = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    losses = [line["values"]["loss"] for line in logged if line["split"] == "train"]
    assert [e.value for e in events.Scalars("train/loss")] == pytest.approx(losses)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_training_says_how_to_go_on_and_does(data, tmp_path, number) -> None:
    long = [*SMALL, "--set=train.epochs=400", "--set=train.eval_every=50"]
    process = start("train", data, "--out", tmp_path / "run", *long)
    log = tmp_path / "run" / "metrics.jsonl"
    deadline = time.monotonic() + 60
    while not (log.is_file() and log.stat().st_size > 500) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert out == ""
    assert "--resume" in err.splitlines()[-1]
    assert "Traceback" not in err
    assert json.loads((tmp_path / "run" / "status.json").read_text())["state"] == "interrupted"
    done = diffurec("train", data, "--out", tmp_path / "run", "--resume", *long, "--set=train.epochs=30")
    assert done.code == 0, done.err


def test_a_copied_run_evaluates_without_its_data(data, tmp_path) -> None:
    diffurec("train", data, "--out", tmp_path / "run", *SMALL)
    whole = diffurec("evaluate", "--ckpt", tmp_path / "run", "--json").json
    shutil.copytree(tmp_path / "run", tmp_path / "copy")
    shutil.rmtree(data)
    outcome = diffurec("evaluate", "--ckpt", tmp_path / "copy", "--json")
    assert outcome.json["metrics"] == whole["metrics"]
    assert "excerpt" in outcome.err


def test_runs_lists_what_is_there(data, tmp_path) -> None:
    (tmp_path / "runs" / "stray").mkdir(parents=True)
    diffurec("train", data, "--out", tmp_path / "runs" / "a", *SMALL)
    listed = diffurec("runs", tmp_path / "runs", "--json").json["runs"]
    assert [(run["state"], run["epoch"], run["data"]) for run in listed] == [("finished", 2, "toy")]
    assert "finished" in diffurec("runs", tmp_path / "runs").out


def test_a_finished_run_resumed_tells_its_figures_again(data, tmp_path) -> None:
    first = diffurec("train", data, "--out", tmp_path / "run", "--json", *SMALL).json
    again = diffurec("train", data, "--out", tmp_path / "run", "--json", "--resume", *SMALL).json
    assert again["test"] == first["test"]
    assert again["best"] == first["best"]


def test_a_run_that_is_being_trained_is_left_alone(data, tmp_path) -> None:
    from diffurec.training_lock import training_lock

    diffurec("train", data, "--out", tmp_path / "run", *SMALL)
    with training_lock(tmp_path / "run"):
        diffurec("train", data, "--out", tmp_path / "run", "--resume", "--set=train.epochs=3").refused(
            "is being trained by another process"
        )


def test_a_training_that_cannot_begin_leaves_no_run(tmp_path) -> None:
    short = write_dataset(tmp_path / "short", [[1, 2], [3]], 3).path
    diffurec("train", short, "--out", tmp_path / "run").refused("nothing to learn from")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["generator", "torch_rng", "optimizer/0/exp_avg", "optimizer/0/step"])
def test_a_state_that_cannot_be_resumed_from_is_one_line(data, tmp_path, name) -> None:
    import torch
    from safetensors import safe_open
    from safetensors.torch import load_file, save_file

    diffurec("train", data, "--out", tmp_path / "run", *SMALL)
    last = tmp_path / "run" / "last.safetensors"
    with safe_open(last, "pt") as file:
        header = file.metadata()
    tensors = load_file(last)
    more = ("train", data, "--out", tmp_path / "run", "--resume", "--set=train.epochs=3")
    save_file({k: v for k, v in tensors.items() if k != f"training/{name}"}, last, metadata=header)
    diffurec(*more).refused("last.safetensors: cannot be resumed from")
    save_file({**tensors, f"training/{name}": torch.zeros(3)}, last, metadata=header)
    diffurec(*more).refused("last.safetensors: cannot be resumed from")
