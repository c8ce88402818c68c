"""How long an epoch will take, guessed from what this machine has already run."""

from __future__ import annotations

import math
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from fmnist.runs import outputs, store

# Seconds on two cores of a server CPU with AVX2, in float32; see `_first_guess`. They follow from
# the images per second that `benchmarks.throughput` prints.
_PER_IMAGE = 2e-5
_PER_MAC = 5e-11
_PER_PARAMETER_AND_STEP = 4e-9
_PER_STEP = 1.5e-3

_VALIDATION_FRACTION = 0.35  # of the time a training image takes: the way forward alone
_SMALLEST, _LARGEST = 1e-6, 1e15  # no count or speed lies outside
_NEARNESS = 0.05  # distance (in the logarithm of the cost) within which two networks are alike


@dataclass(frozen=True)
class PastRun:
    """What a finished or running training tells about this machine's speed."""

    macs_per_image: float
    parameters: float
    batch_size: int
    images_per_second: float


@dataclass(frozen=True)
class Estimate:
    """Seconds of one epoch, its validation included, and what the number rests on."""

    seconds_per_epoch: float
    images_per_second: float
    basis: str


def past_runs(all_runs: Sequence[store.Run] | None = None) -> list[PastRun]:
    """The runs on this computer whose speed is known."""
    host = socket.gethostname()
    past = []
    for run in store.list_runs() if all_runs is None else all_runs:
        if run.damaged or run.status.host != host:
            continue
        environment = outputs.read_environment(run)
        macs, parameters = environment.get("macs_per_image"), environment.get("parameters")
        speed = run.status.images_per_second
        if _is_usable(macs) and _is_usable(parameters) and _is_usable(speed):
            past.append(PastRun(macs, parameters, run.config.batch_size, speed))
    return past


def _is_usable(number: Any) -> TypeGuard[float]:
    """Whether it is a positive number of a believable size: a file may hold anything."""
    is_number = isinstance(number, int | float) and not isinstance(number, bool)
    return is_number and _SMALLEST < number < _LARGEST


def estimate_epoch_seconds(
    macs_per_image: int,
    parameters: int,
    train_images: int,
    past: Sequence[PastRun],
    *,
    batch_size: int = 128,
    validation_images: int = 0,
) -> Estimate:
    """Seconds that one epoch of a network will take on this machine.

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
    return Estimate(seconds, 1 / image_seconds, _basis(len(past)))


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
