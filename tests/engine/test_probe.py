from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from diffurec.evaluate import choose_users, evaluate
from diffurec.inspection.inspector import load_model
from diffurec.inspection.probe import Difference, Prober, accuracy, difference, overlaps, powers_of_two, probe
from diffurec.inspection.verdict import verdict
from tests.helpers import make_dataset, make_run, small_config

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return make_dataset(tmp_path_factory.mktemp("probe") / "data", users=30, items=80)


def prober_of(dataset, folder, lambda_mean: float, *, exclude_seen: bool = False) -> Prober:
    run = make_run(folder / "run", dataset, small_config(steps=6, lambda_mean=lambda_mean))
    users = choose_users(dataset, "test")
    return Prober(load_model(run), dataset, users, device=CPU, exclude_seen=exclude_seen, batch_size=8)


def test_a_model_that_does_not_see_the_state_is_found_inert(dataset, tmp_path) -> None:
    found = probe(prober_of(dataset, tmp_path, 0.0), samples=3)
    assert found.seeds_overlap == found.first_last_overlap == 1.0
    assert [(one.overlap, one.jaccard, one.distinct) for one in found.scales] == [(1.0, 1.0, 10.0)] * 5
    assert len({one.accuracy for one in found.scales}) == len({one.accuracy for one in found.told}) == 1
    assert not found.with_state.clear
    assert not found.all_walks.clear
    assert verdict(found).startswith("The walk decides nothing here")


def test_a_model_that_is_all_state_is_found_to_draw(dataset, tmp_path) -> None:
    found = probe(prober_of(dataset, tmp_path, 3.0), samples=3, scales=(1.0,))
    assert [one.scale for one in found.scales] == [0.0, 1.0]
    assert [one.steps for one in found.lengths] == [1, 2, 4, 6]
    assert [one.walks for one in found.together] == [1, 2, 3]
    assert [one.t for one in found.told] == [0, 1, 2, 4, 5]
    without, own = found.scales
    assert without.overlap == 1.0
    assert own.overlap == found.seeds_overlap < 0.9
    assert own.jaccard < own.overlap
    assert own.distinct > 10
    assert "nothing" not in verdict(found)


@pytest.mark.parametrize("exclude_seen", [False, True])
def test_a_walk_of_the_probe_is_that_of_the_evaluation(dataset, tmp_path, exclude_seen) -> None:
    prober = prober_of(dataset, tmp_path, 1.0, exclude_seen=exclude_seen)
    users = choose_users(dataset, "test")
    walks = prober.walks([4, 5], together=True)
    for number, seed in enumerate((4, 5)):
        evaluated = evaluate(
            prober.model, dataset, users, "test", max_len=12, device=CPU, seed=seed, exclude_seen=exclude_seen
        )
        np.testing.assert_array_equal(walks.ranks[number], evaluated.ranks)
    assert (walks.ranks[0] != walks.ranks[1]).any()
    # One walk's probabilities rank as its scores do; two walks' mean lies between theirs.
    np.testing.assert_array_equal(walks.together[1], walks.ranks[0])
    assert (walks.together[2] != walks.ranks[0]).any()


def test_a_state_made_of_the_true_item_gives_it_away_to_a_model_that_repeats_it(dataset, tmp_path) -> None:
    prober = prober_of(dataset, tmp_path, 1.0)
    prober.model.denoise = lambda history, x_t, t, lam: x_t
    assert accuracy(prober.told(0, 0)).hit_rate == 100
    prober.model.item_embeddings.weight.data *= 0.01  # now the noise hides the item
    assert accuracy(prober.told(0, 0)).hit_rate < 50


def test_what_lists_have_in_common() -> None:
    overlap = overlaps(np.array([[1, 2, 3], [4, 5, 6]]), np.array([[3, 2, 9], [7, 8, 9]]))
    assert overlap.tolist() == pytest.approx([2 / 3, 0])
    assert powers_of_two(6) == [1, 2, 4, 6]
    assert powers_of_two(8) == [1, 2, 4, 8]
    assert powers_of_two(1) == [1]


def test_the_error_is_of_differences_within_users() -> None:
    one, other = np.array([[1, 1, 11, 11]]), np.array([[1, 11, 11, 11], [1, 1, 11, 11]])
    assert accuracy(one).ndcg == pytest.approx(50)
    apart = difference(one, other)  # users differ by 0, 50, 0, 0 points
    assert apart.mean == pytest.approx(12.5)
    assert apart.error == pytest.approx(np.std([0, 50, 0, 0], ddof=1) / 2)
    assert not apart.clear
    assert Difference(3.0, 1.0).clear
    assert not Difference(0.0, 0.0).clear


def test_the_verdict_says_what_it_costs(dataset, tmp_path) -> None:
    found = probe(prober_of(dataset, tmp_path, 3.0), samples=2, scales=())
    shaped = replace(
        found,
        seeds_overlap=0.61,
        first_last_overlap=0.5,
        with_state=Difference(-1.0, 0.1),
        all_walks=Difference(0.5, 0.1),
    )
    assert verdict(shaped) == (
        "The walk takes part in the list: two seeds share 6.1 of 10 items, the first step and the last 5.0 of"
        " 10 items. Accuracy loses by the state (NDCG@10 -1.00 ±0.10). 2 walks together rank better than one"
        " (+0.50 ±0.10)."
    )
