from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from diffurec.data.batches import evaluation_examples, training_examples
from tests.helpers import write_dataset

CPU = torch.device("cpu")
sequences = st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=9), min_size=1, max_size=8)


def pairs(examples, batches) -> list[tuple[tuple[int, ...], int]]:
    found = []
    for index in batches:
        batch = examples.gather(index)
        for history, target in zip(batch.histories.tolist(), batch.targets.tolist(), strict=True):
            found.append((tuple(item for item in history if item), target))
            assert history == [0] * (len(history) - len(found[-1][0])) + list(found[-1][0])
    return found


@given(sequences, st.integers(1, 6), st.integers(1, 5))
@settings(max_examples=50, deadline=None)
def test_training_has_every_prefix_of_the_training_part_once(
    tmp_path_factory, sequences, max_len, size
) -> None:
    dataset = write_dataset(tmp_path_factory.mktemp("d") / "d", sequences, 9)
    examples = training_examples(dataset, max_len, CPU)
    expected = []
    for user, sequence in enumerate(sequences):
        train = sequence[: int(dataset.boundaries[user, 0])]
        expected += [(tuple(train[:i][-max_len:]), train[i]) for i in range(1, len(train))]
    assert len(examples) == len(expected)
    if expected:
        found = pairs(examples, examples.epoch(size, torch.Generator().manual_seed(1)))
        assert sorted(found) == sorted(expected)


@given(sequences, st.integers(1, 6))
@settings(max_examples=50, deadline=None)
def test_evaluation_has_the_target_of_each_user_with_all_before_it(
    tmp_path_factory, sequences, max_len
) -> None:
    dataset = write_dataset(tmp_path_factory.mktemp("d") / "d", sequences, 9)
    for split, back in (("val", 2), ("test", 1)):
        users = dataset.evaluation_users(split)
        expected = [(tuple(sequences[u][:-back][-max_len:]), sequences[u][-back]) for u in users.tolist()]
        examples = evaluation_examples(dataset, users, split, max_len, CPU)
        everything = [torch.arange(len(examples))] if len(examples) else []
        assert pairs(examples, everything) == expected


def test_batches_are_as_wide_as_their_longest_history(tmp_path) -> None:
    dataset = write_dataset(tmp_path / "d", [list(range(1, 30)), [1, 2, 3, 4]], 30)
    examples = training_examples(dataset, 12, CPU)
    index = (examples.lengths <= 3).nonzero().squeeze(1)
    assert examples.gather(index).histories.shape[1] == 3
    full = training_examples(dataset, 12, CPU, full_width=True)
    assert full.gather(index).histories.shape[1] == 12


def test_an_epoch_is_one_of_its_seed(tmp_path) -> None:
    dataset = write_dataset(tmp_path / "d", [list(range(1, 30))] * 9, 30)
    examples = training_examples(dataset, 12, CPU)

    def order(seed: int) -> list[list[int]]:
        return [index.tolist() for index in examples.epoch(16, torch.Generator().manual_seed(seed))]

    assert order(3) == order(3)
    assert order(3) != order(4)


@pytest.mark.gpu
def test_batches_on_a_gpu_are_those_of_the_cpu(tmp_path) -> None:
    dataset = write_dataset(tmp_path / "d", [list(range(1, 30)), [1, 2, 3, 4]], 30)
    here, there = (training_examples(dataset, 12, torch.device(name)) for name in ("cpu", "cuda"))
    index = torch.arange(len(here))
    assert torch.equal(here.gather(index).histories, there.gather(index.cuda()).histories.cpu())
