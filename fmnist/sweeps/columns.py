"""Trials as parallel coordinates: each setting a scale, each trial a place on every one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from fmnist.runs.tables import format_value
from fmnist.sweeps.results import Trial
from fmnist.sweeps.space import Axis
from fmnist.sweeps.sweep import Sweep


@dataclass(frozen=True)
class Scale:
    """One setting: where each trial stands, and what is written where."""

    name: str
    positions: tuple[float, ...]
    ticks: tuple[float, ...]
    texts: tuple[str, ...]


def list_scored(trials: Sequence[Trial]) -> list[Trial]:
    """Those with a validation accuracy to be compared by: pruned ones have less of it."""
    return [trial for trial in trials if trial.val_accuracy is not None]


def list_scales(sweep: Sweep, trials: Sequence[Trial]) -> list[Scale]:
    """One for each axis of the sweep, in its order."""
    return [
        _scale(axis, [trial.settings.get(axis.name, "") for trial in trials]) for axis in sweep.axes
    ]


def _scale(axis: Axis, texts: Sequence[str]) -> Scale:
    if axis.values:
        names = tuple(format_value(value) for value in axis.values)
        places = {name: float(place) for place, name in enumerate(names)}
        positions = tuple(places.get(text, 0.0) for text in texts)
        return Scale(axis.name, positions, tuple(places.values()), names)
    low, high = axis.low or 0.0, axis.high or 0.0
    marks = [low, _middle(low, high, axis.log), high]
    written = tuple(f"{mark:.3g}" for mark in marks)
    return Scale(
        axis.name,
        tuple(_place(_number(text, low), axis.log) for text in texts),
        tuple(_place(mark, axis.log) for mark in marks),
        written,
    )


def _middle(low: float, high: float, is_log: bool) -> float:
    return math.sqrt(low * high) if is_log else (low + high) / 2


def _place(number: float, is_log: bool) -> float:
    return math.log10(number) if is_log and number > 0 else number


def _number(text: str, default: float) -> float:
    try:
        return float(text)
    except ValueError:
        return default
