from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from diffurec.checkpoint import load_checkpoint
from diffurec.config import Config
from diffurec.data.batches import training_examples
from diffurec.data.dataset import Dataset
from diffurec.diffusion import BatchDraws
from diffurec.dropout import dropout, dropping
from diffurec.errors import UserError
from diffurec.evaluate import Evaluation, choose_users, evaluate
from diffurec.launch import joined, launch_id
from diffurec.model import DiffuRec
from diffurec.parallel import ALONE, World
from diffurec.run import open_run
from diffurec.status import read_status
from diffurec.train import build_and_seed
from tests.engine.training_processes import CONFIG as ANY_PRECISION
from tests.engine.training_processes import in_a_world, train
from tests.helpers import make_dataset

CONFIG = replace(
    ANY_PRECISION, train=replace(ANY_PRECISION.train, precision="fp32")
)  # in bf16, sums differ more
WORKER = Path(__file__).with_name("torchrun_worker.py")


pytestmark = pytest.mark.usefixtures("one_thread")


def events(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def assert_close_runs(ours: Path, theirs: Path) -> None:
    """The same lines, the same figures, losses within 1e-5 of each other, weights alike."""
    lines = events(ours), events(theirs)
    assert [(e["step"], e["epoch"], e["split"]) for e in lines[0]] == [
        (e["step"], e["epoch"], e["split"]) for e in lines[1]
    ]
    for mine, other in zip(*lines, strict=True):
        assert mine["values"] == pytest.approx(other["values"], rel=1e-5), mine
    for name in ("best.safetensors", "last.safetensors"):
        a, b = load_checkpoint(ours / name).weights, load_checkpoint(theirs / name).weights
        assert a.keys() == b.keys()
        # A bias of the keys has no gradient but rounding error, which Adam makes large.
        for key in (key for key in a if not key.endswith("key.bias")):
            torch.testing.assert_close(a[key], b[key], rtol=1e-3, atol=1e-4)


def with_an_odd_last_batch(config: Config, dataset: Dataset) -> Config:
    """The same with a batch size that leaves a single example to the last batch of an epoch."""
    examples = len(training_examples(dataset, config.data.max_len, torch.device("cpu")))
    size = next(size for size in range(12, examples) if examples % size == 1)
    return replace(config, train=replace(config.train, batch_size=size))


@given(st.integers(0, 50), st.integers(1, 9))
def test_shares_are_all_rows_in_order_and_alike(total: int, size: int) -> None:
    shares = [World(rank, size).share(total) for rank in range(size)]
    rows = torch.arange(total)
    assert torch.cat([share.of(rows) for share in shares]).tolist() == rows.tolist()
    lengths = [share.stop - share.start for share in shares]
    assert max(lengths) - min(lengths) <= 1


@pytest.mark.parametrize("size", [2, 3, 9])
def test_what_is_drawn_for_shares_is_what_is_drawn_for_the_whole(size: int) -> None:
    def draws(world: World, total: int = 7) -> tuple[torch.Tensor, torch.Tensor, int]:
        torch.manual_seed(5)
        share = world.share(total)
        noise = BatchDraws(torch.Generator().manual_seed(3), share).normal((share.stop - share.start, 4, 5))
        with dropping(share):
            kept = dropout(torch.ones(share.stop - share.start, 3, 11), 0.4, training=True)
        return noise, kept, int(torch.randint(2**31, ()))

    whole = draws(ALONE)
    parts = [draws(World(rank, size)) for rank in range(size)]
    for number in range(2):
        assert torch.equal(torch.cat([part[number] for part in parts]), whole[number])
    assert {part[2] for part in parts} == {whole[2]}  # the generators go on alike
    assert 0.2 < float((whole[1] == 0).float().mean()) < 0.6


@pytest.mark.parametrize(("sampler", "size"), [("uniform", 2), ("loss_aware", 2), ("loss_aware", 3)])
def test_several_processes_train_as_one(tmp_path, sampler, size) -> None:
    dataset = make_dataset(tmp_path / "data", users=30, items=40)
    config = with_an_odd_last_batch(CONFIG, dataset)
    config = replace(
        config,
        diffusion=replace(config.diffusion, timestep_sampler=sampler),
        train=replace(config.train, epochs=3, exclude_seen=True, eval_batch_size=7),
    )
    train(dataset, tmp_path / "one", config)
    statuses = in_a_world(size, lambda world: train(dataset, tmp_path / "many", config, world=world) and None)
    assert statuses == [0] * size
    assert_close_runs(tmp_path / "many", tmp_path / "one")
    assert read_status(open_run(tmp_path / "many")).state == "finished"


def test_a_stop_asked_of_one_process_stops_all_and_another_number_of_them_goes_on(tmp_path) -> None:
    dataset = make_dataset(tmp_path / "data", users=30, items=40)
    calls = iter(range(10**9))

    def stopped(world: World) -> None:
        train(
            dataset,
            tmp_path / "run",
            CONFIG,
            world=world,
            should_stop=lambda: world.rank == 1 and next(calls) >= 9,
        )

    assert in_a_world(2, stopped) == [130, 130]
    run = open_run(tmp_path / "run")
    assert read_status(run).state == "interrupted"
    assert load_checkpoint(run.last_path).meta["step"] == 10
    train(dataset, tmp_path / "run", CONFIG)
    train(dataset, tmp_path / "whole", CONFIG)
    assert_close_runs(tmp_path / "run", tmp_path / "whole")


def test_an_error_in_one_process_ends_all_of_them(tmp_path, monkeypatch) -> None:
    from diffurec import checkpoint

    dataset = make_dataset(tmp_path / "data", users=30, items=40)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "save_file", full)
    statuses = in_a_world(3, lambda world: train(dataset, tmp_path / "run", world=world) and None)
    assert statuses == [2, 3, 3]
    assert read_status(open_run(tmp_path / "run")).state == "failed"

    def at_two(world: World) -> None:
        with world.together():
            if world.rank == 1:
                raise UserError("here")

    assert in_a_world(2, at_two) == [3, 2]


def test_an_environment_without_a_meeting_place_is_refused(monkeypatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UserError, match="RANK is not set"), joined():
        pass


def test_a_launch_has_a_name_of_its_own(monkeypatch) -> None:
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    assert launch_id() is None
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "job7")
    assert launch_id() == "job7"
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "none")  # torchrun's own default, the same for everybody
    assert str(os.getppid()) in str(launch_id())


def torchrun(what: str, *arguments: str | Path, restarts: int = 0) -> subprocess.CompletedProcess[str]:
    """Two processes under torchrun; `what` happens to them is what torchrun_worker.py knows."""
    command = [Path(sys.executable).with_name("torchrun"), "--standalone", "--nproc-per-node", "2"]
    command += ["--max-restarts", str(restarts), "--monitor-interval", "0.1", WORKER, what, "train"]
    return subprocess.run(
        [*map(str, command), *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"},
    )


SETTINGS = (
    *("--set", "data.max_len=10", "--set", "model.hidden_size=16", "--set", "model.num_blocks=1"),
    *("--set", "model.lambda_mean=0.1", "--set", "diffusion.steps=8", "--set", "train.epochs=2"),
    *(
        "--set",
        "train.batch_size=16",
        "--set",
        "train.precision=fp32",
        "--set",
        "train.checkpoint_seconds=0.02",
    ),
)


def alone(data: Path, run: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "diffurec_tui.cli.main", "train", str(data), "--out", str(run)]
    return subprocess.run([*command, *SETTINGS, *more], check=False, capture_output=True, text=True)


def test_torchrun_starts_a_training_again_that_lost_a_process(tmp_path) -> None:
    make_dataset(tmp_path / "data", users=30, items=40)
    done = torchrun("kill", tmp_path / "data", "--out", tmp_path / "run", *SETTINGS, restarts=3)
    assert done.returncode == 0, done.stderr
    assert "from step" in done.stderr
    alone(tmp_path / "data", tmp_path / "one")
    assert_close_runs(tmp_path / "run", tmp_path / "one")
    taken = alone(tmp_path / "data", tmp_path / "run")
    assert taken.returncode == 2  # another launch does not take it up by itself
    assert "exists already" in taken.stderr


@pytest.mark.slow
def test_an_interrupt_of_torchrun_saves_and_resume_goes_on(tmp_path) -> None:
    make_dataset(tmp_path / "data", users=30, items=40)
    done = torchrun("interrupt", tmp_path / "data", "--out", tmp_path / "run", *SETTINGS)
    assert done.returncode != 0
    assert done.stderr.count("interrupted; everything is saved") == 1
    assert read_status(open_run(tmp_path / "run")).state == "interrupted"
    alone(tmp_path / "data", tmp_path / "run", "--resume")
    alone(tmp_path / "data", tmp_path / "one")
    assert_close_runs(tmp_path / "run", tmp_path / "one")


@pytest.mark.slow
def test_torchrun_ends_at_once_where_the_command_is_wrong(tmp_path) -> None:
    make_dataset(tmp_path / "data", users=30, items=40)
    (tmp_path / "run").mkdir()
    done = torchrun("nothing", tmp_path / "data", "--out", tmp_path / "run", *SETTINGS)
    assert done.returncode != 0
    assert done.stderr.count("error: ") == 1
    assert "exists already" in done.stderr


def test_processes_that_share_an_evaluation_out_get_the_ranks_and_lists_of_one(tmp_path) -> None:
    dataset = make_dataset(tmp_path / "data", users=30, items=40)
    users = choose_users(dataset, "test")

    def ranked(world: World) -> Evaluation:
        model = build_and_seed(lambda: DiffuRec(40, CONFIG), 3)
        return evaluate(
            model, dataset, users, "test",
            max_len=10, device=torch.device("cpu"), samples=2, top_k=60, batch_size=4, world=world,
        )  # fmt: skip

    def work(world: World) -> None:
        found = ranked(world)
        np.savez(tmp_path / f"{world.rank}.npz", ranks=found.ranks, **vars(found.lists))

    alone = ranked(ALONE)
    assert in_a_world(2, work) == [0, 0]
    for rank in (0, 1):
        kept = np.load(tmp_path / f"{rank}.npz")
        for name, expected in {"ranks": alone.ranks, **vars(alone.lists)}.items():
            np.testing.assert_array_equal(kept[name], expected)
