"""Two classes against each other, from maps made by hand."""

import numpy as np

from fmnist.data.dataset import CLASS_NAMES
from fmnist.explain.contrast import (
    choose_site,
    compare,
    describe_falls,
    describe_place,
    rank_classes,
)
from fmnist.explain.results import Attribution, Site


def make(sites: tuple[Site, ...] = (Site("a", 7, 7), Site("b", 3, 3))) -> Attribution:
    """Shirt (6) by its upper left, T-shirt (0) in spite of its lower right."""
    cams = np.zeros((len(sites), 10, 28, 28), np.float32)
    cams[:, 6, 2, 3] = 4
    cams[:, 0, 2, 3] = 1
    falls = np.zeros((10, 28, 28), np.float32)
    falls[6, 2, 3], falls[0, 25, 25] = 0.3, -0.2
    probabilities = np.array([0.3, 0, 0, 0, 0, 0, 0.5, 0, 0.2, 0], np.float32)
    return Attribution(sites, cams, falls, probabilities)


def test_classes_by_probability():
    assert rank_classes(make().probabilities) == [6, 0, 8, 1, 2, 3, 4, 5, 7, 9]


def test_the_contrast_is_the_one_less_the_other_on_one_scale():
    found = compare(make(), 6, 0)
    assert found.cams[:, 2, 3].tolist() == [4, 1, 3]
    assert found.cam_peak == 4
    np.testing.assert_allclose(found.falls[:, 25, 25], [0, -0.2, 0.2])
    np.testing.assert_allclose(found.fall_peak, 0.3)


def test_small_effects_look_small():
    assert compare(make(), 1, 2).fall_peak == 0.05


def test_without_convolutions_there_are_no_maps():
    found = compare(make(sites=()), 6, 0)
    assert found.cams is None and found.cam_peak == 0


def test_it_begins_where_a_map_tells_where():
    assert choose_site(make()) == 0
    assert choose_site(make((Site("a", 28, 28), Site("b", 13, 13)))) == 1
    assert choose_site(make((Site("a", 4, 4), Site("b", 2, 2)))) == 1


def test_what_covering_does_in_words():
    found = make()
    assert describe_falls(found, 6, CLASS_NAMES) == (
        "Covering the upper left costs Shirt up to 30.0 percentage points"
    )
    assert describe_falls(found, 0, CLASS_NAMES) == (
        "Covering the lower right makes T-shirt/top more likely, by up to 20.0 percentage points"
    )
    assert describe_falls(found, 8, CLASS_NAMES) == (
        "No single square matters to Bag: whatever is covered, its probability stays"
    )


def test_places_in_words():
    def at(row: int, column: int) -> str:
        values = np.zeros((28, 28))
        values[row, column] = 1
        return describe_place(values)

    found = [at(row, column) for row in (2, 14, 26) for column in (2, 14, 26)]
    assert found == [
        "the upper left", "the top", "the upper right",
        "the left side", "the middle", "the right side",
        "the lower left", "the bottom", "the lower right",
    ]  # fmt: skip
