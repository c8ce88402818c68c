"""fmnist/engine/neighbours.py against hand-worked distances and SciPy's."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from fmnist.engine.neighbours import Neighbours


def test_distances_are_euclidean_with_pixels_from_0_to_1():
    known = np.zeros((3, 28, 28), np.uint8)
    known[1, 0, :4] = 255  # four white pixels: sqrt(4) = 2 from black
    known[2, 0, 0] = 255  # one: 1 from black, sqrt(3) from the second

    indices, distances = Neighbours(known).nearest(known[:2], k=3)

    assert indices.tolist() == [[0, 2, 1], [1, 2, 0]]
    np.testing.assert_allclose(distances, [[0, 1, 2], [0, 3**0.5, 2]], atol=1e-5)
    assert distances.dtype == np.float32
    assert indices.dtype == np.int64


def test_agrees_with_scipy():
    rng = np.random.default_rng(0)
    known, asked = rng.integers(0, 256, (2, 50, 28, 28), np.uint8)

    indices, distances = Neighbours(known).nearest(asked[:7], k=5)

    exact = cdist(asked[:7].reshape(7, -1) / 255, known.reshape(50, -1) / 255)
    assert indices.tolist() == np.argsort(exact, axis=1)[:, :5].tolist()
    np.testing.assert_allclose(distances, np.sort(exact, axis=1)[:, :5], rtol=1e-5)


@pytest.mark.parametrize("k", [0, 3])
def test_k_must_fit(k):
    with pytest.raises(ValueError, match="expected 1 to 2"):
        Neighbours(np.zeros((2, 28, 28), np.uint8)).nearest(np.zeros((1, 28, 28), np.uint8), k)
