"""What a place of a map sees, by hand; `test_layers.py` compares with real gradients."""

from types import SimpleNamespace

import pytest

from fmnist.explain.fields import follow
from fmnist.explain.results import ReceptiveField

PIXEL = ReceptiveField(1, 1, 0)


def convolution(size: int, stride: int, padding: str) -> SimpleNamespace:
    return SimpleNamespace(
        kernel_size=(size, size), strides=(stride, stride), dilation_rate=(1, 1), padding=padding
    )


@pytest.mark.parametrize(
    ("size", "stride", "padding", "expected"),
    [
        (3, 1, "valid", ReceptiveField(3, 1, 0)),
        (3, 1, "same", ReceptiveField(3, 1, -1)),
        (4, 1, "same", ReceptiveField(4, 1, -1)),  # three pixels of padding, two of them behind
        (3, 2, "same", ReceptiveField(3, 2, 0)),  # one, and it comes behind
        (5, 2, "valid", ReceptiveField(5, 2, 0)),
    ],
)
def test_a_convolution_of_the_image(size, stride, padding, expected):
    assert follow("Conv2D", convolution(size, stride, padding), [PIXEL], (28, 0)) == expected


def test_pooling_makes_the_steps_longer():
    pool = SimpleNamespace(pool_size=(2, 2), strides=(2, 2), padding="valid")
    assert follow("MaxPooling2D", pool, [ReceptiveField(3, 1, 0)], (26, 0)) == ReceptiveField(
        4, 2, 0
    )


def test_an_addition_sees_what_both_see():
    both = [ReceptiveField(4, 2, -1), ReceptiveField(12, 2, -5)]
    assert follow("Add", None, both, (14, 0)) == ReceptiveField(12, 2, -5)
    apart = [ReceptiveField(4, 2, -1), ReceptiveField(4, 1, -1)]
    assert follow("Add", None, apart, (14, 0)) is None


def test_what_is_not_known_is_not_guessed():
    assert follow("Mystery", None, [PIXEL], (28, 0)) is None
    assert follow("ReLU", None, [None], (28, 0)) is None


def test_the_window_ends_at_the_edge_of_the_image():
    field = ReceptiveField(12, 2, -5)
    assert [field.window(0), field.window(6), field.window(13)] == [(0, 7), (7, 19), (21, 28)]
    assert field.centre(0) == 0.5
