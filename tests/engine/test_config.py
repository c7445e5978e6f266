from __future__ import annotations

from dataclasses import asdict, fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffurec.config import Config, TrainConfig, flatten
from diffurec.errors import UserError
from diffurec.recipe import build_config, load_recipe, parse_overrides, shipped_recipes


@pytest.mark.parametrize("name", shipped_recipes())
def test_shipped_recipes_are_valid_and_say_everything_that_matters(name: str) -> None:
    recipe = load_recipe(name)
    assert build_config(recipe)
    assert {"data", "model", "diffusion", "train"} == set(recipe)


def test_the_paper_recipe_is_the_authors_settings() -> None:
    config = build_config(load_recipe("paper"))
    assert (config.model.hidden_size, config.model.num_blocks, config.model.lambda_mean) == (128, 4, 0.001)
    assert (config.diffusion.steps, config.diffusion.schedule) == (32, "trunc_lin")
    assert config.model.attention_mask == "queries"
    assert config.model.score_padding


def test_overrides_win_and_take_their_types_from_the_field() -> None:
    overrides = parse_overrides(
        [
            "model.hidden_size=64",
            "train.learning_rate=1",
            "diffusion.schedule=cosine",
            "train.exclude_seen=true",
        ]
    )
    config = build_config({"model": {"hidden_size": 32}}, overrides)
    assert config.model.hidden_size == 64
    assert config.train.learning_rate == 1.0
    assert isinstance(config.train.learning_rate, float)
    assert config.diffusion.schedule == "cosine"
    assert config.train.exclude_seen is True


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("model.hiden_size=64", "did you mean model.hidden_size"),
        ("model.epochs=3", "did you mean train.epochs"),
        ("modle.hidden_size=64", "did you mean model"),
        ("epochs=3", "section.key=value"),
        ("train.epochs", "section.key=value"),
        ("train.epochs=many", "must be a whole number"),
        ("train.epochs=2.5", "must be a whole number"),
        ("train.epochs=true", "must be a whole number"),
        ("train.epochs=0", "at least 1"),
        ("train.exclude_seen=1", "true or false"),
        ("train.learning_rate=nan", "finite"),
        ("train.learning_rate=-1", "above 0"),
        ("model.dropout=1.0", "below 1"),
        ("model.num_heads=3", "multiple of"),
        ("diffusion.schedule=lin", "one of linear, cosine"),
        ("diffusion.steps=1", "at least 2"),
        ("train.eval_steps=33", "at most"),
        ("train.metric=HR@7", "one of HR@5"),
        ("train.ema=1", "below 1"),
        ("diffusion.x0_scale=0", "above 0"),
        ("model.cosine_temperature=0", "above 0"),
        ("model.lambda_spread=-1", "0 or more"),
    ],
)
def test_a_wrong_setting_is_refused_with_a_way_out(override: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as refusal:
        build_config(load_recipe("paper"), parse_overrides([override]))
    assert "\n" not in str(refusal.value)


def test_a_recipe_file_is_read_and_a_broken_one_refused(tmp_path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[train]\nepochs = 7\n")
    assert build_config(load_recipe(str(path))).train.epochs == 7
    path.write_text("[train\nepochs = 7\n")
    with pytest.raises(UserError, match="line 1"):
        load_recipe(str(path))
    with pytest.raises(UserError, match="there are best, demo"):
        load_recipe("nonesuch")
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="cannot be read"):
        load_recipe(str(path))


@given(st.integers(1, 500), st.floats(1e-6, 1.0), st.booleans())
def test_a_configuration_survives_json(epochs, rate, exclude) -> None:
    config = Config(train=TrainConfig(epochs=epochs, learning_rate=rate, exclude_seen=exclude))
    assert build_config(asdict(config)) == config


def test_every_field_is_documented() -> None:
    import inspect

    from diffurec import config as module

    source = inspect.getsource(module)
    for key in flatten(Config()):
        name = key.partition(".")[2]
        line = next(i for i, text in enumerate(source.splitlines()) if text.startswith(f"    {name}: "))
        assert source.splitlines()[line + 1].lstrip().startswith('"""'), key
    assert {field.name for field in fields(Config)} == {"data", "model", "diffusion", "train"}
