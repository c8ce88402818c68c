"""The layers of real Keras models, against Keras's own figures and against gradients."""

import numpy as np
import pytest

from fmnist.explain.results import LayerOnImage, NetworkOnImage
from tests.explain.networks import make_image

pytestmark = pytest.mark.slow


def test_every_layer_in_order_with_its_shape_and_cost(found):
    assert found["models"]["one convolution"]["layers"] == [
        ["rescaling", "Rescaling", [28, 28, 1], 0],
        ["conv_1", "Conv2D", [26, 26, 4], 26 * 26 * 4 * 9],
        ["pool_1", "MaxPooling2D", [13, 13, 4], 0],
        ["flatten", "Flatten", [676], 0],
        ["dense_1", "Dense", [8], 676 * 8],
        ["probabilities", "Dense", [10], 80],
    ]


def test_models_inside_a_model_are_opened(found):
    layers = found["models"]["imported, nested"]["layers"]
    assert [(kind, shape, macs) for _, kind, shape, macs in layers] == [
        ("Rescaling", [28, 28, 1], 0),
        ("ZeroPadding2D", [32, 32, 1], 0),
        ("DepthwiseConv2D", [15, 15, 2], 15 * 15 * 2 * 9),
        ("SeparableConv2D", [11, 11, 6], 11 * 11 * (2 * 9 + 2 * 6)),
        ("AveragePooling2D", [5, 5, 6], 0),
        ("Flatten", [150], 0),
        ("Dense", [10], 1500),
    ]


def test_all_parameters_are_some_layers(found):
    for name, model in found["models"].items():
        ours, keras_own = model["parameters"]
        assert ours == keras_own, name
        if model["views"] == 1 and "imported" not in name:
            assert model["macs"] == model["counted"], name


def test_what_is_shown_is_what_the_model_predicts(found):
    for name, model in found["models"].items():
        assert model["apart"] < 1e-5, name


def test_the_receptive_field_is_where_the_gradient_is(found):
    for name, model in found["models"].items():
        for layer, (said, real) in model["fields"].items():
            assert said == real, (name, layer)
    # By hand: 3 × 3, then 2 × 2 of those, one pixel apart.
    rescaling, conv, pool = found["models"]["one convolution"]["fields"].values()
    assert [each[0][:2] for each in (rescaling, conv, pool)] == [[14, 15], [13, 16], [12, 16]]


def test_maps_and_kernels_of_a_layer(found):
    image = make_image().astype(float)
    shifted = np.pad(image, ((0, 0), (1, 0)))[:, :28]
    np.testing.assert_allclose(found["maps"], np.stack([image, shifted]) / 255, atol=1e-6)
    kernels = np.array(found["kernels"])
    assert kernels.shape == (3, 3, 1, 2)
    assert kernels[1, 1, 0, 0] == kernels[1, 0, 0, 1] == pytest.approx(1 / 255)
    assert np.count_nonzero(kernels) == 2


def test_views_in_one_batch_are_counted(found):
    counts = {name: model["views"] for name, model in found["models"].items()}
    assert (counts["residual, both views"], counts["six views in a batch"]) == (2, 6)
    assert counts["imported, nested"] == 1


def test_a_network_counts_every_view_of_the_image():
    layer = LayerOnImage("a", "Dense", (10,), 50, 40, (4, 10), None, np.zeros(10), ())
    network = NetworkOnImage((layer, layer), np.zeros(10), views=2)
    assert (network.parameters, network.macs) == (100, 160)
