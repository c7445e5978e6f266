from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torch import nn

from diffurec.evaluate import choose_users, evaluate, mean_probability, popularity_baseline
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


class Undecided(Repeats):
    """Each walk is sure of another item: of item 1 or of item 2, by its noise; item 3 is always second."""

    def scores(self, histories, draws, steps=None):
        heads = draws.normal((len(histories), 1))[:, 0] > 0
        scores = torch.zeros(len(histories), self.num_items + 1)
        scores[:, 1] = torch.where(heads, 4.0, -4.0)
        scores[:, 2] = torch.where(heads, -4.0, 4.0)
        scores[:, 3] = 3.9
        return scores


def test_several_walks_are_ranked_by_their_mean_probability(tmp_path) -> None:
    dataset = write_dataset(tmp_path / "d", [[4, 5, 3]] * 30 + [[4, 5, 1]] * 30, 5)
    users = choose_users(dataset, "test")

    def of(samples: int, batch_size: int = 7):
        return evaluate(
            Undecided(5), dataset, users, "test",
            max_len=5, device=CPU, samples=samples, top_k=3, batch_size=batch_size,
        )  # fmt: skip

    one, many = of(1), of(64)
    assert set(one.ranks[:30]) == {2}
    assert set(one.ranks[30:]) == {1, 5}  # by the luck of the one walk
    assert set(many.ranks[:30]) == {1}
    assert set(many.ranks[30:]) <= {2, 3}
    p = np.exp(many.lists.scores.astype(float))
    a, b, c = np.exp([4.0, -4.0, 3.9]) / (np.exp([4.0, -4.0, 3.9]).sum() + 2)
    assert p[:, 0] == pytest.approx(np.full(60, c), rel=1e-4)
    assert p[:, 1:].sum(1) == pytest.approx(np.full(60, a + b), rel=1e-4)  # h a + (1-h) b, and the other
    assert np.array_equal(many.ranks, of(64, batch_size=60).ranks)


@pytest.mark.parametrize("samples", [2, 5])
def test_aggregated_walks_do_not_depend_on_the_batch(tmp_path, samples) -> None:
    dataset = make_dataset(tmp_path / "d", users=40)
    torch.manual_seed(0)
    model = DiffuRec(dataset.num_items, small_config(lambda_mean=0.5))
    users = choose_users(dataset, "test")

    def of(chosen, size: int, samples: int):
        return evaluate(
            model, dataset, chosen, "test",
            max_len=12, device=CPU, steps=4, batch_size=size, samples=samples, exclude_seen=True, top_k=5,
        )  # fmt: skip

    found = of(users, 512, samples)
    assert np.array_equal(found.ranks, of(users, 7, samples).ranks)
    assert np.array_equal(found.ranks[3:], of(users[3:], 512, samples).ranks)
    assert (found.ranks != of(users, 512, 1).ranks).any()


@settings(deadline=None)
@given(hnp.arrays(np.float32, (3, 9), elements=st.floats(-30, 30, width=32)), st.integers(1, 4))
def test_walks_that_agree_are_ranked_as_one_of_them(scores, samples) -> None:
    rows = torch.from_numpy(np.sort(np.round(scores, 2), axis=1))
    rows[:, 0] = float("-inf")
    mean = mean_probability(lambda _: rows, samples)
    assert (mean[:, 0] == float("-inf")).all()
    if samples == 1:
        assert torch.equal(mean, rows)
    else:
        torch.testing.assert_close(mean, rows.log_softmax(1), atol=1e-4, rtol=0)
        assert (mean[:, 1:].diff(dim=1) >= -1e-5).all()


def test_lists_are_the_best_candidates_in_order(tmp_path) -> None:
    dataset = write_dataset(tmp_path / "d", [[5, 3, 3], [2, 4, 6], [1, 2, 3]], 6)
    users = choose_users(dataset, "test")
    # Last item first, then by id; the first user's target, the last item again, is a candidate all the same.
    found = evaluate(
        Repeats(6), dataset, users, "test", max_len=9, device=CPU, exclude_seen=True, top_k=5, batch_size=2
    )
    assert found.lists.items.tolist() == [[3, 1, 2, 4, 6], [1, 3, 5, 6, 0], [3, 4, 5, 6, 0]]
    assert found.lists.scores[0].tolist() == [500, -1, -2, -4, -6]
    assert np.isneginf(found.lists.scores[1:, 4]).all()
    popular = popularity_baseline(dataset, users, "test", exclude_seen=True, top_k=2)  # once each: 5, 2, 1
    assert [set(row) for row in popular.lists.items[:2].tolist()] == [{1, 2}, {1, 5}]
    assert popular.lists.items[2, 0] == 5
    longer = evaluate(Repeats(6), dataset, users, "test", max_len=9, device=CPU, top_k=9)
    assert (longer.lists.items[:, 6:] == 0).all()


def test_where_nothing_ties_the_list_has_the_true_item_at_its_rank(tmp_path) -> None:
    dataset = make_dataset(tmp_path / "d", users=30, items=40)
    torch.manual_seed(1)
    model = DiffuRec(40, small_config())
    users = choose_users(dataset, "test")
    found = evaluate(model, dataset, users, "test", max_len=12, device=CPU, steps=2, top_k=40)
    targets = dataset.items[dataset.target_positions(users, "test")]
    assert np.array_equal((found.lists.items == targets[:, None]).argmax(1) + 1, found.ranks)
