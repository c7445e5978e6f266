from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from diffurec.config import Config, DataConfig, DiffusionConfig, ModelConfig
from diffurec.inspection.cases import NO_TARGET, UNKNOWN, case_lengths, case_of_user
from diffurec.inspection.frames import settled_from
from diffurec.inspection.inspector import load_inspector
from diffurec.inspection.ranks import KEPT, Ends, RankStore, rank_cases
from diffurec.inspection.views import View
from diffurec.inspection.weights import read_weights_facts
from diffurec.run import Run
from diffurec.walk_options import WalkOptions
from tests.helpers import make_dataset, make_run, small_config


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
    ends = rank_cases(inspector, cases, 5, View())
    assert ends is not None
    for case, rank in zip(cases, ends.ranks.tolist(), strict=True):
        *_, last = inspector.walk(case, 5)
        assert rank == (NO_TARGET if case.target is None else last.x_0_hat.target_rank)


@pytest.mark.parametrize("rounding", ["inner_product", "distance", "cosine"])
@pytest.mark.parametrize(("top_k", "lambda_scale"), [(1, 1.0), (3, 4.0), (10, 0.3), (10, 30.0), (60, 1.0)])
@pytest.mark.parametrize("exclude_seen", [False, True])
def test_lists_settle_where_those_of_walks_alone_do(
    tmp_path: Path, rounding: str, top_k: int, lambda_scale: float, exclude_seen: bool
):
    config = small_config(steps=8, lambda_mean=0.2)
    config = replace(config, model=replace(config.model, repeat_bias=True))
    run = make_run(tmp_path / "run", make_dataset(tmp_path / "data"), config)
    inspector, dataset = load_inspector(run), run.dataset()
    inspector.model.repeats.data.fill_(0.1)
    walk = WalkOptions(rounding=rounding, lambda_scale=lambda_scale)  # type: ignore[arg-type]
    view = View(top_k=top_k, walk=walk, exclude_seen=exclude_seen)
    cases = [case_of_user(dataset, user) for user in range(12)]
    ends = rank_cases(inspector, cases, 5, view)
    assert ends is not None
    for case, lock in zip(cases, ends.locks.tolist(), strict=True):
        if case.target is None:
            assert lock == NO_TARGET
        else:
            rankings = [frame.x_0_hat for frame in inspector.walk(case, 5, view)]
            assert lock == settled_from(rankings, top_k)


def test_weights_that_are_no_numbers_settle_at_the_end(run: Run):
    inspector, dataset = load_inspector(run), run.dataset()
    inspector.model.item_embeddings.weight.data[3] = float("nan")
    ends = rank_cases(inspector, [case_of_user(dataset, 3)], 0, View())
    assert ends is not None
    assert ends.locks.tolist() == [31]


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
    store = RankStore(run, dataset, 0, 10)
    assert store.next_users((7, 8, 0), 16).tolist() == [7, 8]
    ranked: list[int] = []
    while len(users := store.next_users((), 16)):
        store.put(users, Ends(*(np.full(len(users), number, dtype=np.int32) for number in (5, 7))))
        ranked += users.tolist()
    assert sorted(ranked) == list(range(1, 40))
    store.save()
    again = RankStore(run, dataset, 0, 10)
    assert again.ends.ranks.tolist() == [NO_TARGET] + [5] * 39
    assert again.ends.locks.tolist() == [NO_TARGET] + [7] * 39
    for seed, top_k in ((1, 10), (0, 5)):
        other = RankStore(run, dataset, seed, top_k)
        assert np.count_nonzero(other.ends.ranks == UNKNOWN) == 39


def test_a_file_of_another_kind_is_computed_anew(run: Run):
    store = RankStore(run, run.dataset(), 0, 10)
    store.path.parent.mkdir()
    for odd in (np.full(40, 5, dtype=np.int32), np.zeros(3, dtype=KEPT)):
        np.save(store.path, odd)
        assert RankStore(run, run.dataset(), 0, 10).known == 1
    store.path.write_bytes(b"cut short")
    assert RankStore(run, run.dataset(), 0, 10).known == 1


def test_a_read_only_run_is_left_alone(run: Run, monkeypatch: pytest.MonkeyPatch):
    store = RankStore(run, run.dataset(), 0, 10)
    store.put(np.array([3]), Ends(np.array([9], dtype=np.int32), np.array([0], dtype=np.int32)))

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("read-only")

    monkeypatch.setattr(Path, "mkdir", refuse)
    store.save()
    assert not (run.path / "ranks").exists()


def test_what_a_weights_file_says_of_itself(run: Run):
    facts = read_weights_facts(run.best_path)
    assert (facts.label, facts.epoch, facts.metric("HR@10"), facts.metric("HR@7")) == ("best", 3, 8.9, None)
