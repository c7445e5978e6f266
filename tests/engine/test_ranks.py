from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from diffurec.config import Config, DataConfig, DiffusionConfig, ModelConfig
from diffurec.inspection.cases import case_lengths, case_of_user
from diffurec.inspection.inspector import load_inspector
from diffurec.inspection.ranks import NO_TARGET, UNKNOWN, RankStore, rank_cases
from diffurec.inspection.views import View
from diffurec.inspection.weights import read_weights_facts
from diffurec.run import Run
from tests.helpers import make_dataset, make_run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return make_run(tmp_path / "run", make_dataset(tmp_path / "data"))


@pytest.mark.parametrize("mask", ["keys", "queries"])
def test_ranks_in_a_batch_are_those_of_walks_alone(tmp_path: Path, mask: str):
    config = Config(
        data=DataConfig(max_len=12),
        model=ModelConfig(hidden_size=16, num_blocks=1, num_heads=2, lambda_mean=0.2, attention_mask=mask),  # type: ignore[arg-type]
        diffusion=DiffusionConfig(steps=8),
    )
    run = make_run(tmp_path / "run", make_dataset(tmp_path / "data"), config)
    inspector, dataset = load_inspector(run), run.dataset()
    cases = [case_of_user(dataset, user) for user in range(20)]
    ranks = rank_cases(inspector, cases, 5, View())
    assert ranks is not None
    for case, rank in zip(cases, ranks.tolist(), strict=True):
        *_, last = inspector.walk(case, 5)
        assert rank == (NO_TARGET if case.target is None else last.x_0_hat.target_rank)


def test_giving_up(run: Run):
    inspector, dataset = load_inspector(run), run.dataset()
    assert rank_cases(inspector, [case_of_user(dataset, 3)], 0, View(), lambda: True) is None


def test_lengths_are_those_of_the_cases(run: Run):
    dataset = run.dataset()
    lengths, has_target = case_lengths(dataset)
    cases = [case_of_user(dataset, user) for user in range(dataset.num_users)]
    assert lengths.tolist() == [len(case.history) for case in cases]
    assert has_target.tolist() == [case.target is not None for case in cases]


def test_the_store_hands_out_every_user_once_and_keeps_what_is_known(run: Run):
    dataset = run.dataset()
    store = RankStore(run, dataset, 0)
    assert store.next_users((7, 8, 0), 16).tolist() == [7, 8]
    ranked: list[int] = []
    while len(users := store.next_users((), 16)):
        store.put(users, np.full(len(users), 5, dtype=np.int32))
        ranked += users.tolist()
    assert sorted(ranked) == list(range(1, 40))
    store.save()
    again = RankStore(run, dataset, 0)
    assert again.ranks.tolist() == [NO_TARGET] + [5] * 39
    assert np.count_nonzero(RankStore(run, dataset, 1).ranks == UNKNOWN) == 39


def test_a_read_only_run_is_left_alone(run: Run, monkeypatch: pytest.MonkeyPatch):
    store = RankStore(run, run.dataset(), 0)
    store.put(np.array([3]), np.array([9], dtype=np.int32))

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("read-only")

    monkeypatch.setattr(Path, "mkdir", refuse)
    store.save()
    assert not (run.path / "ranks").exists()


def test_what_a_weights_file_says_of_itself(run: Run):
    facts = read_weights_facts(run.best_path)
    assert (facts.label, facts.epoch, facts.metric("HR@10"), facts.metric("HR@7")) == ("best", 3, 8.9, None)
