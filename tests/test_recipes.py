"""The recipes as the notebooks have them: sizes worked out by hand, settings as published."""

import csv
from pathlib import Path

import pytest

from fmnist.config import TrainConfig
from fmnist.models.network import build_model, build_network
from fmnist.recipes import RECIPES, find_recipe
from tests.factories.models import list_layers

ONE_CONVOLUTION = ["Rescaling", "Conv2D", "MaxPooling2D", "Flatten", "Dense", "Dense"]
CONVOLUTION = ["Conv2D", "MaxPooling2D"]
THREE_DENSE = ["Flatten", "Dense", "Dense", "Dense"]
# conv 3·3·1·32 + 32 = 320 and 3·3·32·64 + 64 = 18,496; the maps' sides are 28 → 26 → 13 → 11 → 5;
# dense 5·5·64·128 + 128 = 204,928, 128·64 + 64 = 8,256 and 64·10 + 10 = 650
EIGHT_LAYERS = 320 + 18_496 + 204_928 + 8_256 + 650
NORMALISED = ["Conv2D", "MaxPooling2D", "BatchNormalization", "ReLU"]
NOTEBOOKS = (
    "dense-32",
    "conv-8-24-48",
    "conv-8-24-48-strided",
    "conv-32",
    "conv-64",
    "conv-64-dropout",
    "augmented-cnn",
    "cnn-50",
)


@pytest.mark.parametrize(
    ("name", "parameters", "kinds"),
    [
        # 784·32 + 32 = 25,120; 32·10 + 10 = 330
        ("dense-32", 25_450, ["Rescaling", "Flatten", "Dense", "Dense"]),
        # conv 80, 3·3·8·24 + 24 = 1,752 and 3·3·24·48 + 48 = 10,416; sides 28 → 26 → 24 → 22;
        # dense 22·22·48·100 + 100 = 2,323,300; 100·10 + 10 = 1,010
        ("conv-8-24-48", 2_336_558, ["Rescaling", *["Conv2D"] * 3, "Flatten", "Dense", "Dense"]),
        # the same convolutions; sides 28 → 13 → 6 → 2; dense 2·2·48·100 + 100 = 19,300; 1,010
        (
            "conv-8-24-48-strided",
            32_558,
            ["Rescaling", "Conv2D", "Dropout", *["Conv2D"] * 2, "Flatten", "Dense", "Dense"],
        ),
        # conv 3·3·1·32 + 32 = 320; sides 28 → 26 → 13; dense 13·13·32·32 + 32 = 173,088; 330
        ("conv-32", 173_738, ONE_CONVOLUTION),
        # conv 3·3·1·64 + 64 = 640; dense 13·13·64·64 + 64 = 692,288; 64·10 + 10 = 650
        ("conv-64", 693_578, ONE_CONVOLUTION),
        ("conv-64-dropout", 693_578, [*ONE_CONVOLUTION[:3], "Dropout", *ONE_CONVOLUTION[3:]]),
        ("augmented-cnn", EIGHT_LAYERS, ["Rescaling", *CONVOLUTION * 2, *THREE_DENSE]),
        # kernels and four numbers per filter: 9·32 + 128 = 416, 9·32·64 + 256 = 18,688; dense
        # 7·7·64·128 + 128 = 401,536, 128·64 + 64 = 8,256; 650
        (
            "cnn-50",
            429_546,
            ["Rescaling", *[*NORMALISED, "Dropout"] * 2, "Flatten", "Dropout", *["Dense"] * 3],
        ),
    ],
)
def test_a_notebooks_network(name, parameters, kinds):
    model = build_model(RECIPES[name].config)
    assert model.count_params() == parameters
    assert [kind for _, kind, _ in list_layers(model)] == kinds


RESIDUAL = [*["Conv2D", "BatchNormalization", "ReLU"] * 2, "Add"]
# kernel, and four numbers per filter to normalise its output
STAGES_32_64_128 = [
    (9 * 32 + 4 * 32) + 2 * (9 * 32 * 32 + 4 * 32),  # 19,104
    (9 * 32 * 64 + 4 * 64) + 2 * (9 * 64 * 64 + 4 * 64),  # 92,928
    (9 * 64 * 128 + 4 * 128) + 2 * (9 * 128 * 128 + 4 * 128),  # 370,176
]
STAGES_48_96_192 = [
    (9 * 48 + 4 * 48) + 2 * (9 * 48 * 48 + 4 * 48),  # 42,480
    (9 * 48 * 96 + 4 * 96) + 2 * (9 * 96 * 96 + 4 * 96),  # 208,512
    (9 * 96 * 192 + 4 * 192) + 2 * (9 * 192 * 192 + 4 * 192),  # 831,744
]
DEEP = [
    "Rescaling", *[*NORMALISED, *RESIDUAL] * 3, "GlobalMaxPooling2D", "Dropout", "Dense"
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "parameters", "kinds"),
    [
        # conv 288 + 128, 18,432 + 256; sides 28 → 14 → 7; dense 7·7·64·128 + 128 = 401,536; 1,290
        (
            "quick",
            421_930,
            ["Rescaling", *NORMALISED * 2, "Flatten", "Dropout", "Dense", "Dense"],
        ),
        # conv 416, 18,688 and 73,728 + 512; sides 28 → 14 → 7 → 3; 3·3·128·10 + 10 = 11,530
        ("balanced", 104_874, ["Rescaling", *NORMALISED * 3, "Flatten", "Dropout", "Dense"]),
        # and the last dense layer: 128·10 + 10
        ("strong", sum(STAGES_32_64_128) + 1_290, DEEP),
        ("drawings", sum(STAGES_32_64_128) + 1_290, DEEP),
        ("best", sum(STAGES_48_96_192) + 1_930, DEEP),
        # conv 288 + 128, 18,432 + 256 and 55,296 + 384; 3·3·96·10 + 10 = 8,650
        ("tiny", 83_434, ["Rescaling", *NORMALISED * 3, "Flatten", "Dropout", "Dense"]),
    ],
)
def test_a_network_of_our_own(name, parameters, kinds):
    network = build_network(RECIPES[name].config)
    assert network.count_params() == parameters
    assert [kind for _, kind, _ in list_layers(network)] == kinds


def test_our_own_recipes_publish_nothing_and_are_complete():
    assert set(RECIPES) == {*NOTEBOOKS, "quick", "balanced", "strong", "best", "tiny", "drawings"}
    assert all(RECIPES[name].published is None for name in set(RECIPES) - set(NOTEBOOKS))
    assert {name for name, recipe in RECIPES.items() if not recipe.is_ours} == set(NOTEBOOKS)


def test_the_accuracies_are_the_measured_ones():
    with (Path(__file__).parents[1] / "benchmarks" / "recipes.csv").open(encoding="utf-8") as table:
        measured = {row["recipe"]: float(row["test_accuracy"]) for row in csv.DictReader(table)}
    assert {
        name: recipe.test_accuracy for name, recipe in RECIPES.items() if recipe.test_accuracy
    } == measured


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebooks_training(name):
    config = RECIPES[name].config
    assert (config.optimizer, config.keep, config.early_stopping_patience) == ("adam", "last", 0)
    # one notebook publishes neither
    steps = (0.005, "one-cycle") if name == "cnn-50" else (0.001, "constant")
    assert (config.learning_rate, config.schedule) == steps
    assert (config.weight_decay, config.validation_fraction) == (0, 0.2)


@pytest.mark.parametrize(
    ("name", "epochs", "batch_size", "dropout"),
    [
        ("conv-8-24-48", 20, 100, 0.0),
        ("conv-8-24-48-strided", 20, 100, 0.5),
        ("conv-32", 50, 512, 0.0),
        ("conv-64", 50, 512, 0.0),
        ("conv-64-dropout", 50, 512, 0.17),
        ("augmented-cnn", 30, 128, 0.0),
        ("cnn-50", 50, 256, 0.3),
    ],
)
def test_published_settings(name, epochs, batch_size, dropout):
    config = RECIPES[name].config
    assert (config.epochs, config.batch_size, config.dropout) == (epochs, batch_size, dropout)


def test_one_notebook_alone_changes_its_images_and_adds_them_to_the_originals():
    changes = {
        name: (RECIPES[name].config.augmentation, RECIPES[name].config.augmented_copies)
        for name in NOTEBOOKS
    }
    assert changes.pop("augmented-cnn") == ("flip+shift", 1)
    assert set(changes.values()) == {("none", 0)}


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("dense-32", None),
        ("quick", None),
        (
            "conv-8-24-48",
            {
                "Validation accuracy, epoch 1": 0.8741,
                "Validation accuracy, epoch 5": 0.9167,
                "Time per epoch": 58,
            },
        ),
        (
            "conv-8-24-48-strided",
            {
                "Validation accuracy, epoch 5": 0.8375,
                "Validation accuracy, epoch 20": 0.8672,
                "Time per epoch": 3,
            },
        ),
        (
            "conv-32",
            {"Test accuracy": 0.91, "Test loss": 0.266, "Training accuracy": 0.952, "Time": 1500},
        ),
        (
            "conv-64",
            {"Test accuracy": 0.918, "Test loss": 0.305, "Training accuracy": 0.988, "Time": 5000},
        ),
        (
            "conv-64-dropout",
            {"Test accuracy": 0.916, "Test loss": 0.283, "Training accuracy": 0.968, "Time": 3500},
        ),
        (
            "augmented-cnn",
            {"Training accuracy, epoch 3": 0.8, "Training accuracy, epoch 30": 0.95},
        ),
        (
            "cnn-50",
            {
                "Test accuracy": 0.9308,
                "Test loss": 0.2172,
                "Training accuracy": 0.9571,
                "Training loss": 0.1122,
            },
        ),
    ],
)
def test_published_figures(name, published):
    found = RECIPES[name].published
    shown = found and {figure.label: figure.value for figure in found.figures()}
    assert shown == published
    assert bool(found and found.is_lower_bound) == (name == "augmented-cnn")


@pytest.mark.parametrize("name", RECIPES)
def test_a_config_is_known_by_all_but_its_name_and_seed(name):
    recipe = RECIPES[name]
    assert find_recipe(recipe.config) is recipe
    assert find_recipe(recipe.config.replace(name="Mine", seed=7)) is recipe
    assert find_recipe(recipe.config.replace(epochs=recipe.config.epochs + 1)) is None


def test_the_default_settings_are_no_recipe():
    assert find_recipe(TrainConfig()) is None


def test_names_agree_and_nothing_can_be_added():
    assert set(NOTEBOOKS) < set(RECIPES)
    for name, recipe in RECIPES.items():
        assert name == recipe.name == recipe.config.name == recipe.config.label
        assert recipe.summary.endswith(".")
        assert recipe.source.endswith(".")
        assert recipe.lesson.endswith(".")
    with pytest.raises(TypeError):
        RECIPES["mine"] = RECIPES["quick"]
