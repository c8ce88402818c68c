"""How long a training will take, guessed from what this machine has already run."""

from __future__ import annotations

import functools
import math
import socket
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from fmnist.config import TrainConfig
from fmnist.models.feature_maps import count_macs, count_parameters, list_stages
from fmnist.runs import outputs, store
from fmnist.runs.reader import read_settled

# Seconds on two cores of a server CPU with AVX2, in float32; see `_first_guess`. They follow from
# the images per second that `benchmarks.throughput` prints.
_PER_IMAGE = 2e-5
_PER_MAC = 5e-11
_PER_PARAMETER_AND_STEP = 4e-9
_PER_STEP = 1.5e-3

# Beside the epochs: loading TensorFlow and scoring the test set, where no run tells how long that
# takes here; and building the network, which `results.json` counts with the epochs.
_STARTING_AND_SCORING = 6.0
_BUILDING = 3.0

_MOST_RUNS = 100  # the newest ones tell enough, and every one costs two files to read
_VALIDATION_FRACTION = 0.35  # of the time a training image takes: the way forward alone
_SMALLEST, _LARGEST = 1e-6, 1e15  # no count or speed lies outside
_MACS_A_SECOND = 2.5e10  # of predictions, on two cores
_STARTING_TO_PREDICT = 20.0  # seconds, TensorFlow's and the files'
_NEARNESS = 0.05  # distance (in the logarithm of the cost) within which two networks are alike


@dataclass(frozen=True)
class PastRun:
    """What a finished or running training tells about this machine's speed."""

    macs_per_image: float
    parameters: float
    batch_size: int
    images_per_second: float
    seconds_beside_epochs: float | None = None  # of a run that has ended


@dataclass(frozen=True)
class Estimate:
    """Seconds of one epoch, its validation included, and of all beside; and what they rest on."""

    seconds_per_epoch: float
    images_per_second: float
    basis: str
    seconds_beside_epochs: float = _STARTING_AND_SCORING + _BUILDING

    def total_seconds(self, epochs: int) -> float:
        """Seconds from the start to the score."""
        return self.seconds_beside_epochs + epochs * self.seconds_per_epoch


def past_runs(all_runs: Sequence[store.Run] | None = None) -> list[PastRun]:
    """The newest runs on this computer whose speed is known."""
    host = socket.gethostname()
    past = []
    for run in store.list_runs() if all_runs is None else all_runs:
        if run.damaged or run.status.host != host:
            continue
        is_settled = run.stamp and not run.is_live
        found = _settled_past_run(run.run_dir, run.stamp) if is_settled else _past_run(run)
        if found:
            past.append(found)
        if len(past) == _MOST_RUNS:
            break
    return past


@functools.lru_cache(maxsize=5000)
def _settled_past_run(run_dir: Path, stamp: int) -> PastRun | None:
    """Read once while its files stay as they are."""
    return _past_run(read_settled(run_dir, stamp))


def _past_run(run: store.Run) -> PastRun | None:
    environment = outputs.read_environment(run)
    macs, parameters = environment.get("macs_per_image"), environment.get("parameters")
    speed = run.status.images_per_second
    if not (_is_usable(macs) and _is_usable(parameters) and _is_usable(speed)):
        return None
    return PastRun(macs, parameters, run.config.batch_size, speed, _seconds_beside_epochs(run))


def _seconds_beside_epochs(run: store.Run) -> float | None:
    """What a run that has ended took beside its epochs; None where its files do not tell."""
    began, ended = run.status.started_at, run.status.finished_at
    training = outputs.read_results(run).get("seconds")
    if began is None or ended is None or not _is_usable(training):
        return None
    beside = ended - began - training
    return beside + _BUILDING if _is_usable(beside) else None


def _is_usable(number: Any) -> TypeGuard[float]:
    """Whether it is a positive number of a believable size: a file may hold anything."""
    is_number = isinstance(number, int | float) and not isinstance(number, bool)
    return is_number and _SMALLEST < number < _LARGEST


def estimate_seconds(
    macs_per_image: int,
    parameters: int,
    train_images: int,
    past: Sequence[PastRun],
    *,
    batch_size: int = 128,
    validation_images: int = 0,
) -> Estimate:
    """Seconds that a network's epochs, and all beside them, will take on this machine.

    A rough model of the cost of an image, corrected by how far it was off for the past runs;
    runs of a similar network count most, so that a repeated one is predicted by its own speed.
    """
    guess = _first_guess(macs_per_image, parameters, batch_size)
    correction = 1.0
    if past:
        logs, weights = [], []
        for run in past:
            past_guess = _first_guess(run.macs_per_image, run.parameters, run.batch_size)
            logs.append(math.log(1 / run.images_per_second / past_guess))
            distance = _distance(
                (macs_per_image, parameters, batch_size),
                (run.macs_per_image, run.parameters, run.batch_size),
            )
            weights.append(1 / (_NEARNESS + distance) ** 2)
        weighted = sum(w * x for w, x in zip(weights, logs, strict=True))
        correction = math.exp(weighted / sum(weights))
    image_seconds = guess * correction
    seconds = image_seconds * (train_images + _VALIDATION_FRACTION * validation_images)
    beside = [run.seconds_beside_epochs for run in past if run.seconds_beside_epochs is not None]
    return Estimate(
        seconds,
        1 / image_seconds,
        _basis(len(past)),
        statistics.median(beside) if beside else _STARTING_AND_SCORING + _BUILDING,
    )


def estimate_training(config: TrainConfig, image_count: int, past: Sequence[PastRun]) -> Estimate:
    """`estimate_seconds` of a config. image_count: training images, those for validation included.

    Raises MapTooSmall where its network cannot be built.
    """
    stages = list_stages(config)
    validation_images = round(image_count * config.validation_fraction)
    return estimate_seconds(
        count_macs(stages),
        count_parameters(stages),
        config.epoch_images(image_count - validation_images),
        past,
        batch_size=config.batch_size,
        validation_images=validation_images,
    )


def estimate_prediction_seconds(run: store.Run, images: int) -> float:
    """Seconds until a process of its own has asked a run's model about so many images.

    By the multiply-adds of the model, where they are known.
    """
    macs = outputs.read_environment(run).get("macs_per_image")
    views = (1 + run.config.flip_average) * (1 + 2 * run.config.shift_average)
    return (
        _STARTING_TO_PREDICT + images * (macs if _is_usable(macs) else 0) * views / _MACS_A_SECOND
    )


def _basis(count: int) -> str:
    if not count:
        return "a first guess: nothing has run on this machine yet"
    return f"from {count} earlier {'run' if count == 1 else 'runs'} on this machine"


def _first_guess(macs_per_image: float, parameters: float, batch_size: int) -> float:
    """Seconds per training image: its arithmetic, and its share of a step's fixed cost."""
    per_step = _PER_STEP + _PER_PARAMETER_AND_STEP * parameters
    return _PER_IMAGE + _PER_MAC * macs_per_image + per_step / batch_size


def _distance(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """How unlike two networks and batch sizes are: the sum of their log ratios."""
    return sum(abs(math.log(a / b)) for a, b in zip(one, other, strict=True))
