import numpy as np
import pytest

from fmnist.evaluation.paired import PairedComparison, compare


def test_only_images_that_one_model_gets_right_count():
    labels = np.array([0, 1, 2, 3, 4, 5])
    first = np.array([0, 1, 2, 9, 9, 9])  # right, right, right, wrong …
    second = np.array([0, 9, 2, 3, 4, 8])
    found = compare(labels, first, second)
    assert found == PairedComparison(images=6, only_first=1, only_second=2)
    assert found.difference == pytest.approx(1 / 6)


def test_the_p_value_is_that_of_a_coin_thrown_for_each_image_they_differ_on():
    # 1 of 6: heads at most once or at least five times, (1 + 6) · 2 / 64
    assert PairedComparison(100, 1, 5).p_value == pytest.approx(14 / 64)
    assert PairedComparison(100, 0, 0).p_value == 1


def test_the_interval_is_that_of_agresti_and_min():
    # Their own formula with b = 10.5, c = 20.5 of 102: 10/102 ± 1.96 · sqrt(31 - 100/102) / 102
    low, high = PairedComparison(100, 10, 20).interval
    assert (low, high) == pytest.approx((-0.00721, 0.20329), abs=1e-4)


def test_the_interval_covers_the_true_difference_as_often_as_it_says():
    random = np.random.default_rng(5)
    draws = random.multinomial(2_000, [0.02, 0.03, 0.95], size=1_000)
    intervals = [PairedComparison(2_000, int(b), int(c)).interval for b, c, _ in draws]
    assert 0.93 <= np.mean([low <= 0.01 <= high for low, high in intervals]) <= 0.97


def test_a_difference_is_noise_while_the_interval_holds_zero():
    assert PairedComparison(10_000, 300, 320).is_noise
    assert not PairedComparison(10_000, 250, 350).is_noise


@pytest.mark.parametrize("second", [np.zeros(3, int), np.zeros((0,), int)])
def test_other_images_are_refused(second):
    with pytest.raises(ValueError, match="same images"):
        compare(np.zeros(2, int), np.zeros(2, int), second)


def test_no_images_are_refused():
    with pytest.raises(ValueError, match="at least one"):
        compare(np.zeros(0, int), np.zeros(0, int), np.zeros(0, int))
