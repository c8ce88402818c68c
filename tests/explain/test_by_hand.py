"""Convolution and pooling: small cases by hand, and all of them against Keras's layers."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from fmnist.explain import by_hand
from fmnist.models.processor import ONEDNN

ROWS = np.arange(16).reshape(4, 4)  # 0 1 2 3 / 4 5 6 7 / 8 9 10 11 / 12 13 14 15
COUNTED = np.arange(9).reshape(3, 3)  # a kernel of which no two numbers are alike
AGAINST_KERAS = """
import itertools, json
import keras, numpy as np
from fmnist.explain import by_hand

rng = np.random.default_rng(3)
worst, cases = {}, 0
kernels = dict(by_hand.KERNELS)
kernels |= {f"uneven {k}": rng.normal(size=(k, k)) for k in (3, 5)}
for side, stride, padding in itertools.product((28, 27, 7), (1, 2, 3), ("valid", "same")):
    image = rng.integers(0, 256, (side, side), dtype=np.uint8)
    batch = image[None, :, :, None].astype("float32")
    for name, kernel in kernels.items():
        layer = keras.layers.Conv2D(
            1, kernel.shape, strides=stride, padding=padding, use_bias=False
        )
        layer.build(batch.shape)
        layer.set_weights([kernel.astype("float32")[:, :, None, None]])
        expected = np.asarray(layer(batch))[0, :, :, 0]
        ours = by_hand.convolve(image, kernel, stride, padding).output
        assert ours.shape == expected.shape, (name, side, stride, padding)
        worst["convolution"] = max(worst.get("convolution", 0), float(abs(ours - expected).max()))
        cases += 1
    for size, kind in itertools.product((2, 3), ("max", "average")):
        pooling = keras.layers.MaxPooling2D if kind == "max" else keras.layers.AveragePooling2D
        expected = np.asarray(pooling(size, strides=stride, padding=padding)(batch))[0, :, :, 0]
        ours = by_hand.pool(image, size, kind, stride, padding).output
        assert ours.shape == expected.shape, (kind, size, side, stride, padding)
        worst[kind] = max(worst.get(kind, 0), float(abs(ours - expected).max()))
        cases += 1
print(json.dumps([cases, worst]))
"""


@pytest.mark.parametrize("onednn", ["1", "0"], ids=["onednn", "plain"])
def test_every_kernel_stride_and_padding_gives_what_keras_gives(onednn):
    done = subprocess.run(
        [sys.executable, "-c", AGAINST_KERAS],
        env={**os.environ, ONEDNN: onednn},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    cases, worst = json.loads(done.stdout.splitlines()[-1])
    assert cases == 3 * 3 * 2 * (len(by_hand.KERNELS) + 2 + 4)
    assert worst["max"] == 0
    assert worst["average"] < 1e-3
    assert worst["convolution"] < 1e-2  # of sums up to 10,000, in float32


def test_a_kernel_is_laid_on_as_it_is():
    result = by_hand.convolve(ROWS, COUNTED, 1, "valid")
    # Row by row: 0·0 + 1·1 + 2·2, then 3·4 + 4·5 + 5·6, then 6·8 + 7·9 + 8·10.
    assert result.output.tolist() == [[258, 294], [402, 438]]


def test_a_window_says_where_it_lies_and_how_its_sum_comes_about():
    result = by_hand.convolve(ROWS, COUNTED, 1, "valid")
    window = result.window_at(1, 0)
    assert (window.row, window.column) == (1, 0)
    assert window.values.tolist() == [[4, 5, 6], [8, 9, 10], [12, 13, 14]]
    assert window.products.tolist() == [[0, 5, 12], [24, 36, 50], [72, 91, 112]]
    assert window.sum == 402


def test_the_first_window_of_a_padded_image_starts_outside_of_it():
    result = by_hand.convolve(ROWS, COUNTED, 1, "same")
    window = result.window_at(0, 0)
    assert (window.row, window.column) == (-1, -1)
    assert window.values.tolist() == [[0, 0, 0], [0, 0, 1], [0, 4, 5]]
    assert window.sum == result.output[0, 0] == 5 * 1 + 7 * 4 + 8 * 5


def test_a_stride_that_leaves_one_column_over_pads_on_the_right():
    result = by_hand.convolve(ROWS, COUNTED, 2, "same")
    assert (result.before, result.after) == (0, 1)
    assert result.output.shape == (2, 2)


def test_every_number_of_the_output_is_the_sum_of_its_window():
    result = by_hand.convolve(ROWS, COUNTED, 2, "same")
    sums = [[result.window_at(row, column).sum for column in range(2)] for row in range(2)]
    assert sums == result.output.tolist()


@pytest.mark.parametrize("place", [(-1, 0), (0, 2), (2, 0)])
def test_there_is_no_window_outside_the_output(place):
    with pytest.raises(IndexError, match="2 × 2"):
        by_hand.convolve(ROWS, COUNTED, 1, "valid").window_at(*place)


def test_pooling_takes_the_largest_or_the_mean():
    assert by_hand.pool(ROWS, 2, "max", 2).output.tolist() == [[5, 7], [13, 15]]
    assert by_hand.pool(ROWS, 2, "average", 2).output.tolist() == [[2.5, 4.5], [10.5, 12.5]]


def test_padding_takes_no_part_in_a_mean():
    result = by_hand.pool(ROWS, 3, "average", 3, "same")
    assert (result.before, result.after) == (1, 1)
    assert result.output.tolist() == [[2.5, 4.5], [10.5, 12.5]]


def test_bias_and_relu():
    sums = np.array([[-3.0, 2.0]])
    assert by_hand.activate(sums, 1.0, relu=False).tolist() == [[-2, 3]]
    assert by_hand.activate(sums, 1.0, relu=True).tolist() == [[0, 3]]


def test_how_much_a_shift_changed():
    assert by_hand.fraction_changed(np.array([2.0, 2.0]), np.array([1.0, 2.0])) == 0.25
    assert by_hand.fraction_changed(np.zeros(2), np.zeros(2)) == 0


def test_the_strongest_number_may_be_negative():
    assert by_hand.find_strongest(np.array([[1.0, -7.0], [3.0, 5.0]])) == (0, 1)


@pytest.mark.parametrize(
    ("arguments", "side", "words"),
    [
        ((28, 3, 1, "valid"), 26, "(28 − 3) ÷ 1 + 1 = 26"),
        ((28, 3, 2, "valid"), 13, "(28 − 3) ÷ 2, rounded down, + 1 = 13"),
        ((28, 2, 2, "valid"), 14, "(28 − 2) ÷ 2 + 1 = 14"),
        ((28, 5, 1, "same"), 28, "28 ÷ 1 = 28"),
        ((28, 5, 3, "same"), 10, "28 ÷ 3, rounded up, = 10"),
    ],
)
def test_the_arithmetic_of_a_shape_in_words(arguments, side, words):
    assert by_hand.output_side(*arguments) == side
    assert by_hand.spell_output_side(*arguments) == words


def test_a_window_that_does_not_fit():
    with pytest.raises(ValueError, match="a window of 5 does not fit into 4 pixels"):
        by_hand.convolve(ROWS, np.ones((5, 5)), 1, "valid")


def test_a_typed_kernel():
    typed = by_hand.parse_kernel(" 1/4, 0 −1\n2; 0 -2\n1e1 0 -0.5 ")
    assert typed.tolist() == [[0.25, 0, -1], [2, 0, -2], [10, 0, -0.5]]
    assert by_hand.parse_kernel("1 " * 25).shape == (5, 5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "these are 0"),
        ("1 2 3 4", "these are 4"),
        ("1 " * 49, "these are 49"),
        ("a 0 0 0 0 0 0 0 0", "“a” is not a number"),
        ("nan 0 0 0 0 0 0 0 0", "“nan” is not a number"),
        ("1e9 0 0 0 0 0 0 0 0", "from −1000 to 1000"),
        ("1/0 0 0 0 0 0 0 0 0", "“1/0” is not a number"),
    ],
)
def test_what_is_no_kernel(text, message):
    with pytest.raises(ValueError, match=message):
        by_hand.parse_kernel(text)
