"""How long an experiment will take: the sum of what is not trained yet."""

from __future__ import annotations

import math

from fmnist.classroom import attempts
from fmnist.classroom.attempts import Progress
from fmnist.classroom.experiments import Experiment
from fmnist.config import TrainConfig
from fmnist.data.dataset import Dataset
from fmnist.runs.progress import fraction_done
from fmnist.runs.store import Run
from pages._train.plan import estimate


def estimate_missing(
    experiment: Experiment, data: Dataset, everything: list[Run]
) -> tuple[int, float]:
    """How many runs are neither trained nor queued, and their seconds, one after the other.

    everything: all runs.
    """
    missing = attempts.list_missing(experiment, data.slug, data.fingerprint, everything)
    return len(missing), math.fsum(_estimate(config, data) for config in missing)


def estimate_left(found: Progress, data: Dataset) -> float:
    """Seconds until the last run is scored, were nothing else in the queue."""
    return math.fsum(
        (1 - fraction_done(run.status)) * _estimate(run.config, data)
        for run in found.runs
        if run and run.is_live
    )


def _estimate(config: TrainConfig, data: Dataset) -> float:
    return estimate(config, len(data.train_labels)).total_seconds(config.epochs)
