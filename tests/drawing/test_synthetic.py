"""Drawings made from photographs: repeatable, of the right kind, and kept as a dataset."""

import numpy as np
import pytest
from scipy import ndimage

from fmnist.drawing.synthetic import (
    TRAIN_SEED,
    draw_nonsense,
    draw_photograph,
    draw_strokes,
    draw_template,
    make_drawings,
    shows_garment,
)


@pytest.fixture
def square() -> np.ndarray:
    """A photograph: a bright square, 14 pixels of 28."""
    image = np.zeros((28, 28), np.uint8)
    image[7:21, 7:21] = 200
    return image


def test_the_same_seed_gives_the_same_drawings_whichever_follow(square):
    images, labels = np.stack([square] * 12), np.arange(12, dtype=np.uint8) % 10
    drawings = make_drawings(images, labels, seed=5)
    assert (drawings.shape, drawings.dtype) == ((12, 28, 28), np.uint8)
    np.testing.assert_array_equal(make_drawings(images[:4], labels[:4], seed=5), drawings[:4])
    assert (make_drawings(images, labels, seed=6) != drawings).any()
    assert drawings.any(axis=(1, 2)).all()


def test_a_photograph_becomes_its_outline(square):
    """Of a square of 14 pixels, 42 when enlarged, nothing is drawn at the middle of the canvas."""
    drawn = [draw_photograph(square, np.random.default_rng(seed)) for seed in range(40)]
    is_hollow = [not ink[54:58, 54:58].any() and ink.any() for ink in drawn]
    assert np.mean(is_hollow) > 0.7  # some are coloured in
    extents = [max(np.ptp(np.nonzero(ink), axis=1)) for ink in drawn]
    assert 30 < np.median(extents) < 60


def test_a_template_keeps_its_outline_and_may_lose_its_details():
    outline = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]], np.float32)
    detail = np.array([[0.5, 0.3], [0.5, 0.7]], np.float32)
    counts = []
    for seed in range(40):
        ink = draw_template((outline, detail), np.random.default_rng(seed))
        assert ink.any()
        counts.append(ink[50:62, 50:62].any())
    assert 0.1 < np.mean(counts) < 0.9


def test_nonsense_is_of_several_kinds(square):
    drawn = [draw_nonsense(square, np.random.default_rng(seed)) for seed in range(40)]
    pieces = [ndimage.label(ink, np.ones((3, 3)))[1] for ink in drawn]
    assert min(pieces) >= 1
    assert len(set(pieces)) > 2


def test_strokes_are_drawn_where_they_are():
    ink = draw_strokes([np.array([[2, 3], [6, 3]])], 1, side=10)
    expected = np.zeros((10, 10), bool)
    expected[3, 2:7] = True
    np.testing.assert_array_equal(ink, expected)


def test_about_one_training_drawing_in_five_is_nonsense_and_it_is_known_which(square):
    known = np.array([shows_garment(number) for number in range(1000)])
    assert 0.76 < known.mean() < 0.84
    images, labels = np.stack([square] * 30), np.zeros(30, np.uint8)
    same = (
        make_drawings(images, labels, TRAIN_SEED)
        == make_drawings(images, labels, TRAIN_SEED, nonsense=0)
    ).all(axis=(1, 2))
    assert not same[~known[:30]].any()
