"""The recipes as the notebooks have them: sizes worked out by hand, settings as published."""

import pytest

from fmnist.models import build_model, describe_model
from fmnist.recipes import RECIPES

CONV_64_LAYERS = ["Rescaling", "Conv2D", "MaxPooling2D", "Flatten", "Dense", "Dense"]


@pytest.mark.parametrize(
    ("name", "parameters", "kinds"),
    [
        ("dense-32", 25_450, ["Rescaling", "Flatten", "Dense", "Dense"]),
        ("conv-8-24-48", 2_336_558, ["Rescaling", *["Conv2D"] * 3, "Flatten", "Dense", "Dense"]),
        (
            "conv-8-24-48-strided",
            32_558,
            ["Rescaling", *["Conv2D", "Dropout"] * 3, "Flatten", "Dense", "Dense"],
        ),
        ("conv-32", 173_738, CONV_64_LAYERS),
        ("conv-64", 693_578, CONV_64_LAYERS),
        ("conv-64-dropout", 693_578, [*CONV_64_LAYERS[:3], "Dropout", *CONV_64_LAYERS[3:]]),
    ],
)
def test_a_notebooks_network(name, parameters, kinds):
    model = build_model(RECIPES[name].config)
    assert model.count_params() == parameters
    assert [row["kind"] for row in describe_model(model)] == kinds


@pytest.mark.parametrize("name", [name for name in RECIPES if name != "quick"])
def test_a_notebooks_training(name):
    config = RECIPES[name].config
    assert (config.optimizer, config.keep, config.early_stopping_patience) == ("adam", "last", 0)
    assert config.augmentation == "none"
    assert config.validation_fraction == 0.2


@pytest.mark.parametrize(
    ("name", "epochs", "batch_size", "dropout"),
    [
        ("conv-8-24-48", 20, 100, 0.0),
        ("conv-8-24-48-strided", 20, 100, 0.5),
        ("conv-32", 50, 512, 0.0),
        ("conv-64", 50, 512, 0.0),
        ("conv-64-dropout", 50, 512, 0.17),
    ],
)
def test_published_settings(name, epochs, batch_size, dropout):
    config = RECIPES[name].config
    assert (config.epochs, config.batch_size, config.dropout) == (epochs, batch_size, dropout)


def test_names_agree_and_nothing_can_be_added():
    for name, recipe in RECIPES.items():
        assert name == recipe.name == recipe.config.name == recipe.config.label
        assert recipe.summary.endswith(".")
        assert recipe.source.endswith(".")
    with pytest.raises(TypeError):
        RECIPES["mine"] = RECIPES["quick"]
