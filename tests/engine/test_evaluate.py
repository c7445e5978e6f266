from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from diffurec.evaluate import choose_users, evaluate, popularity_baseline
from diffurec.model import DiffuRec
from diffurec.recommender import Recommender
from tests.helpers import make_dataset, small_config, write_dataset

CPU = torch.device("cpu")


class Repeats(Recommender):
    """Recommends padding above all, then the last item, then lower ids before higher ones."""

    def __init__(self, num_items: int) -> None:
        super().__init__()
        self.num_items = num_items
        self.unused = nn.Linear(1, 1)

    def loss(self, batch, generator):
        raise NotImplementedError

    def scores(self, histories, draws, steps=None):
        scores = -torch.arange(self.num_items + 1.0).repeat(len(histories), 1)
        scores[:, 0] = 1000
        scores.scatter_(1, histories[:, -1:], 500.0)
        return scores


def ranks(dataset, split="test", **options):
    users = choose_users(dataset, split)
    return evaluate(
        Repeats(dataset.num_items), dataset, users, split, max_len=50, device=CPU, **options
    ).ranks


def test_targets_histories_and_padding(tmp_path) -> None:
    # User 0: history 5 3, target 3, the last item again: first. User 1: 2 4, target 6: after 4, 1, 2, 3, 5.
    dataset = write_dataset(tmp_path / "d", [[5, 3, 3], [2, 4, 6]], 6)
    assert ranks(dataset).tolist() == [1, 6]
    assert ranks(dataset, "val").tolist() == [4, 4]


def test_seen_items_are_left_out_but_never_the_target(tmp_path) -> None:
    dataset = write_dataset(tmp_path / "d", [[5, 3, 3], [2, 4, 6]], 6)
    assert ranks(dataset, exclude_seen=True).tolist() == [1, 4]


def test_seen_means_the_whole_history_not_only_what_the_model_sees(tmp_path) -> None:
    dataset = write_dataset(tmp_path / "d", [[1, 2, 3, 4, 5, 6]], 6)
    users = choose_users(dataset, "test")
    result = evaluate(Repeats(6), dataset, users, "test", max_len=1, device=CPU, exclude_seen=True)
    assert result.ranks.tolist() == [1]


@pytest.mark.parametrize("batch_size", [1, 3, 512])
def test_metrics_do_not_depend_on_how_users_fall_into_batches(tmp_path, batch_size) -> None:
    dataset = make_dataset(tmp_path / "d", users=23, items=30)
    np.testing.assert_array_equal(ranks(dataset, batch_size=batch_size), ranks(dataset, batch_size=7))


def test_popularity_counts_the_training_part_only(tmp_path) -> None:
    # Training parts: [1, 2], [2], [2]: item 2 three times, item 1 once; 3 and 4 are only targets.
    dataset = write_dataset(tmp_path / "d", [[1, 2, 3, 4], [2, 3, 1], [2, 4, 2]], 4)
    users = choose_users(dataset, "test")
    assert popularity_baseline(dataset, users, "test", exclude_seen=False).ranks.tolist() == [3, 2, 1]
    # Excluded: 1, 2, 3 for user 0; 2, 3 for user 1; 4 and (but for its being the target) 2 for user 2.
    assert popularity_baseline(dataset, users, "test", exclude_seen=True).ranks.tolist() == [1, 1, 1]


def test_a_limit_takes_a_fixed_subset(tmp_path) -> None:
    dataset = make_dataset(tmp_path / "d", users=40)
    some = choose_users(dataset, "test", 10, seed=3)
    assert len(some) == 10
    np.testing.assert_array_equal(some, choose_users(dataset, "test", 10, seed=3))
    assert set(some) <= set(choose_users(dataset, "test"))
    assert len(choose_users(dataset, "test", 1000)) == 39


def test_evaluation_is_seeded_and_leaves_the_model_as_it_was(tmp_path) -> None:
    from diffurec.model import DiffuRec

    dataset = make_dataset(tmp_path / "d", users=20, items=50)
    torch.manual_seed(0)
    model = DiffuRec(50, small_config(lambda_mean=1.0)).train()
    users = choose_users(dataset, "test")

    def run(seed: int, steps: int | None = None):
        return evaluate(model, dataset, users, "test", max_len=12, device=CPU, seed=seed, steps=steps).ranks

    np.testing.assert_array_equal(run(1), run(1))
    assert (run(1) != run(2)).any()
    assert (run(1) != run(1, steps=3)).any()
    assert model.training


def test_ranks_of_a_model_that_walks_do_not_depend_on_the_batch(tmp_path) -> None:
    dataset = make_dataset(tmp_path / "d", users=60)
    torch.manual_seed(0)
    model = DiffuRec(dataset.num_items, small_config(lambda_mean=0.5))
    users = choose_users(dataset, "test")
    found = [
        evaluate(model, dataset, chosen, "test", max_len=12, device=CPU, seed=5, batch_size=size).ranks
        for chosen, size in ((users, 512), (users, 7), (users[3:], 512))
    ]
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0][3:], found[2])
    other = evaluate(model, dataset, users, "test", max_len=12, device=CPU, seed=6).ranks
    assert not np.array_equal(found[0], other)
