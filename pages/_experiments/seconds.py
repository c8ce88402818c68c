"""How long an experiment will take: the sum of what is not trained yet."""

from __future__ import annotations

import math

from fmnist.classroom import attempts
from fmnist.classroom.experiments import Experiment
from fmnist.data.dataset import Dataset
from fmnist.runs.store import Run
from pages._train.plan import estimate


def estimate_missing(
    experiment: Experiment, data: Dataset, everything: list[Run]
) -> tuple[int, float]:
    """How many runs are neither trained nor queued, and their seconds, one after the other.

    everything: all runs.
    """
    missing = attempts.list_missing(experiment, data.slug, data.fingerprint, everything)
    images = len(data.train_labels)
    seconds = [estimate(config, images).total_seconds(config.epochs) for config in missing]
    return len(missing), math.fsum(seconds)
