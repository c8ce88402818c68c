"""Numbers in words: checked by hand, the roundings at the edges above all."""

import pytest

from fmnist import formats

NBSP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0.42, f"0.4{NBSP}s"),
        (9.94, f"9.9{NBSP}s"),
        (9.96, f"10{NBSP}s"),
        (59.4, f"59{NBSP}s"),
        (59.6, f"1{NBSP}min 00{NBSP}s"),
        (200, f"3{NBSP}min 20{NBSP}s"),
        (3599.6, f"1{NBSP}h 00{NBSP}min"),
        (4000, f"1{NBSP}h 07{NBSP}min"),
        (7199, f"2{NBSP}h 00{NBSP}min"),
    ],
)
def test_duration(seconds, text):
    assert formats.duration(seconds) == text


@pytest.mark.parametrize(
    ("fraction", "text"),
    [(None, "–"), (0.918, f"91.8{NBSP}%"), (1, f"100.0{NBSP}%"), (0.0, f"0.0{NBSP}%")],
)
def test_percent(fraction, text):
    assert formats.percent(fraction) == text


@pytest.mark.parametrize("write", [formats.percent, formats.loss, formats.count, formats.duration])
def test_what_is_not_known_is_a_dash(write):
    assert write(None) == write(float("nan")) == "–"


def test_loss_and_count():
    assert formats.loss(0.26612) == "0.266"
    assert formats.count(693578) == "693,578"


def test_day_and_time():
    assert formats.day_and_time("20261120-154501-conv-64") == "2026-11-20 15:45 UTC"
    assert formats.day_and_time("bundled") == ""


def test_join():
    assert formats.join(["a", "b", "c"]) == "a, b and c"
    assert formats.join(["a", "b"]) == "a and b"
    assert formats.join(["a"]) == "a"
    assert formats.join([]) == ""


@pytest.mark.parametrize(
    ("difference", "text"),
    [(0.0123, "+1.23"), (-0.004, "\N{MINUS SIGN}0.40"), (0.0, "+0.00")],
)
def test_points(difference, text):
    assert formats.points(difference) == text
