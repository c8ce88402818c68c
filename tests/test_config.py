"""Settings are refused with a sentence that names the field, and survive JSON."""

import json

import pytest

from fmnist.config import FIELDS, ConfigError, TrainConfig, field_bounds
from fmnist.recipes import RECIPES


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"epochs": 0}, "epochs is between 1 and 200, got 0"),
        ({"epochs": 201}, "epochs is between 1 and 200, got 201"),
        ({"epochs": 2.5}, "epochs is a whole number, got 2.5"),
        ({"epochs": True}, "epochs is a number, got True"),
        ({"epochs": "3"}, "epochs is a number, got '3'"),
        ({"dropout": 0.95}, "dropout is between 0 and 0.9, got 0.95"),
        ({"learning_rate": float("nan")}, "learning_rate is a number, got nan"),
        ({"learning_rate": 10**400}, "learning_rate is between 1e-06 and 10"),
        ({"seed": 2**31}, "seed is between 0 and 2147483647, got 2147483648"),
        ({"filters": ()}, "filters is empty"),
        ({"filters": (8,) * 6}, "filters has 6 entries: at most 5"),
        ({"filters": (8, 257)}, "filters is between 1 and 256, got 257"),
        ({"filters": 8}, "filters is a list of whole numbers, got 8"),
        ({"optimizer": "lion"}, "optimizer is one of adam, adamw, sgd, rmsprop, got 'lion'"),
        ({"name": "x" * 61}, "name has 61 characters: at most 60"),
        ({"name": 7}, "name is a text, got 7"),
        ({"dataset": "../etc"}, "dataset is a short name of small letters, digits and hyphens"),
        ({"weight_averaging": 1}, "weight_averaging is true or false, got 1"),
    ],
)
def test_a_wrong_setting_is_named(values, said):
    with pytest.raises(ConfigError, match="^" + said.replace("(", r"\(")):
        TrainConfig(**values)


@pytest.mark.parametrize("name", FIELDS)
def test_defaults_lie_within_their_own_bounds(name):
    default, bounds = FIELDS[name].default, field_bounds(name)
    numbers = default if isinstance(default, tuple) else (default,)
    if bounds.low is not None:
        assert all(bounds.low <= number <= bounds.high for number in numbers)
    if bounds.choices:
        assert default in bounds.choices


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=lambda recipe: recipe.name)
def test_every_recipe_lies_on_the_sliders_grid(recipe):
    for name, value in vars(recipe.config).items():
        bounds = field_bounds(name)
        for number in value if isinstance(value, tuple) else (value,):
            if bounds.step:
                steps = (number - bounds.low) / bounds.step
                assert steps == pytest.approx(round(steps), abs=1e-6), name


def test_a_config_survives_json():
    config = TrainConfig(name="a  b", filters=[8, 24], dropout=0.2, weight_averaging=True)
    assert config.filters == (8, 24)
    assert config.name == "a b"
    assert TrainConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_a_setting_by_its_former_name_is_understood():
    assert TrainConfig.from_json({"dropout_between": True}) == TrainConfig(dropout_after="inner")
    assert TrainConfig.from_json({"dropout_between": False}) == TrainConfig()


def test_a_name_is_kept_without_what_nobody_sees():
    assert TrainConfig(name=" a\0 \u202eb\n ").name == "a b"


def test_absent_keys_take_defaults_and_unknown_ones_are_refused():
    assert TrainConfig.from_json({"epochs": 3}) == TrainConfig(epochs=3)
    with pytest.raises(ConfigError, match="^Unknown setting 'layers'"):
        TrainConfig.from_json({"layers": 3})
    with pytest.raises(ConfigError, match="^A config is a JSON object, got list"):
        TrainConfig.from_json([])


def test_whole_numbers_for_fractions_become_floats():
    dropout = TrainConfig(dropout=0).dropout
    assert (dropout, type(dropout)) == (0.0, float)


@pytest.mark.parametrize(
    ("config", "label", "slug"),
    [
        (TrainConfig(filters=(8, 24)), "conv-8-24", "conv-8-24"),
        (TrainConfig(dropout=0.2), "conv-32 dropout 0.2", "conv-32-dropout-0-2"),
        (TrainConfig(architecture="dense", dense_units=(32,)), "dense-32", "dense-32"),
        (TrainConfig(name="../Ähm <b>"), "../Ähm <b>", "hm-b"),
        (TrainConfig(name="…"), "…", "run"),
    ],
)
def test_label_and_slug(config, label, slug):
    assert (config.label, config.slug) == (label, slug)


def test_differences_leave_the_name_out():
    mine = TrainConfig(name="mine", dropout=0.2)
    assert mine.differences(TrainConfig(epochs=9)) == {"dropout": (0.2, 0.0), "epochs": (5, 9)}
    assert mine.replace(dropout=0.0).differences(TrainConfig()) == {}
