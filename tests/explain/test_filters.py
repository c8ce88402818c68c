"""What excites a filter that answers to bright edges, and nothing else."""

import numpy as np
import pytest

from fmnist.explain.excitement import count_images, keep_highest, list_images
from fmnist.explain.results import Excitement, LayerOnImage, ReceptiveField

NOTHING = np.zeros(0, np.float32)
CONV = LayerOnImage(
    "conv", "Conv2D", (26, 26, 2), 20, 0, (3, 3, 1, 2), ReceptiveField(3, 1, 0), NOTHING, ()
)


@pytest.mark.slow
def test_an_edge_excites_the_filter_that_answers_to_edges(found):
    """Three rows of a difference of 255: of the first such place, its top left pixel is (5, 18)."""
    edges = Excitement(**{name: np.array(value) for name, value in found["edges"].items()})
    assert edges.values[:, 0].tolist() == [0, 3 * 255, 0, 3 * 102]
    assert not edges.values[:, 1].any()
    assert edges.places[[1, 3], 0].tolist() == [5 * 26 + 18, 1]
    best = keep_highest([edges])
    first, second = list_images(best, 0, CONV)
    assert (first.index, first.rows, first.columns) == (1, (5, 8), (18, 21))
    assert (second.index, second.rows, second.columns) == (3, (0, 3), (1, 4))
    assert list_images(best, 1, CONV) == []


def test_the_best_of_several_parts_are_the_best_of_all():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(50, 3)).astype(np.float32)
    places = rng.integers(0, 9, (50, 3))
    images = np.tile(np.arange(50)[:, None], (1, 3))
    parts = [
        Excitement(values[part], places[part], images[part])
        for part in (slice(0, 20), slice(20, 21), slice(21, 50))
    ]
    merged = keep_highest(parts[:1], most=4)
    for part in parts[1:]:
        merged = keep_highest([merged, part], most=4)
    for number in range(3):
        order = sorted(range(50), key=lambda image: -values[image, number])[:4]
        assert merged.images[:, number].tolist() == order
        assert merged.values[:, number].tolist() == values[order, number].tolist()
        assert merged.places[:, number].tolist() == places[order, number].tolist()


def test_of_equal_ones_the_first_stay():
    same = Excitement(np.ones((5, 1), np.float32), np.zeros((5, 1), int), np.arange(5)[:, None])
    assert keep_highest([same], most=3).images[:, 0].tolist() == [0, 1, 2]


def test_a_costly_layer_is_shown_fewer_images():
    assert count_images(1_000_000, 10_000) == 10_000
    assert count_images(90_000_000, 10_000) == 2_700
    assert count_images(10**12, 10_000) == 1_000
    assert count_images(0, 200) == count_images(10**12, 200) == 200
