"""What a sweep varies: axes, each a setting with values to choose from or a range.

A value is written as on the command line, several numbers of one value joined by hyphens: the axis
`filters=16,32-64` has one convolution or two. What may be varied, and within which bounds, says
`fmnist.config`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fmnist.config import FIELDS, ConfigError, TrainConfig, field_bounds
from fmnist.runs.tables import format_value

MOST_VALUES = 50  # of one axis
MOST_AXES = 8
_MOST_WORDS = 6
# Names and records change no model; the seed has its own place; and trials that are validated on
# different numbers of images could not be compared.
NOT_VARIED = ("name", "dataset", "seed", "record_epochs", "validation_fraction")


@dataclass(frozen=True)
class Axis:
    """One setting of `TrainConfig`: `values` in its type, or from `low` to `high`.

    log: a range is gone through by factors, as learning rates are. Of a setting with one number
    per layer, a range is that of a single layer.

    Raises:
        ConfigError: no such setting, one that cannot be varied, values out of bounds.
    """

    name: str
    values: tuple[Any, ...] = ()
    low: float | None = None
    high: float | None = None
    log: bool = False

    def __post_init__(self) -> None:
        _check_name(self.name)
        if bool(self.values) == (self.low is not None and self.high is not None):
            raise ConfigError(f"{self.name} needs values to choose from, or a range.")
        if self.values:
            if len(self.values) > MOST_VALUES:
                raise ConfigError(
                    f"{self.name} has {len(self.values)} values: at most {MOST_VALUES} are tried."
                )
            checked = tuple(_check_value(self.name, value) for value in self.values)
            checked = tuple(dict.fromkeys(checked))
            object.__setattr__(
                self, "values", tuple(sorted(checked)) if _is_scale(checked) else checked
            )
            return
        if not is_numeric(self.name):
            raise ConfigError(f"{self.name} has no range: give values to choose from.")
        low, high = (_check_value(self.name, self._wrap(end)) for end in (self.low, self.high))
        low, high = (end[0] if isinstance(end, tuple) else end for end in (low, high))
        if low >= high:
            raise ConfigError(f"The range of {self.name} ends at {high:g}, where it begins.")
        if self.log and low <= 0:
            raise ConfigError(f"{self.name} cannot begin at 0 on a log scale: give a number above.")
        object.__setattr__(self, "low", low)
        object.__setattr__(self, "high", high)

    @property
    def is_range(self) -> bool:
        return not self.values

    @property
    def is_whole(self) -> bool:
        """Whether its numbers are whole ones."""
        default = FIELDS[self.name].default
        return not isinstance(default, float)

    def count(self) -> int | None:
        """How many values it has; None where there is no end to them."""
        if self.values:
            return len(self.values)
        return int(self.high - self.low) + 1 if self.is_whole else None  # type: ignore[operator]

    def middle(self) -> Any:
        """A value of the range to estimate by; geometric where it is gone through by factors."""
        low, high = self.low or 0, self.high or 0
        middle = math.sqrt(low * high) if self.log else (low + high) / 2
        return self._wrap(round(middle) if self.is_whole else middle)

    @property
    def has_order(self) -> bool:
        """Whether its values are drawn by their place among the others: numbers are, so that what
        is known of two tells of those between; and many words, which would take long to tell apart.
        """
        return _is_scale(self.values) or len(self.values) > _MOST_WORDS

    def store(self, value: Any) -> Any:
        """What Optuna knows a value by: its place among `values`, its text, or a number itself."""
        return self.values.index(value) if self.has_order else format_value(value)

    def read(self, stored: Any) -> Any:
        """The setting's value for what Optuna has drawn; see `store`."""
        if self.values and self.has_order:
            return self.values[int(stored)]
        if self.values:
            return next(value for value in self.values if format_value(value) == stored)
        if self.is_whole:
            return self._wrap(int(stored))
        # Three digits say all that a setting's effect lets anybody tell apart, and can be read.
        return min(max(float(f"{stored:.3g}"), self.low or 0.0), self.high or 0.0)

    def _wrap(self, number: Any) -> Any:
        return (number,) if isinstance(FIELDS[self.name].default, tuple) else number

    def describe(self) -> str:
        """E.g. "16, 32, 64" or "0.0001 to 0.01 (log)"."""
        if self.values:
            return ", ".join(map(format_value, self.values))
        return f"{self.low:g} to {self.high:g}" + (" (log)" if self.log else "")

    def to_json(self) -> dict[str, Any]:
        if self.values:
            return {"name": self.name, "values": [_plain(value) for value in self.values]}
        return {"name": self.name, "low": self.low, "high": self.high, "log": self.log}

    @classmethod
    def from_json(cls, found: Any) -> Axis:
        if not isinstance(found, dict) or not isinstance(found.get("name"), str):
            raise ConfigError("An axis of a sweep is an object with a name.")
        values = found.get("values") or ()
        if not isinstance(values, list | tuple):
            raise ConfigError(f"The values of {found['name']} are a list.")
        log = found.get("log") is True
        return cls(found["name"], tuple(values), found.get("low"), found.get("high"), log)


def _is_scale(values: Sequence[Any]) -> bool:
    """Whether they are numbers, or layers of one number each."""
    return all(
        isinstance(value, int | float) and not isinstance(value, bool)
        if not isinstance(value, tuple)
        else len(value) == 1
        for value in values
    )


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _check_name(name: str) -> None:
    if name not in FIELDS:
        raise ConfigError(f"There is no setting {name!r}: a config has {', '.join(FIELDS)}.")
    if name in NOT_VARIED:
        advice = "give several seeds instead" if name == "seed" else "choose another setting"
        raise ConfigError(f"{name} cannot be varied by a sweep: {advice}.")


def _check_value(name: str, value: Any) -> Any:
    return getattr(TrainConfig(**{name: value}), name)


def is_numeric(name: str) -> bool:
    """Whether a setting may be given as a range."""
    default = FIELDS[name].default
    return isinstance(default, int | float | tuple) and not isinstance(default, bool)


def can_be_varied(name: str) -> bool:
    return name in FIELDS and name not in NOT_VARIED


def parse_values(name: str, text: str) -> Axis:
    """The axis of "16,32,64". Raises ConfigError."""
    _check_name(name)
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise ConfigError(f"{name} has no values: write some, e.g. {name}={_example(name)}.")
    return Axis(name, tuple(_parse_value(name, part) for part in parts))


def parse_range(name: str, text: str) -> Axis:
    """The axis of "1e-4:1e-2:log" or "0:0.5". Raises ConfigError."""
    _check_name(name)
    low, _, rest = text.partition(":")
    high, _, scale = rest.partition(":")
    if scale not in ("", "log"):
        raise ConfigError(
            f"The range of {name} ends in {scale[:20]!r}: leave it out, or write log."
        )
    return Axis(name, (), _parse_number(name, low), _parse_number(name, high), scale == "log")


def _example(name: str) -> str:
    bounds = field_bounds(name)
    return ",".join(bounds.choices[:2]) or "1,2"


def _parse_value(name: str, text: str) -> Any:
    default = FIELDS[name].default
    if isinstance(default, bool):
        truths = {"on": True, "true": True, "off": False, "false": False}
        if text.lower() not in truths:
            raise ConfigError(f"{name} is on or off, got {text[:20]!r}.")
        return truths[text.lower()]
    if isinstance(default, tuple):
        return () if text == "none" else tuple(_parse_number(name, p) for p in text.split("-"))
    return text if isinstance(default, str) else _parse_number(name, text)


def _parse_number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ConfigError(f"{name} is a number, got {text[:20]!r}.")
    return int(number) if number == int(number) and "e" not in text.lower() else number


def list_points(axes: Sequence[Axis]) -> list[dict[str, Any]]:
    """Every combination of the axes' values, the last axis changing fastest; none has a range."""
    names = [axis.name for axis in axes]
    combinations = itertools.product(*(axis.values for axis in axes))
    return [dict(zip(names, values, strict=True)) for values in combinations]


def count_points(axes: Sequence[Axis]) -> int | None:
    """How many settings there are; None where there is no end to them."""
    counts = [axis.count() for axis in axes]
    return None if None in counts else math.prod(count or 0 for count in counts)


def describe_point(point: Mapping[str, Any]) -> str:
    """E.g. "filters 16, learning rate 0.002"."""
    return ", ".join(
        f"{name.replace('_', ' ')} {format_value(value)}" for name, value in point.items()
    )
