"""Configs in sentences, and as commands."""

import shlex

import pytest

from fmnist.commands.train import build_parser, read_config
from fmnist.config import TrainConfig
from fmnist.evaluation.config_text import describe_command, describe_network, describe_training
from fmnist.recipes import RECIPES


def test_a_residual_network():
    config = TrainConfig(
        filters=(64, 128), padding="same", batch_norm=True, residual_blocks=1, head="max",
        head_dropout=0.2, dense_units=(), optimizer="sgd", learning_rate=0.4, schedule="one-cycle",
        weight_decay=0.0005, augmentation="flip+shift+erase", augmented_copies=1,
    )  # fmt: skip
    assert describe_network(config) == (
        "Convolutions of 64 and 128 filters (3 × 3 pixels, padding same), pooled 2 × 2, normalised "
        "over the batch, each followed by 1 residual block; then the maximum of each filter's last "
        "map (dropout 0.2) and a softmax over the ten classes."
    )
    assert describe_training(config) == (
        "Batches of 128 images, sgd with a learning rate of 0.4, climbing for a quarter of the "
        "run, then falling to 0; weight decay 0.0005; training images changed at random "
        "(flip+shift+erase); 1 changed copy beside each original."
    )


def test_smaller_networks():
    dense = TrainConfig(architecture="dense", dense_units=(32, 16), dropout=0.5)
    assert describe_network(dense) == (
        "A network of dense layers of 32 and 16 units, each with a dropout of 0.5, and a softmax "
        "over the ten classes."
    )
    strided = TrainConfig(
        filters=(8,), strides=2, pool=1, label_smoothing=0.1, weight_averaging=True
    )
    assert describe_network(strided) == (
        "A convolution of 8 filters (3 × 3 pixels, padding valid, stride 2); then every number "
        "of the last map, a dense layer of 64 units and a softmax over the ten classes."
    )
    assert describe_training(strided) == (
        "Batches of 128 images, adam with a learning rate of 0.001, held constant; label "
        "smoothing 0.1; a moving average of the weights."
    )


@pytest.mark.parametrize("name", list(RECIPES))
def test_a_recipe_is_named_whatever_the_seed_and_name(name):
    config = RECIPES[name].config.replace(seed=3, name="mine")
    assert describe_command(config) == f"python -m fmnist train --recipe {name} --seed 3"


def test_recording_the_epochs_leaves_a_recipe_one():
    config = RECIPES["conv-64"].config.replace(seed=3, record_epochs=True)
    command = "python -m fmnist train --recipe conv-64 --seed 3 --record-epochs True"
    assert describe_command(config) == command


def test_other_settings_are_told_in_full():
    config = TrainConfig(filters=(8, 16), batch_norm=True, learning_rate=0.01, seed=5)
    assert describe_command(config) == (
        "python -m fmnist train --filters 8,16 --batch-norm True --learning-rate 0.01 --seed 5"
    )


@pytest.mark.parametrize(
    "config",
    [
        TrainConfig(),
        TrainConfig(name="it's -- mine", dense_units=(), augmentation="flip+shift", seed=9),
        TrainConfig(name="-x", precision="bfloat16", weight_decay=1e-5, optimizer="adamw"),
        RECIPES["conv-64"].config.replace(epochs=3),
        TrainConfig(filters=(8,), record_epochs=True),
    ],
)
def test_the_command_line_reads_the_command_as_the_same_config(config):
    words = shlex.split(describe_command(config))[3:]
    assert read_config(vars(build_parser().parse_args(words))) == config
