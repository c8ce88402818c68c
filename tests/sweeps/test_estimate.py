"""How long a sweep will take, beside the estimate of a single training."""

import pytest

from fmnist.config import TrainConfig
from fmnist.models.feature_maps import count_macs, count_parameters, list_stages
from fmnist.runs.time_estimate import estimate_seconds
from fmnist.sweeps.estimate import estimate_sweep_seconds
from fmnist.sweeps.space import parse_values
from fmnist.sweeps.sweep import Sweep


def alone(config):
    stages = list_stages(config)
    guess = estimate_seconds(
        count_macs(stages), count_parameters(stages), 900, [], validation_images=100
    )
    return guess.total_seconds(config.epochs)


def test_a_grid_takes_as_long_as_its_trainings_together():
    base = TrainConfig(epochs=2)
    sweep = Sweep(base, (parse_values("filters", "8,64"),), seeds=(0, 1, 2))
    each = alone(base.replace(filters=(8,))) + alone(base.replace(filters=(64,)))
    assert estimate_sweep_seconds(sweep, 1000, [], 1) == pytest.approx(3 * each)
    assert estimate_sweep_seconds(sweep, 1000, [], 2) == pytest.approx(1.5 * each)


def test_a_search_takes_its_trials_and_never_more_than_its_minutes():
    axes = (parse_values("filters", "8,16,64"),)
    sweep = Sweep(TrainConfig(), axes, "tpe", trials=2)
    assert estimate_sweep_seconds(sweep, 1000, [], 1) == pytest.approx(
        2 * alone(TrainConfig(filters=(16,)))
    )
    limited = Sweep(TrainConfig(), axes, "tpe", trials=3, minutes=0.1)
    assert estimate_sweep_seconds(limited, 1000, [], 1) == 6.0
