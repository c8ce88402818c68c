"""Weak spots: found where they were put, and tested as SciPy tests a table of four counts."""

import numpy as np
import pytest
from scipy.stats import fisher_exact

from fmnist.evaluation.evaluate import evaluate
from fmnist.evaluation.slices import compute_slices, describe_slice, describe_worst

NBSP = "\N{NO-BREAK SPACE}"


def make_weak_spot(wrong_when_dark: int, wrong_when_bright: int):
    """180 shirts and 120 bags, squares of 60 or 40 brightnesses each of three times: of the 60
    darkest and the 60 brightest shirts so many are wrong, and no other.
    """
    labels = np.repeat([6, 8], [180, 120]).astype(np.uint8)
    brightness = np.concatenate([np.arange(180), np.arange(120)]) // 3 + 60
    images = np.zeros((300, 28, 28), np.uint8)
    images[:, 5:15, 5:15] = brightness[:, None, None]
    probabilities = np.full((300, 10), 0.02, np.float32)
    predictions = labels.copy()
    predictions[:wrong_when_dark] = 0
    predictions[120 : 120 + wrong_when_bright] = 0
    probabilities[np.arange(300), predictions] = 0.82
    return evaluate(labels, probabilities), images


def test_the_weak_spot_is_found():
    evaluation, images = make_weak_spot(wrong_when_dark=20, wrong_when_bright=2)
    found = compute_slices(evaluation, images)
    assert found.tested == 6  # of two classes and of both together, dark and bright: nothing else
    assert [one.name for one in found.significant] == ["6-dark", "all-dark"]
    dark = found.significant[0]
    assert (dark.errors, dark.count, dark.other_errors, dark.others) == (20, 60, 2, 120)
    assert sorted(dark.indices) == list(range(60))
    assert not evaluation.is_correct[dark.indices[:20]].any()
    assert dark.bounds == ("“dark”: mean of the lit pixels at most 79.7",)
    expected = fisher_exact([[20, 40], [2, 118]], alternative="greater").pvalue
    assert dark.p_value == pytest.approx(expected)
    # Benjamini and Hochberg: the smallest of six p-values, times six, unless a larger one is less.
    both = fisher_exact([[20, 80], [2, 198]], alternative="greater").pvalue
    assert dark.adjusted == pytest.approx(min(6 * expected, 3 * both))
    assert dark.interval == pytest.approx((0.2273, 0.4594), abs=1e-3)
    assert describe_worst(dark) == (
        f"Shirts fail most when dark: 33{NBSP}% of 60, against 1.7{NBSP}% of the others."
    )
    assert found.find("all-dark").bounds == ()
    assert found.of(6) == (dark,)
    assert found.find("6-bright") is None


def test_of_other_data_the_class_is_named():
    evaluation, images = make_weak_spot(wrong_when_dark=20, wrong_when_bright=2)
    one = compute_slices(evaluation, images).significant[0]
    assert describe_slice(one, tuple("0123456789")) == (f"Images of “6”, dark: 33{NBSP}% of 60")


def test_errors_spread_evenly_are_no_weak_spot():
    evaluation, images = make_weak_spot(wrong_when_dark=3, wrong_when_bright=3)
    assert compute_slices(evaluation, images).significant == ()


def test_too_few_images_are_not_compared():
    evaluation, images = make_weak_spot(wrong_when_dark=20, wrong_when_bright=0)
    few = np.arange(0, 300, 8)
    some = evaluate(evaluation.labels[few], evaluation.probabilities[few])
    assert compute_slices(some, images[few]).tested == 0


def test_a_pair_is_listed_only_where_it_is_worse_than_both_words():
    rng = np.random.default_rng(3)
    sizes, brightness = rng.integers(4, 24, 900), rng.integers(60, 250, 900)
    images = np.zeros((900, 28, 28), np.uint8)
    for image, size, value in zip(images, sizes, brightness, strict=True):
        image[2 : 2 + size, 2:12] = value
    is_wrong = (sizes < 9) & (brightness < 110) & (rng.random(900) < 0.8)
    probabilities = np.full((900, 10), 0.02, np.float32)
    probabilities[np.arange(900), np.where(is_wrong, 0, 6)] = 0.82
    found = compute_slices(evaluate(np.full(900, 6, np.uint8), probabilities), images)
    rates = {one.words: one.error_rate for one in found.significant}
    assert found.significant[0].words == ("dark", "small")
    for words, rate in rates.items():
        assert all(rate > rates.get((word,), -1) for word in words if len(words) > 1)
