"""Feature map sizes against hand-worked values and against what Keras builds."""

import subprocess
import sys

import pytest

from fmnist.config import ConfigError, TrainConfig
from fmnist.models.feature_maps import check_architecture, feature_map_sizes
from fmnist.models.network import build_model, describe_model

DENSE_32 = TrainConfig(architecture="dense", dense_units=(32,))
CONV_8_24_48 = TrainConfig(filters=(8, 24, 48), pool=1, dense_units=(100,))
STRIDED = CONV_8_24_48.replace(strides=2, dropout=0.5)
CONV_64 = TrainConfig(filters=(64,), dense_units=(64,))


@pytest.mark.parametrize(
    ("config", "sizes"),
    [
        (DENSE_32, []),
        (CONV_8_24_48, [26, 24, 22]),
        (STRIDED, [13, 6, 2]),
        (CONV_64, [13]),
        (TrainConfig(filters=(8, 8, 8), padding="same", kernel_size=7), [14, 7, 3]),
        # a 1×1 kernel with stride 3: 28 → 10, pool 2 → 5
        (TrainConfig(filters=(8,), kernel_size=1, strides=3), [5]),
    ],
)
def test_feature_map_sizes_agree_with_keras(config, sizes):
    assert feature_map_sizes(config) == sizes
    rows = {row["layer"]: row["output_shape"] for row in describe_model(build_model(config))}
    last = "pool" if config.pool > 1 else "conv"
    built = [rows[f"{last}_{number}"][0] for number in range(1, len(sizes) + 1)]
    assert built == sizes


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        (TrainConfig(filters=(8,) * 5), "Convolution 4 has a 3×3 kernel.*only 1×1"),
        (TrainConfig(filters=(8, 8, 8), kernel_size=7), "Convolution 3 has a 7×7 kernel.*only 2×2"),
        (
            TrainConfig(filters=(8,) * 5, padding="same"),
            "2×2 pooling after convolution 5.*feature map of 1×1",
        ),
        # 28 → stride 2 → 14 → pool 3 → 4 → stride 2 → 2
        (
            TrainConfig(filters=(8, 8), padding="same", pool=3, strides=2),
            "3×3 pooling after convolution 2.*feature map of 2×2",
        ),
    ],
)
def test_a_vanishing_feature_map_gets_a_sentence(config, sentence):
    with pytest.raises(ConfigError, match=sentence):
        check_architecture(config)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"weight_decay": 0.1}, "Weight decay is for adamw and sgd: with adam"),
        ({"dropout": 0.5, "dropout_after": "inner"}, "needs two of them at least"),
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
