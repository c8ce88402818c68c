"""The layers made for training against Keras's own: the same outputs, gradients and statistics."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from fmnist.models.fast_layers import Convolution, FusedBatchNormalization, PooledConvolution
from fmnist.models.network import build_network, list_fast_layers
from fmnist.models.processor import computing_in
from tests.networks import NETWORKS


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


def test_the_kernel_gradient_as_a_convolution_is_that_of_keras():
    rng = np.random.default_rng(0)
    inputs = tf.constant(rng.normal(size=(5, 7, 7, 3)), tf.float32)
    upstream = tf.constant(rng.normal(size=(5, 7, 7, 4)), tf.float32)
    plain, fast = (kind(4, 3, padding="same") for kind in (keras.layers.Conv2D, Convolution))
    gradients = []
    for layer in (plain, fast):
        layer.build(inputs.shape)
        layer.set_weights(plain.get_weights())

        @tf.function
        def differentiate(layer=layer):
            with tf.GradientTape() as tape:
                tape.watch(inputs)
                output = layer(inputs)
            return tape.gradient(output, [inputs, *layer.trainable_weights], upstream)

        gradients.append(differentiate())
    for one, other in zip(*gradients, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


def test_each_layer_is_taken_where_it_wins():
    plain_conv, residual = NETWORKS["one convolution"], NETWORKS["normalised, residual"]
    assert list_fast_layers(build_network(plain_conv, fast=True)) == ["PooledConvolution"]
    assert list_fast_layers(build_network(plain_conv)) == []
    assert list_fast_layers(build_network(residual, fast=True)) == ["FusedBatchNormalization"]
    with computing_in("bfloat16"):  # the second block's map is 7 × 7
        network = build_network(residual, fast=True)
    assert list_fast_layers(network) == ["Convolution", "FusedBatchNormalization"]
    assert type(network.get_layer("residual_1_1_conv_a")) is keras.layers.Conv2D
    assert type(network.get_layer("residual_2_1_conv_a")) is Convolution


def test_a_pooled_convolution_by_hand():
    layer = PooledConvolution(1, 1, 1, pool=2, padding="valid")
    inputs = tf.reshape(tf.constant([1.0, -3.0, 2.0, 0.0]), (1, 2, 2, 1))
    layer.build(inputs.shape)
    layer.set_weights([np.full((1, 1, 1, 1), 2.0), np.array([1.0])])
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        output = layer(inputs)
    assert output.numpy().ravel() == [5.0]  # 2 · 2 + 1, of 3, −5, 5 and 1
    of_inputs, of_kernel, of_bias = tape.gradient(output, [inputs, layer.kernel, layer.bias])
    assert of_inputs.numpy().ravel().tolist() == [0.0, 0.0, 2.0, 0.0]
    assert (of_kernel.numpy().ravel().tolist(), of_bias.numpy().tolist()) == ([2.0], [1.0])
