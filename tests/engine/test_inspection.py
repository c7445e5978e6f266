from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from diffurec.config import Config, DataConfig, DiffusionConfig, ModelConfig
from diffurec.data.catalogue import load_catalogue
from diffurec.errors import UserError
from diffurec.inspection.cases import Case
from diffurec.inspection.diversity import contrast, diversity, item_facts, running_jaccard
from diffurec.inspection.frames import SampleSet, Trajectory, merge, movement
from diffurec.inspection.influence import influence
from diffurec.inspection.inspector import Inspector, load_inspector
from diffurec.inspection.views import Fork, View
from diffurec.model import DiffuRec
from diffurec.walk_options import WalkOptions
from tests.helpers import make_dataset, make_run


def make(mask="keys", lambda_mean=0.5, steps=12) -> Inspector:
    torch.manual_seed(0)
    config = Config(
        data=DataConfig(max_len=6),
        model=ModelConfig(
            hidden_size=16, num_blocks=2, num_heads=2, lambda_mean=lambda_mean, attention_mask=mask
        ),
        diffusion=DiffusionConfig(steps=steps, schedule="cosine"),
    )
    return Inspector(DiffuRec(30, config), load_catalogue(30))


INSPECTOR = make()
CASE = Case((3, 4, 5, 6), 7)


def vectors(frames) -> np.ndarray:
    return np.stack([frame.x_t_vector for frame in frames])


def test_a_frame_says_what_the_engine_computes() -> None:
    frames = list(INSPECTOR.walk(CASE, 3))
    model = INSPECTOR.model
    for frame in (frames[0], frames[-1]):
        scores = model.round(torch.from_numpy(frame.x_0_hat_vector).unsqueeze(0))[0, 1:].detach()
        order = scores.argsort(descending=True)
        assert frame.x_0_hat.items.tolist() == (order[:10] + 1).tolist()
        p = scores.softmax(0)
        assert frame.x_0_hat.probabilities.tolist() == pytest.approx(p[order[:10]].tolist(), rel=1e-4)
        assert frame.x_0_hat.entropy == pytest.approx(-(p * p.log()).sum().item(), rel=1e-4)
        assert frame.x_0_hat.target_rank == (order + 1).tolist().index(7) + 1
    moved = np.linalg.norm(np.diff(vectors(frames), axis=0), axis=1)
    assert [frame.moved for frame in frames[:-1]] == pytest.approx(moved.tolist(), rel=1e-4)


def test_temperature_flattens_probabilities_and_moves_no_rank() -> None:
    cold, hot = (list(INSPECTOR.walk(CASE, 3, View(temperature=t)))[-1].x_0_hat for t in (1.0, 5.0))
    assert cold.items.tolist() == hot.items.tolist()
    assert cold.target_rank == hot.target_rank
    assert hot.entropy > cold.entropy


@given(st.integers(0, 11), st.integers(0, 2**40), st.integers(0, 2**40))
@settings(max_examples=25, deadline=None)
def test_a_fork_shares_the_past_and_not_the_future(step, seed, other) -> None:
    whole = list(INSPECTOR.walk(CASE, seed))
    forked = list(INSPECTOR.walk(CASE, seed, forks=[Fork(step, other)]))
    assert [frame.t for frame in forked] == [frame.t for frame in whole]
    np.testing.assert_array_equal(vectors(forked)[: step + 1], vectors(whole)[: step + 1])
    if seed != other and step < 10:
        assert not np.array_equal(vectors(forked)[step + 1], vectors(whole)[step + 1])


def test_forks_of_forks() -> None:
    once = list(INSPECTOR.walk(CASE, 1, forks=[Fork(3, 2)]))
    twice = list(INSPECTOR.walk(CASE, 1, forks=[Fork(3, 2), Fork(8, 5)]))
    np.testing.assert_array_equal(vectors(twice)[:9], vectors(once)[:9])
    assert not np.array_equal(vectors(twice)[9], vectors(once)[9])
    # A fork that draws what the walk would have drawn anyway is that walk only from its own start.
    assert len(list(INSPECTOR.walk(CASE, 1, forks=[Fork(5, 2), Fork(5, 3)]))) == 12


@pytest.mark.parametrize("forks", [[Fork(12, 1)], [Fork(-1, 1)], [Fork(5, 1), Fork(4, 1)]])
def test_forks_outside_the_walk_are_refused(forks) -> None:
    with pytest.raises(UserError, match="fork at step"):
        list(INSPECTOR.walk(CASE, 1, forks=forks))


def test_a_strided_walk_forks_by_its_own_steps() -> None:
    view = View(walk=WalkOptions(steps=4))
    forked = list(INSPECTOR.walk(CASE, 1, view, [Fork(2, 9)]))
    assert [frame.index for frame in forked] == [0, 1, 2, 3]


def test_samples_are_the_walks_of_their_seeds() -> None:
    parts = list(INSPECTOR.sample(CASE, range(5, 12), at_once=3))
    assert [len(part.seeds) for part in parts] == [3, 3, 1]
    samples = merge(parts)
    for row, seed in enumerate(samples.seeds):
        final = list(INSPECTOR.walk(CASE, seed))[-1].x_0_hat
        assert samples.lists[row].tolist() == final.items.tolist()
        assert samples.target_ranks[row] == final.target_rank


def test_recommendations_do_not_depend_on_the_company() -> None:
    histories = [[3, 4, 5, 6], [9], [1, 2, 3, 4, 5, 6, 7, 8]]
    items, _ = INSPECTOR.recommend(histories, 4)
    for row, history in zip(items.tolist(), histories, strict=True):
        assert row == list(INSPECTOR.walk(Case(tuple(history)), 4))[-1].x_0_hat.items.tolist()


def test_a_list_is_no_longer_than_what_is_left_to_recommend() -> None:
    view = View(top_k=10, exclude_seen=True)
    case = Case(tuple(range(1, 28)), 27)
    frame = list(INSPECTOR.walk(case, 1, view))[-1]
    assert sorted(frame.x_0_hat.items.tolist()) == [27, 28, 29, 30]
    (drawn,) = INSPECTOR.sample(case, [1], view)
    assert drawn.lists.shape == (1, 4)
    with pytest.raises(UserError, match="every item"):
        list(INSPECTOR.walk(Case(tuple(range(1, 31))), 1, view))


def test_an_empty_history_is_refused() -> None:
    with pytest.raises(UserError, match="history is empty"):
        list(INSPECTOR.walk(Case(()), 0))


# What a trajectory amounts to.


def test_lock_in_overlap_and_movement() -> None:
    frames = tuple(INSPECTOR.walk(CASE, 3))
    trajectory = Trajectory(frames, len(frames))
    tops = [frame.x_0_hat.items[0] for frame in frames]
    locked = trajectory.locked_in(1)
    assert all(top == tops[-1] for top in tops[locked:])
    assert locked == 0 or tops[locked - 1] != tops[-1]
    assert trajectory.overlap_with_final()[-1] == 1
    assert trajectory.cosine_to_final()[-1] == pytest.approx(1, abs=1e-5)
    a, b = frames[0].x_0_hat, replace(frames[0].x_0_hat, items=frames[0].x_0_hat.items[::-1])
    assert movement(None, a) == [0] * 10
    assert movement(a, a) == [0] * 10
    assert movement(a, b) == [9, 7, 5, 3, 1, -1, -3, -5, -7, -9]
    assert movement(replace(a, items=a.items + 100), a) == [None] * 10


# Diversity.


def sample_set(lists) -> SampleSet:
    array = np.array(lists)
    return SampleSet(tuple(range(len(array))), array, None)


FACTS = item_facts(
    np.array([[0, 0], [1, 0], [0, 2], [3, 0], [-1, 0]], dtype=np.float32),
    ["", "a|b", "b", "", "c"],
    np.array([0, 5, 1, 9, 5]),
)

FACTS_OF_SIX = item_facts(np.ones((7, 2), dtype=np.float32), [""] * 7, np.zeros(7, dtype=np.int64))


def test_lists_that_agree() -> None:
    measured = diversity(sample_set([[1, 2], [2, 1]]), [3], FACTS)
    assert measured.distinct_items == 2
    assert measured.mean_jaccard == 1
    assert measured.entropy == pytest.approx(math.log(2))
    assert measured.coverage == 0.5
    assert measured.intra_list_distance == pytest.approx(1)  # at right angles
    assert measured.category_distance == pytest.approx(0.5)  # {a, b} and {b}
    assert measured.popularity == pytest.approx((0.25 + 0) / 2)
    assert measured.history_popularity == pytest.approx(0.75)


def test_lists_that_do_not() -> None:
    measured = diversity(sample_set([[1, 3], [2, 4]]), [], FACTS)
    assert measured.mean_jaccard == 0
    assert measured.entropy == pytest.approx(math.log(4))
    assert measured.intra_list_distance == pytest.approx((0 + 1) / 2)
    assert measured.category_distance == pytest.approx(1)  # 3 has no category
    assert math.isnan(measured.history_popularity)


def test_one_list_of_one_item_has_no_pairs() -> None:
    measured = diversity(sample_set([[1]]), [2], FACTS)
    assert math.isnan(measured.mean_jaccard)
    assert math.isnan(measured.intra_list_distance)
    assert math.isnan(measured.category_distance)
    assert math.isnan(measured.shared_items)
    assert measured.same_lists == 1
    assert measured.entropy == 0


def test_facts_of_a_loaded_model(tmp_path) -> None:
    run = make_run(tmp_path / "run", make_dataset(tmp_path / "data"))
    inspector = load_inspector(run, run.dataset())
    facts = inspector.item_facts
    assert facts is inspector.item_facts, "worked out once"
    occurrences = np.bincount(np.asarray(run.dataset().items), minlength=len(facts.popularity))
    assert inspector.catalogue.counts.tolist() == [0, *occurrences[1:].tolist()]
    assert facts.popularity[occurrences.argmax()] == max(facts.popularity)
    np.testing.assert_allclose(np.linalg.norm(facts.directions[1:], axis=1), 1, rtol=1e-5)


def test_two_sets_against_each_other() -> None:
    one = SampleSet((5, 6), np.array([[1, 2], [2, 3]]), None)
    other = SampleSet((6, 7, 8), np.array([[3, 2], [1, 4], [5, 6]]), None)
    found = contrast(one, other)
    # Jaccard of one list of each: 1/3, 1/3, 0 for the first, 1, 0, 0 for the second.
    assert found.jaccard == pytest.approx((1 / 3 + 1 / 3 + 1) / 6)
    assert found.shared_items == pytest.approx((1 + 1 + 2) / 6)
    assert found.same_seed_jaccard == pytest.approx(1), "of seed 6, the only one that both have"
    assert found.items == ((2, 2, 1), (1, 1, 1), (3, 1, 1), (4, 0, 1), (5, 0, 1), (6, 0, 1))
    assert math.isnan(contrast(one, replace(other, seeds=(1, 2, 3))).same_seed_jaccard)


@given(
    st.lists(st.lists(st.integers(1, 9), min_size=3, max_size=3, unique=True), min_size=1, max_size=6),
    st.lists(st.lists(st.integers(1, 9), min_size=2, max_size=2, unique=True), min_size=1, max_size=6),
)
def test_the_contrast_is_the_mean_over_pairs_of_one_list_of_each(a, b) -> None:
    pairs = [(set(x), set(y)) for x in a for y in b]
    found = contrast(sample_set(a), sample_set(b))
    assert found.jaccard == pytest.approx(
        sum(len(x & y) / len(x | y) for x, y in pairs) / len(pairs), abs=1e-6
    )
    assert found.shared_items == pytest.approx(sum(len(x & y) for x, y in pairs) / len(pairs), abs=1e-6)
    counted = {item: (n, m) for item, n, m in found.items}
    for item in range(1, 10):
        inside = tuple(sum(item in one for one in lists) for lists in (a, b))
        assert counted.get(item, (0, 0)) == inside
    shares = [max(n / len(a), m / len(b)) for _, n, m in found.items]
    assert shares == sorted(shares, reverse=True)


@given(st.lists(st.lists(st.integers(1, 6), min_size=2, max_size=2, unique=True), min_size=2, max_size=9))
def test_what_two_lists_share_and_how_many_are_the_same(lists) -> None:
    measured = diversity(sample_set(lists), [1], FACTS_OF_SIX)
    pairs = [len(set(x) & set(y)) for x, y in combinations(lists, 2)]
    assert measured.shared_items == pytest.approx(sum(pairs) / len(pairs))
    sets = [frozenset(one) for one in lists]
    assert measured.same_lists == max(sets.count(one) for one in sets)


@given(st.lists(st.lists(st.integers(1, 20), min_size=2, max_size=2, unique=True), min_size=1, max_size=9))
def test_the_running_jaccard_is_that_of_every_beginning(lists) -> None:
    running = running_jaccard(sample_set(lists))
    for n in range(1, len(lists) + 1):
        assert running[n - 1] == pytest.approx(sample_set(lists[:n]).mean_jaccard, abs=1e-5, nan_ok=True)


@given(st.lists(st.lists(st.integers(1, 12), min_size=4, max_size=4, unique=True), min_size=1, max_size=9))
def test_the_distance_of_categories_is_the_mean_over_pairs_then_over_lists(lists) -> None:
    names = ["", "a", "b", "a|b", "", "a|b|c", "d", "", "", "e|a", "b|c", "", "d|e"]
    facts = item_facts(np.ones((13, 2), dtype=np.float32), names, np.zeros(13, dtype=np.int64))
    means = []
    for one in lists:
        known = [facts.categories[item] for item in one if facts.categories[item]]
        pairs = [1 - len(a & b) / len(a | b) for a, b in combinations(known, 2)]
        means += [sum(pairs) / len(pairs)] if pairs else []
    expected = sum(means) / len(means) if means else math.nan
    measured = diversity(sample_set(lists), [1], facts).category_distance
    assert measured == pytest.approx(expected, abs=1e-5, nan_ok=True)


def test_the_first_of_a_sample_set() -> None:
    samples = SampleSet((5, 6, 7), np.arange(12).reshape(3, 4), np.array([1, 2, 3]))
    first = samples.first(2, 3)
    assert first.seeds == (5, 6)
    assert first.lists.tolist() == [[0, 1, 2], [4, 5, 6]]
    assert first.target_ranks is not None
    assert first.target_ranks.tolist() == [1, 2]


@given(st.lists(st.lists(st.integers(1, 30), min_size=3, max_size=3, unique=True), min_size=2, max_size=12))
def test_jaccard_equals_the_mean_over_all_pairs(lists) -> None:
    sets = [set(one) for one in lists]
    pairs = [len(a & b) / len(a | b) for i, a in enumerate(sets) for b in sets[i + 1 :]]
    assert sample_set(lists).mean_jaccard == pytest.approx(sum(pairs) / len(pairs), abs=1e-5)


# Influence.


@pytest.mark.parametrize("mask", ["keys", "queries"])
def test_influence_is_the_fall_of_log_p_when_the_item_is_left_out(mask) -> None:
    """With λ = 0 no draw matters, so each row must be the walk of the shortened history."""
    inspector = make(mask, lambda_mean=0.0)
    found = influence(inspector, CASE, 3)

    def log_p(history) -> torch.Tensor:
        frame = list(inspector.walk(Case(history), 3))[-1]
        scores = inspector.model.round(torch.from_numpy(frame.x_0_hat_vector).unsqueeze(0))
        scores[:, 0] = -torch.inf
        return scores.log_softmax(-1)[0].detach()

    whole = log_p(CASE.history)
    top = int(whole.argmax())
    for place in range(4):
        shorter = log_p(CASE.history[:place] + CASE.history[place + 1 :])
        assert found.on_top[place] == pytest.approx(float(whole[top] - shorter[top]), abs=1e-3)
        assert found.on_target[place] == pytest.approx(float(whole[7] - shorter[7]), abs=1e-3)


@pytest.mark.parametrize("mask", ["keys", "queries"])
def test_the_walks_without_an_item_share_every_other_draw(mask) -> None:
    """An item that is not attended to changes nothing when it is left out: the noise is the same."""
    inspector = make(mask, lambda_mean=0.5)
    with torch.no_grad():  # no attention anywhere: the last position sees itself and its own λ alone
        for block in inspector.model.approximator.blocks:
            block.attention.out.weight.zero_()
            block.attention.out.bias.zero_()
    found = influence(inspector, CASE, 3)
    assert found.on_top[:-1].tolist() == pytest.approx([0, 0, 0], abs=1e-4)
    assert abs(found.on_top[-1]) > 1e-3


def test_attention_is_a_share_of_the_history() -> None:
    for mask in ("keys", "queries"):
        found = influence(make(mask), CASE, 3)
        assert found.attention.shape == (4,)
        assert (found.attention > 0).all()
        total = found.attention.sum()
        assert total == pytest.approx(1, abs=1e-5) if mask == "keys" else total < 1


def test_only_what_the_model_sees_has_influence() -> None:
    long = Case(tuple(range(1, 12)), 20)
    assert influence(INSPECTOR, long, 3).on_top.shape == (6,)


def test_a_history_of_one_item_has_no_influence_to_measure() -> None:
    found = influence(INSPECTOR, Case((3,)), 3)
    assert np.isnan(found.on_top).all()
    assert found.on_target is None
    assert found.attention.tolist() == pytest.approx([1])


def test_influence_is_that_of_the_forked_walk() -> None:
    inspector = make("keys", lambda_mean=0.5)
    forks = (Fork(1, 8), Fork(3, 9))
    found = influence(inspector, CASE, 3, forks=forks)
    assert found.on_top != pytest.approx(influence(inspector, CASE, 3).on_top)
    with torch.no_grad():  # no attention anywhere: only the last item counts, and no draw is another one
        for block in inspector.model.approximator.blocks:
            block.attention.out.weight.zero_()
            block.attention.out.bias.zero_()
    assert influence(inspector, CASE, 3, forks=forks).on_top[:-1].tolist() == pytest.approx(
        [0, 0, 0], abs=1e-4
    )


def test_influence_can_be_given_up() -> None:
    assert influence(INSPECTOR, CASE, 3, stop=lambda: True) is None
