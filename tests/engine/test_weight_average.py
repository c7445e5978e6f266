from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from diffurec.checkpoint import load_checkpoint
from diffurec.evaluate import choose_users, evaluate
from diffurec.inspection.inspector import load_model
from diffurec.run import open_run
from diffurec.training_state import Interrupted
from diffurec.training_step import parameter_groups
from diffurec.weight_average import WeightAverage
from tests.engine.training_processes import CONFIG, train
from tests.helpers import make_dataset

AVERAGED = replace(CONFIG, train=replace(CONFIG.train, ema=0.9, weight_decay=0.01))


def test_the_mean_follows_its_equation_and_changes_places_with_the_weights() -> None:
    model = nn.Linear(1, 1, bias=False)
    model.weight.data.fill_(0.0)
    average = WeightAverage(model, 0.5)
    model.weight.data.fill_(10.0)
    average.update(0)  # (1 + 0) / (10 + 0) = 0.1 is below the decay
    assert average.mean[0].item() == pytest.approx(9.0)
    model.weight.data.fill_(1.0)
    average.update(1000)
    assert average.mean[0].item() == pytest.approx(5.0)
    with average.in_place():
        assert model.weight.item() == pytest.approx(5.0)
    assert model.weight.item() == 1.0
    assert average.mean[0].item() == pytest.approx(5.0)


def test_matrices_decay_and_biases_and_norms_do_not() -> None:
    model = nn.Sequential(nn.Embedding(5, 4), nn.Linear(4, 4), nn.LayerNorm(4))
    decaying, spared = parameter_groups(model, 0.1)
    assert [tuple(p.shape) for p in decaying["params"]] == [(5, 4), (4, 4)]
    assert [tuple(p.shape) for p in spared["params"]] == [(4,)] * 3
    assert spared["weight_decay"] == 0.0
    assert [len(group["params"]) for group in parameter_groups(model, 0.0)] == [5]


@pytest.mark.usefixtures("one_thread")
def test_the_mean_is_what_is_evaluated_and_kept_and_survives_a_stop(tmp_path) -> None:
    dataset = make_dataset(tmp_path / "data", users=40, items=40)
    result = train(dataset, tmp_path / "whole", AVERAGED)
    run = open_run(tmp_path / "whole")
    model = load_model(run)
    users = choose_users(dataset, "test")
    again = evaluate(model, dataset, users, "test", max_len=10, device=torch.device("cpu"), batch_size=16)
    assert again.metrics == result.test
    last = load_checkpoint(run.last_path, with_training=True)
    raw = last.training["weights/0"]
    assert raw.shape == last.weights["item_embeddings.weight"].shape
    assert not torch.equal(raw, last.weights["item_embeddings.weight"])
    calls = iter(range(10**9))
    with pytest.raises(Interrupted):
        train(dataset, tmp_path / "run", AVERAGED, should_stop=lambda: next(calls) >= 11)
    train(dataset, tmp_path / "run", AVERAGED)
    ours = load_checkpoint(tmp_path / "run" / "last.safetensors", with_training=True)
    assert all(torch.equal(ours.weights[key], last.weights[key]) for key in last.weights)
    assert torch.equal(ours.training["weights/0"], raw)
