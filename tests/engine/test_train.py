from __future__ import annotations

import itertools
import json
import math
import random
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from diffurec.checkpoint import load_checkpoint
from diffurec.config import TrainConfig
from diffurec.data.batches import training_examples
from diffurec.errors import UserError
from diffurec.evaluate import choose_users, evaluate
from diffurec.inspection.inspector import load_model
from diffurec.learning_rate import learning_rate
from diffurec.run import open_run
from diffurec.status import read_status
from diffurec.training_state import Interrupted
from tests.engine.training_processes import CONFIG, in_a_fork, train
from tests.helpers import make_dataset, write_dataset

pytestmark = pytest.mark.usefixtures("one_thread")


def events(run: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [{k: v for k, v in line.items() if k not in ("wall_time", "system")} for line in lines]


def weights(path: Path) -> dict[str, torch.Tensor]:
    return load_checkpoint(path).weights


def assert_same_run(ours: Path, theirs: Path) -> None:
    assert events(ours) == events(theirs)
    for name in ("best.safetensors", "last.safetensors"):
        a, b = weights(ours / name), weights(theirs / name)
        assert a.keys() == b.keys()
        assert all(torch.equal(a[key], b[key]) for key in a), name


def test_it_learns_a_cycle(tmp_path) -> None:
    """Users walk round a ring of items, so that the next one is always known."""
    rng = np.random.default_rng(0)
    ring = [[int(start + i) % 20 + 1 for i in range(12)] for start in rng.integers(0, 20, 60)]
    dataset = write_dataset(tmp_path / "data", ring, 20)
    config = replace(
        CONFIG,
        train=replace(CONFIG.train, epochs=15, learning_rate=2e-2),
        model=replace(CONFIG.model, hidden_size=32, lambda_mean=0.001),
    )
    result = train(dataset, tmp_path / "run", config)
    assert result.test["HR@5"] > 95
    losses = [e["values"]["loss"] for e in events(tmp_path / "run") if e["split"] == "train"]
    assert losses[-1] < losses[0] / 4


def test_the_same_seed_gives_the_same_numbers_and_another_does_not(tmp_path) -> None:
    dataset = make_dataset(tmp_path / "data", users=30, items=40)
    for name in ("a", "b"):
        train(dataset, tmp_path / name)
    assert_same_run(tmp_path / "a", tmp_path / "b")
    other = replace(CONFIG, train=replace(CONFIG.train, seed=1))
    train(dataset, tmp_path / "c", other)
    assert events(tmp_path / "c") != events(tmp_path / "a")


def test_what_is_kept_is_the_best_epoch_and_its_test_figures(tmp_path) -> None:
    dataset = make_dataset(tmp_path / "data", users=60, items=40)
    result = train(dataset, tmp_path / "run")
    logged = events(tmp_path / "run")
    validations = [e for e in logged if e["split"] == "val"]
    assert [e["epoch"] for e in validations] == [1, 2, 3, 4]
    best = max(validations, key=lambda e: e["values"]["NDCG@10"])
    assert (result.best.epoch, result.best.value) == (best["epoch"], best["values"]["NDCG@10"])
    assert logged[-1]["split"] == "test"
    assert logged[-1]["values"] == result.test
    run = open_run(tmp_path / "run")
    assert load_checkpoint(run.best_path).meta["epoch"] == best["epoch"]
    again = evaluate(
        load_model(run),
        dataset,
        choose_users(dataset, "test"),
        "test",
        max_len=10,
        device=torch.device("cpu"),
        batch_size=16,
    )
    assert again.metrics == result.test
    status = read_status(run)
    assert (status.state, status.epoch, status.test) == ("finished", 4, result.test)


def test_twenty_kills_change_no_number(tmp_path) -> None:
    make_dataset(tmp_path / "data", users=40, items=40, max_length=14)
    started = time.perf_counter()
    assert in_a_fork(tmp_path / "data", tmp_path / "whole")
    length = time.perf_counter() - started
    syncs = 3 * len(events(tmp_path / "whole"))
    rng = random.Random(20)
    interrupted = 0
    for number in range(20):
        run = tmp_path / f"killed{number}"
        # Half of them at any moment, half in the middle of writing a file.
        kill: dict[str, Any] = (
            {"kill_at": rng.uniform(0, length)} if number % 2 else {"die_at_sync": rng.randint(1, syncs)}
        )
        interrupted += not in_a_fork(tmp_path / "data", run, **kill)
        assert in_a_fork(tmp_path / "data", run)
        assert_same_run(run, tmp_path / "whole")
    assert interrupted >= 8  # how many a kill by the clock reaches depends on the load


@pytest.mark.slow
def test_a_training_killed_again_and_again_comes_to_the_same_end(tmp_path) -> None:
    make_dataset(tmp_path / "data", users=60, items=40)
    assert in_a_fork(tmp_path / "data", tmp_path / "whole")
    rng = random.Random(5)
    for _ in range(60):
        if in_a_fork(tmp_path / "data", tmp_path / "run", kill_at=rng.uniform(0.05, 0.6)):
            break
    in_a_fork(tmp_path / "data", tmp_path / "run")
    assert_same_run(tmp_path / "run", tmp_path / "whole")


@pytest.mark.parametrize("after", [1, 7, 23])
def test_stopping_on_request_saves_at_once_and_changes_no_number(tmp_path, after) -> None:
    dataset = make_dataset(tmp_path / "data", users=40, items=40)
    train(dataset, tmp_path / "whole")
    calls = iter(range(10**9))
    with pytest.raises(Interrupted):
        train(dataset, tmp_path / "run", should_stop=lambda: next(calls) >= after)
    run = open_run(tmp_path / "run")
    assert read_status(run).state == "interrupted"
    assert load_checkpoint(run.last_path, with_training=True).training
    train(dataset, tmp_path / "run")
    assert_same_run(tmp_path / "run", tmp_path / "whole")


def test_stopping_during_the_test_keeps_the_last_weights(tmp_path) -> None:
    dataset = make_dataset(tmp_path / "data", users=40, items=40)
    train(dataset, tmp_path / "whole")
    status = [False]

    def in_test() -> bool:
        status[0] = (tmp_path / "run" / "status.json").is_file() and '"epoch": 4' in (
            tmp_path / "run" / "status.json"
        ).read_text()
        return status[0] and len(events(tmp_path / "run")) == len(events(tmp_path / "whole")) - 1

    with pytest.raises(Interrupted):
        train(dataset, tmp_path / "run", should_stop=in_test)
    train(dataset, tmp_path / "run")
    assert_same_run(tmp_path / "run", tmp_path / "whole")


def test_patience_ends_a_training_early(tmp_path) -> None:
    dataset = make_dataset(tmp_path / "data", users=30, items=40)
    config = replace(
        CONFIG, train=replace(CONFIG.train, epochs=50, patience=2, learning_rate=1e-9, warmup_steps=0)
    )
    result = train(dataset, tmp_path / "run", config)
    assert result.stopped_early
    validations = [e["epoch"] for e in events(tmp_path / "run") if e["split"] == "val"]
    assert validations[-1] == result.best.epoch + 2


def test_a_diverging_loss_ends_in_one_line_with_the_checkpoint_intact(tmp_path) -> None:
    dataset = make_dataset(tmp_path / "data", users=30, items=40)
    config = replace(CONFIG, train=replace(CONFIG.train, learning_rate=1e30, warmup_steps=0, grad_clip=0.0))
    with pytest.raises(UserError, match="lower train.learning_rate"):
        train(dataset, tmp_path / "run", config)
    assert read_status(open_run(tmp_path / "run")).state == "failed"


def test_a_full_disk_ends_in_one_line_with_the_checkpoint_intact(tmp_path, monkeypatch) -> None:
    from diffurec import checkpoint

    dataset = make_dataset(tmp_path / "data", users=30, items=40)
    save, saves = checkpoint.save_file, [0]

    def full_after_a_while(tensors, path, metadata):
        saves[0] += 1
        if saves[0] > 3:
            raise OSError(28, "No space left on device")
        save(tensors, path, metadata=metadata)

    monkeypatch.setattr(checkpoint, "save_file", full_after_a_while)
    with pytest.raises(UserError, match="No space left"):
        train(dataset, tmp_path / "run")
    monkeypatch.undo()
    assert load_checkpoint(tmp_path / "run" / "last.safetensors", with_training=True).training
    train(dataset, tmp_path / "run")
    train(dataset, tmp_path / "whole")
    assert_same_run(tmp_path / "run", tmp_path / "whole")


def test_data_without_anything_to_learn_or_to_validate_is_refused(tmp_path) -> None:
    short = write_dataset(tmp_path / "short", [[1, 2], [3]], 3)
    with pytest.raises(UserError, match="nothing to learn from"):
        train(short, tmp_path / "run")


def test_learning_rates() -> None:
    step = TrainConfig(learning_rate=1.0, lr_schedule="step", lr_step_epochs=2, lr_gamma=0.1)
    assert [learning_rate(step, s, 10) for s in (0, 19, 20, 40)] == pytest.approx([1, 1, 0.1, 0.01])
    cosine = TrainConfig(learning_rate=1.0, lr_schedule="cosine", epochs=10, warmup_steps=4)
    rates = [learning_rate(cosine, s, 10) for s in range(100)]
    assert rates[:4] == pytest.approx([0.25, 0.5, 0.75, 1.0])
    assert rates[52] == pytest.approx(0.5)
    assert all(a >= b for a, b in itertools.pairwise(rates[3:]))
    assert rates[-1] < 1e-3


def test_examples_of_an_epoch_are_all_seen(tmp_path) -> None:
    dataset = make_dataset(tmp_path / "data", users=30, items=40)
    train(dataset, tmp_path / "run")
    last = [e for e in events(tmp_path / "run") if e["split"] == "train"][-1]
    examples = len(training_examples(dataset, 10, torch.device("cpu")))
    assert last["step"] == 4 * math.ceil(examples / 16)
