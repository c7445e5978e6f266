from __future__ import annotations

import pytest

from diffurec.config import Config, TrainConfig
from diffurec.errors import UserError
from diffurec.search_space import Dimension, load_space
from diffurec.tuning import best_of, ended, open_study, results, search
from tests.helpers import make_dataset

RATE = Dimension("train.learning_rate", low=1e-3, high=1e-1, log=True)
BLOCKS = Dimension("model.num_blocks", choices=(1, 2, 3))


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return make_dataset(tmp_path_factory.mktemp("tuning") / "data", users=5)


def test_it_finds_the_settings_that_score_highest_and_goes_on_where_it_stopped(dataset, tmp_path) -> None:
    asked: list[tuple[int, str]] = []

    def train(config, path, report):
        asked.append((config.model.num_blocks, path.name))
        report(1, float(config.model.num_blocks))
        return float(config.model.num_blocks)

    for trials in (4, 12):
        study = open_study(tmp_path / "out", dataset, Config(), [BLOCKS])
        search(study, tmp_path / "out", Config(), [BLOCKS], train, trials=trials)
        assert len(ended(study)) == trials == len(asked)
    best = best_of(results(study))
    assert best is not None
    assert best.settings == {"model.num_blocks": 3}
    assert best.value == 3.0
    assert [name for _, name in asked] == [f"trial-{n}" for n in range(12)]


def test_a_trial_below_the_median_is_stopped_early(dataset, tmp_path) -> None:
    told: list[list[bool]] = []

    def train(config, path, report):
        number = len(told)
        values = [1.0, 1.0, 1.0] if number == 4 else [5.0, 6.0, 7.0]
        told.append([])
        for epoch, value in enumerate(values, 1):
            told[-1].append(report(epoch, value))
            if told[-1][-1]:
                break
        return max(values)

    study = open_study(tmp_path, dataset, Config(), [RATE])
    search(study, tmp_path, Config(), [RATE], train, trials=5)
    found = results(study)
    assert [one.state for one in found] == ["finished"] * 4 + ["stopped early"]
    assert told[4] == [True]
    assert (found[4].value, found[4].epochs) == (1.0, 1)
    assert best_of(found) == found[0]  # all alike, the earliest


def test_a_trial_that_fails_counts_and_ends_nothing(dataset, tmp_path) -> None:
    def train(config, path, report):
        if path.name == "trial-0":
            raise UserError("the loss is nan")
        return 1.0

    study = open_study(tmp_path, dataset, Config(), [RATE])
    search(study, tmp_path, Config(), [RATE], train, trials=2)
    assert [one.state for one in results(study)] == ["failed", "finished"]


def test_a_study_of_other_settings_is_refused(dataset, tmp_path) -> None:
    open_study(tmp_path, dataset, Config(), [RATE])
    with pytest.raises(UserError, match="another space"):
        open_study(tmp_path, dataset, Config(), [BLOCKS])
    with pytest.raises(UserError, match="another base"):
        open_study(tmp_path, dataset, Config(train=TrainConfig(epochs=3)), [RATE])


def test_without_the_library_one_line_says_how_to_get_it(dataset, tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    with pytest.raises(UserError, match=r"pip install \"diffurec\[tune\]\""):
        open_study(tmp_path, dataset, Config(), [RATE])


def test_the_shipped_space_is_valid() -> None:
    assert "train.learning_rate" in {dimension.key for dimension in load_space()}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[space]\n'train.rate' = [1, 2]", "no such key"),
        ("[space]\n'train.learning_rate' = { low = 1, high = 0.1 }", "low must be below high"),
        ("[space]\n'train.learning_rate' = { low = 0, high = 0.1, log = true }", "above 0 with log"),
        ("[space]\n'train.learning_rate' = { low = 0.1 }", "has low, high"),
        ("[space]\n'train.learning_rate' = { low = 0.1, high = 1, step = 2 }", "has low, high"),
        ("[space]\n'train.learning_rate' = 3", "give choices"),
        ("[space]\n'model.dropout' = { low = 0.5, high = 1.5 }", "below 1"),
        ("[space]\n'model.num_blocks' = { low = 1.5, high = 3 }", "whole number"),
        ("[space]\n'train.seed' = [1, 2]", "no setting to choose a model by"),
        ("[space]\n", "one table"),
        ("[other]\na = 1", "one table"),
        ("[space", "not valid TOML"),
    ],
)
def test_a_space_that_makes_no_sense_is_refused(tmp_path, text, message) -> None:
    path = tmp_path / "space.toml"
    path.write_text(text)
    with pytest.raises(UserError, match=message) as refusal:
        load_space(path)
    assert "\n" not in str(refusal.value)


def test_a_range_of_whole_numbers_stays_whole(tmp_path) -> None:
    path = tmp_path / "space.toml"
    path.write_text(
        "[space]\n'model.num_blocks' = { low = 1, high = 3 }\n'model.dropout' = { low = 0, high = 0.5 }"
    )
    blocks, dropout = load_space(path)
    assert isinstance(blocks.low, int)
    assert isinstance(dropout.low, float)
