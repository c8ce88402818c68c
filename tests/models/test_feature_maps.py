"""A network's stages against hand-worked values and against what Keras builds."""

import subprocess
import sys

import pytest

from fmnist.config import ConfigError, TrainConfig
from fmnist.models import network
from fmnist.models.feature_maps import (
    MapTooSmall,
    check_architecture,
    count_macs,
    count_parameters,
    list_stages,
)
from fmnist.recipes import RECIPES
from tests.factories.models import list_layers

CONV_8_24_48 = TrainConfig(filters=(8, 24, 48), pool=1, dense_units=(100,))
FIVE_PADDED = TrainConfig(filters=(8,) * 5, padding="same")
ODD_ONES = {
    "strided": CONV_8_24_48.replace(strides=2),
    "kernel of 7": TrainConfig(filters=(8, 8, 8), padding="same", kernel_size=7),
    "kernel of 1": TrainConfig(filters=(8,), kernel_size=1, strides=3),
    "five padded": FIVE_PADDED,
    "pool of 4": TrainConfig(filters=(8, 8), padding="same", pool=4, strides=2),
    "two residual blocks": TrainConfig(filters=(4, 6), residual_blocks=2, head="average"),
    "no convolution": TrainConfig(architecture="dense", dense_units=(16, 8)),
    "nothing hidden": TrainConfig(architecture="dense", dense_units=()),
}


def sides(config):
    """The maps' sides after each block of a network, worked out by `list_stages`."""
    maps = [stage for stage in list_stages(config) if len(stage.shape) == 3]
    return [stage.shape[0] for stage in maps]


def test_the_way_of_an_image_by_hand():
    stages = list_stages(TrainConfig(filters=(32, 64), dense_units=(128,)))
    assert [(stage.kind, stage.shape, stage.parameters) for stage in stages] == [
        ("image", (28, 28, 1), 0),
        ("convolution", (26, 26, 32), 3 * 3 * 32 + 32),
        ("pooling", (13, 13, 32), 0),
        ("convolution", (11, 11, 64), 3 * 3 * 32 * 64 + 64),
        ("pooling", (5, 5, 64), 0),
        ("flatten", (1600,), 0),
        ("dense", (128,), 1600 * 128 + 128),
        ("output", (10,), 128 * 10 + 10),
    ]
    assert [stage.macs for stage in stages if stage.macs] == [
        26 * 26 * 9 * 32,
        11 * 11 * 9 * 32 * 64,
        1600 * 128,
        128 * 10,
    ]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (CONV_8_24_48, [28, 26, 24, 22]),
        (ODD_ONES["strided"], [28, 13, 6, 2]),
        (ODD_ONES["kernel of 7"], [28, 28, 14, 14, 7, 7, 3]),
        # a 1×1 kernel with stride 3: 28 → 10, pool 2 → 5
        (ODD_ONES["kernel of 1"], [28, 10, 5]),
        # what is left after four halvings is one pixel, which no pool of 2 fits
        (FIVE_PADDED, [28, 28, 14, 14, 7, 7, 3, 3, 1, 1]),
        # 28 → stride 2 → 14 → pool 4 → 3 → stride 2 → 2
        (ODD_ONES["pool of 4"], [28, 14, 3, 2]),
    ],
)
def test_sides_by_hand(config, expected):
    assert sides(config) == expected


@pytest.mark.slow
@pytest.mark.parametrize(
    "config",
    [*(recipe.config for recipe in RECIPES.values()), *ODD_ONES.values()],
    ids=[*RECIPES, *ODD_ONES],
)
def test_keras_builds_the_same(config):
    model = network.build_network(config)
    stages = list_stages(config)
    assert count_parameters(stages) == model.count_params()
    assert count_macs(stages) == network.count_macs(model)
    shapes = [shape for *_, shape in list_layers(model)]
    for stage in stages[1:]:  # each is met on the way, and in this order
        shapes = shapes[shapes.index(stage.shape) :]


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        (TrainConfig(filters=(8,) * 5), "Convolution 4 has a 3×3 kernel.*only 1×1"),
        (TrainConfig(filters=(8, 8, 8), kernel_size=7), "Convolution 3 has a 7×7 kernel.*only 2×2"),
    ],
)
def test_a_vanishing_feature_map_gets_a_sentence_and_padding_mends_it(config, sentence):
    with pytest.raises(MapTooSmall, match=sentence):
        check_architecture(config)
    check_architecture(config.replace(padding="same"))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"weight_decay": 0.1}, "Weight decay works with AdamW and SGD only"),
        ({"dropout": 0.5, "dropout_after": "inner"}, "needs at least two of them"),
        ({"augmented_copies": 1}, "Augmented copies need an augmentation"),
    ],
)
def test_settings_that_contradict_each_other_get_a_sentence(changes, sentence):
    with pytest.raises(ConfigError, match=sentence):
        check_architecture(TrainConfig(**changes))
    check_architecture(
        TrainConfig(**changes, optimizer="adamw", augmentation="flip", filters=(8, 8))
    )


def test_checking_an_architecture_loads_no_keras():
    code = (
        "import sys\n"
        "from fmnist.config import TrainConfig\n"
        "from fmnist.models.feature_maps import check_architecture\n"
        "check_architecture(TrainConfig())\n"
        "print(sorted({'keras', 'tensorflow', 'numpy'} & set(sys.modules)))\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout == "[]\n", result.stderr
