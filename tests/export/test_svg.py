"""Curves as SVG: where a value lies, worked out by hand."""

import math
import re

import pytest

from fmnist.export.svg import draw_curves, find_ticks


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.61, 0.94, [0.6, 0.7, 0.8, 0.9, 1.0]),
        (0.911, 0.942, [0.91, 0.92, 0.93, 0.94, 0.95]),
        (0.0, 1.4, [0, 0.5, 1.0, 1.5]),
        (0.5, 0.5, [0.45, 0.46, 0.47, 0.48, 0.49, 0.5]),
        (0.0, 0.0, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (1200, 5000, [1000, 2000, 3000, 4000, 5000]),
    ],
)
def test_the_ticks_are_round_and_enclose_the_values(low, high, ticks):
    found = find_ticks(low, high)
    assert found == pytest.approx(ticks)


def test_a_value_lies_where_its_ticks_say():
    svg = draw_curves({"val": [0.0, 0.5, 1.0]}, "Accuracy", "{:.1f}".format)
    # 52 to 468 across, 230 up to 30: the middle is at 260 and 130
    assert '<polyline class="val" points="52.0,230.0 260.0,130.0 468.0,30.0"/>' in svg
    assert "<title>epoch 2, val: 0.5</title>" in svg


def test_what_is_not_finite_is_left_out():
    svg = draw_curves({"val": [math.nan, 1.0, math.inf, 0.0]}, "Loss", str)
    assert svg.count("<circle") == 2
    assert draw_curves({"val": [math.nan], "train": []}, "Loss", str) == ""


def test_one_epoch_is_a_point_and_many_are_a_line():
    assert draw_curves({"val": [0.9]}, "Accuracy", str).count("<circle") == 1
    many = draw_curves({"val": [0.9, 0.8] * 100}, "Accuracy", str)
    assert "<circle" not in many
    assert len(re.findall(r"text-anchor=\"middle\">\d+<", many)) <= 10


def test_words_are_escaped():
    svg = draw_curves({"val": [1.0, 2.0]}, "<b>&", lambda value: f"<{value}>")
    assert "<b>" not in svg
    assert "&lt;1.0&gt;" in svg
