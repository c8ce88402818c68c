"""The layers made for training against Keras's own: the same answers, gradients and statistics."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from fmnist import fast_layers
from fmnist.config import TrainConfig
from fmnist.fast_layers import (
    FusedBatchNormalization,
    choose_precision,
    computing_in,
)
from fmnist.models import build_network

NETWORKS = {
    "conv-64": TrainConfig(filters=(4,), dense_units=(8,)),
    "two pooled": TrainConfig(filters=(4, 6), dense_units=(8,)),
    "same padding, even kernel": TrainConfig(filters=(4,), kernel_size=4, padding="same"),
    "a row is left over": TrainConfig(filters=(4,), kernel_size=2),  # 27 → 13
    "not pooled": TrainConfig(filters=(4, 5), pool=1, strides=2, dense_units=()),
    "pool of 3": TrainConfig(filters=(4,), pool=3, dense_units=()),
    "normalised, residual": TrainConfig(
        filters=(4, 6), padding="same", batch_norm=True, residual_blocks=1, head="max",
        dense_units=(),
    ),
}  # fmt: skip


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (6, 28, 28, 1), dtype=np.uint8)


@pytest.mark.parametrize("config", NETWORKS.values(), ids=NETWORKS)
def test_the_fast_network_computes_what_the_plain_one_does(config, images):
    plain, fast = build_network(config), build_network(config, fast=True)
    assert [weight.path.split("/")[-2:] for weight in plain.weights] == [
        weight.path.split("/")[-2:] for weight in fast.weights
    ]
    fast.set_weights(plain.get_weights())
    targets = tf.one_hot([0, 1, 2, 3, 4, 5], 10)
    losses, gradients = [], []
    for network in (plain, fast):
        with tf.GradientTape() as tape:
            answers = network(images, training=True)
            loss = tf.reduce_mean(keras.losses.categorical_crossentropy(targets, answers))
        losses.append(float(loss))
        gradients.append([g.numpy() for g in tape.gradient(loss, network.trainable_weights)])
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    for one, other in zip(*gradients, strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-3, atol=2e-5)
    for one, other in zip(plain.get_weights(), fast.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)  # moving statistics too
    np.testing.assert_allclose(
        plain(images, training=False), fast(images, training=False), rtol=1e-4, atol=1e-6
    )


def test_normalisation_by_hand():
    layer = FusedBatchNormalization(momentum=0.5, epsilon=0.0)
    values = tf.reshape(tf.constant([1.0, 3.0, 5.0, 7.0]), (1, 2, 2, 1))
    output = layer(values, training=True)
    # mean 4, variance of these four (9 + 1 + 1 + 9) / 4 = 5
    expected = (np.array([1.0, 3.0, 5.0, 7.0]) - 4) / np.sqrt(5)
    np.testing.assert_allclose(tf.reshape(output, -1), expected, rtol=1e-4)
    # half of the starting 0 and 1, half of the 4 and 5 just seen
    assert float(layer.moving_mean[0]) == pytest.approx(2.0)
    assert float(layer.moving_variance[0]) == pytest.approx(3.0)


def test_bfloat16_keeps_weights_and_answers_in_float32(images):
    config = NETWORKS["normalised, residual"]
    with computing_in("bfloat16"):
        network = build_network(config, fast=True)
    assert keras.config.dtype_policy().name == "float32"
    assert network.get_layer("conv_1").compute_dtype == "bfloat16"
    assert {weight.dtype for weight in network.weights} == {"float32"}
    answers = network(images, training=True)
    assert answers.dtype == tf.float32
    plain = build_network(config)
    plain.set_weights(network.get_weights())
    np.testing.assert_allclose(
        plain(images, training=False), network(images, training=False), atol=0.05
    )


def test_a_named_precision_is_taken_as_it_is():
    assert choose_precision("float32") == "float32"
    assert choose_precision("bfloat16") == "bfloat16"


@pytest.mark.parametrize(
    ("capabilities", "flags", "expected"),
    [
        ([(9, 0)], "", "bfloat16"),
        ([(7, 5)], "amx_bf16", "float32"),  # the older GPU does the work
        ([(8, 0), (7, 0)], "", "float32"),
        ([], "flags: avx2 amx_bf16 amx_tile", "bfloat16"),
        ([], "flags: avx2", "float32"),
    ],
)
def test_automatic_precision_follows_the_device(monkeypatch, capabilities, flags, expected):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: capabilities)
    monkeypatch.setattr(
        tf.config.experimental, "get_device_details", lambda gpu: {"compute_capability": gpu}
    )
    monkeypatch.setattr(fast_layers, "_processor_flags", lambda: flags)
    assert choose_precision("auto") == expected
