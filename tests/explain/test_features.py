"""What the last layer is given, of networks whose inside is known."""

import numpy as np
import pytest

from tests.explain.networks import make_image

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", ["softmax", "both views"])
def test_the_inputs_of_the_last_layer_with_weights(found, name):
    """Two filters, averaged: the image, and the image one pixel to the right."""
    image = make_image() / 255
    features = np.array(found["features"][name])
    expected = [image.mean(), image[:, :27].sum() / 784]
    np.testing.assert_allclose(features[0], expected, rtol=1e-5)
    np.testing.assert_allclose(features[1], [image.mean(), image[:, 1:].sum() / 784], rtol=1e-5)


def test_more_than_fit_are_projected_and_keep_their_distance(found):
    """2 × 26 × 26 features: edges to the right, and zeros. A mirror image has its edges reversed,
    so that the two have none in common.
    """
    features = np.array(found["features"]["many"])
    assert features.shape == (2, 256)
    image = make_image().astype(float)
    columns = image[:, 2:] - image[:, :-2]
    edges = columns[:-2] + columns[1:-1] + columns[2:]
    mirrored = np.maximum(-edges, 0)[:, ::-1]
    real = np.linalg.norm(np.maximum(edges, 0) - mirrored)
    assert np.linalg.norm(features[0] - features[1]) == pytest.approx(real, rel=0.25)
