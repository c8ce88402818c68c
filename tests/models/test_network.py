"""Networks against layer lists, parameter counts and costs worked out by hand."""

import numpy as np
import pytest

from fmnist.config import ConfigError, TrainConfig
from fmnist.models.network import build_model, count_macs
from tests.factories.models import list_layers

DENSE_32 = TrainConfig(architecture="dense", dense_units=(32,))
CONV_8_24_48 = TrainConfig(filters=(8, 24, 48), pool=1, dense_units=(100,))
STRIDED = CONV_8_24_48.replace(strides=2, dropout=0.5)
CONV_32 = TrainConfig(filters=(32,), dense_units=(32,))
CONV_64 = TrainConfig(filters=(64,), dense_units=(64,))


@pytest.mark.parametrize(
    ("config", "parameters"),
    [
        # 784·32 + 32 = 25,120; 32·10 + 10 = 330
        (DENSE_32, 25_450),
        # 9·8 + 8 = 80; 72·24 + 24 = 1,752; 216·48 + 48 = 10,416;
        # 22·22·48 = 23,232 → ·100 + 100 = 2,323,300; 1,010
        (CONV_8_24_48, 2_336_558),
        # the same convolutions; 2·2·48 = 192 → ·100 + 100 = 19,300; 1,010
        (STRIDED, 32_558),
        # 9·32 + 32 = 320; 13·13·32 = 5,408 → ·32 + 32 = 173,088; 330
        (CONV_32, 173_738),
        # 9·64 + 64 = 640; 13·13·64 = 10,816 → ·64 + 64 = 692,288; 650
        (CONV_64, 693_578),
    ],
)
def test_parameter_counts(config, parameters):
    assert build_model(config).count_params() == parameters


@pytest.mark.parametrize(
    ("config", "macs"),
    [
        (DENSE_32, 784 * 32 + 32 * 10),
        # 26·26 positions, 3·3·1 inputs, 64 filters; then the two dense layers
        (CONV_64, 26 * 26 * 9 * 64 + 10_816 * 64 + 64 * 10),
        (
            STRIDED,
            13 * 13 * 9 * 8 + 6 * 6 * 9 * 8 * 24 + 2 * 2 * 9 * 24 * 48 + 192 * 100 + 100 * 10,
        ),
    ],
)
def test_macs(config, macs):
    assert count_macs(build_model(config)) == macs


def test_layers_of_a_cnn():
    assert list_layers(build_model(CONV_64.replace(dropout=0.17))) == [
        ("rescaling", "Rescaling", (28, 28, 1)),
        ("conv_1", "Conv2D", (26, 26, 64)),
        ("pool_1", "MaxPooling2D", (13, 13, 64)),
        ("dropout_1", "Dropout", (13, 13, 64)),
        ("flatten", "Flatten", (10816,)),
        ("dense_1", "Dense", (64,)),
        ("probabilities", "Dense", (10,)),
    ]


@pytest.mark.parametrize(("after", "count"), [("all", 3), ("inner", 2), ("first", 1)])
def test_which_convolutions_the_dropout_follows(after, count):
    layers = list_layers(build_model(STRIDED.replace(dropout_after=after)))
    dropped = [name for name, kind, _ in layers if kind == "Dropout"]
    assert dropped == [f"dropout_{number}" for number in range(1, count + 1)]


def test_layer_list_of_a_dense_network_with_dropout():
    config = TrainConfig(architecture="dense", dense_units=(20, 10), dropout=0.1)
    assert [name for name, *_ in list_layers(build_model(config))] == [
        "rescaling",
        "flatten",
        "dense_1",
        "dropout_1",
        "dense_2",
        "dropout_2",
        "probabilities",
    ]


def test_takes_raw_pixels_and_gives_probabilities():
    model = build_model(DENSE_32)
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28, 1), dtype=np.uint8)
    probabilities = model.predict_on_batch(images)
    assert probabilities.shape == (5, 10)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    kernel, bias = model.get_layer("dense_1").get_weights()
    out_kernel, out_bias = model.get_layer("probabilities").get_weights()
    hidden = np.maximum(images.reshape(5, 784) / 255 @ kernel + bias, 0)
    logits = np.exp(hidden @ out_kernel + out_bias)
    np.testing.assert_allclose(probabilities, logits / logits.sum(axis=1, keepdims=True), rtol=1e-3)


def test_a_network_that_cannot_be_built_is_refused_first():
    with pytest.raises(ConfigError, match="Convolution 4 has a 3×3 kernel"):
        build_model(TrainConfig(filters=(8,) * 5))
