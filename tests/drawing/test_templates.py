"""The line drawings that come with the Lab."""

import numpy as np

from fmnist.drawing.preprocess import ink_to_image
from fmnist.drawing.synthetic import draw_strokes
from fmnist.drawing.templates import load_templates


def test_every_class_has_drawings_and_each_can_be_drawn():
    templates = load_templates()
    assert sorted(templates) == list(range(10))
    for drawings in templates.values():
        assert len(drawings) >= 4
        for strokes in drawings:
            ink = draw_strokes([20 + 70 * stroke for stroke in strokes], 2)
            assert ink_to_image(ink).any()


def test_a_line_of_the_file_is_strokes_of_points():
    outline, *details = load_templates()[0][1]
    np.testing.assert_allclose(outline[:2], [[0.3, 0.08], [0, 0.14]], atol=1e-6)
    np.testing.assert_allclose(details, [[[0.27, 0.88], [0.75, 0.88]]], atol=1e-6)
