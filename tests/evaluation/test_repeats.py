"""Means over seeds and their differences, by hand and against SciPy."""

import numpy as np
import pytest
from scipy import stats

from fmnist.evaluation.repeats import Repeats, compare_repeats

LABELS = np.zeros(8, np.uint8)


def runs(*right: int) -> np.ndarray:
    """Predictions of runs that get this many of the eight images right, the first ones."""
    return np.array([[0] * count + [1] * (8 - count) for count in right])


def test_the_spread_over_seeds_by_hand():
    found = compare_repeats(LABELS, [runs(4, 6), runs(6, 6, 6)])
    assert found.accuracies(0).tolist() == [0.5, 0.75]
    assert (found.estimate(0).value, found.estimate(1).value) == (0.625, 0.75)
    # 2 · 0.125², over 3 degrees of freedom
    assert found.deviation == pytest.approx((2 * 0.125**2 / 3) ** 0.5)
    assert found.freedom == 3
    assert found.difference(1).value == pytest.approx(0.125)
    assert found.difference(0, 1).value == pytest.approx(-0.125)
    assert found.difference(1).is_noise


def test_without_spread_it_is_the_paired_t_test_of_many_images():
    rng = np.random.default_rng(0)
    one, other = rng.random((1, 5000)) < 0.8, rng.random((1, 5000)) < 0.83
    found = Repeats((one, other), 0.0, 1).difference(1)
    exact = stats.ttest_rel(other[0].astype(float), one[0].astype(float)).confidence_interval()
    assert found.interval == pytest.approx((exact.low, exact.high), abs=1e-4)
    assert not found.is_noise


def test_where_seeds_alone_count_it_is_students_t_test():
    one, other = [0.5, 0.75, 0.625], [0.75, 1.0, 0.875]
    exact = stats.ttest_ind(other, one).confidence_interval()
    deviation = np.sqrt((np.var(one, ddof=1) + np.var(other, ddof=1)) / 2)
    flat = np.ones((3, 100), bool)  # no image tells the two apart
    found = Repeats((flat, flat), float(deviation), 4).difference(1)
    half = (exact.high - exact.low) / 2
    assert found.interval == pytest.approx((-half, half))


def test_an_accuracy_is_a_fraction():
    low, high = compare_repeats(LABELS, [runs(7, 8)]).estimate(0).interval
    assert 0 <= low < high == 1


@pytest.mark.parametrize("predictions", [[runs(4), runs(5)], [runs(4, 5)[:, :7]]])
def test_what_cannot_be_compared(predictions):
    with pytest.raises(ValueError, match="trained twice"):
        compare_repeats(LABELS, predictions)
