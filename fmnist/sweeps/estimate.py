"""How long a sweep will take, guessed from what this machine has already run."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from fmnist.config import TrainConfig
from fmnist.models.feature_maps import MapTooSmall
from fmnist.runs.time_estimate import PastRun, estimate_training
from fmnist.sweeps.sweep import Sweep

_MOST_POINTS = 60  # of a grid, evenly spread, that its mean is taken over


def estimate_sweep_seconds(
    sweep: Sweep, image_count: int, past: Sequence[PastRun], at_once: int
) -> float:
    """Seconds until all its trials are trained, or its minutes are over.

    Of a range its middle counts. Pruning would save some of it, trainings of others take some.

    Args:
        image_count: training images, those for validation included.
        past: see `time_estimate.past_runs`.
        at_once: how many trainings run at the same time.
    """
    limit = 60 * sweep.minutes if sweep.minutes is not None else None
    trials = sweep.most_trials()
    if trials is None:
        return limit or 0.0
    points = sweep.list_points() if sweep.method == "grid" else [_middle(sweep)]
    some = points[:: max(1, len(points) // _MOST_POINTS)]
    each = statistics.fmean(
        _estimate_training(sweep.base.replace(**point), image_count, past) for point in some
    )
    runs = trials * len(sweep.seeds)
    seconds = each * runs / min(at_once, runs)
    return min(seconds, limit) if limit is not None else seconds


def _middle(sweep: Sweep) -> dict[str, Any]:
    return {
        axis.name: axis.values[len(axis.values) // 2] if axis.values else axis.middle()
        for axis in sweep.axes
    }


def _estimate_training(config: TrainConfig, image_count: int, past: Sequence[PastRun]) -> float:
    try:
        return estimate_training(config, image_count, past).total_seconds(config.epochs)
    except MapTooSmall:
        return 0.0
