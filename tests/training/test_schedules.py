"""Learning rates of single steps, worked out by hand."""

import pytest

from fmnist.config import TrainConfig
from fmnist.training.schedules import make_schedule


def test_one_cycle_climbs_for_a_quarter_and_falls_to_nothing():
    rate = make_schedule(TrainConfig(schedule="one-cycle", learning_rate=0.1), 7)
    # eight equal parts: step 1 is at a quarter, the peak; step 4 at 5/8, half of the way down
    assert float(rate(0)) == pytest.approx(0.05)
    assert float(rate(1)) == pytest.approx(0.1)
    assert float(rate(4)) == pytest.approx(0.05)
    assert float(rate(6)) == pytest.approx(0.1 / 6)
    assert float(rate(7)) == pytest.approx(0, abs=1e-8)


def test_a_cosine_is_halfway_down_in_the_middle():
    rate = make_schedule(TrainConfig(schedule="cosine", learning_rate=0.1), 8)
    assert [float(rate(step)) for step in (0, 4, 8)] == pytest.approx([0.1, 0.05, 0], abs=1e-8)


def test_a_constant_rate_is_a_number():
    assert make_schedule(TrainConfig(learning_rate=0.25), 9) == 0.25
