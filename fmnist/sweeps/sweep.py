"""A sweep: what is to be tried, kept as a folder `RUNS_DIR/.sweeps/SWEEP_ID`.

`sweep.json` says what, `status.json` how far, as for a run; `stop` cancels it, `pause` ends its
driver and leaves the rest for later. Its trainings are ordinary runs, whose own `sweep.json` names
it. What happens is decided by its driver (`driver.py`), a process of its own; whoever looks at a
sweep whose driver is gone starts another (`driving.py`).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from fmnist import json_files
from fmnist.config import ConfigError, TrainConfig, field_bounds
from fmnist.files import drafting_folder, move_to_free_name, remove_folder
from fmnist.models.feature_maps import check_architecture
from fmnist.plain_text import clean
from fmnist.runs.folder import RUN_ID, RunsFolderError, cannot_write, runs_dir
from fmnist.runs.launch import choosing_variables
from fmnist.runs.status import Status, read_status
from fmnist.sweeps.space import MOST_AXES, Axis, count_points, describe_point, list_points

FOLDER = ".sweeps"
METHODS = ("grid", "tpe")
MOST_TRIALS = 1000
MOST_SEEDS = 20
MOST_MINUTES = 10_000.0
_MAX_NAME = field_bounds("name").max_length
_MAX_ADDRESS = 200  # characters


class SweepNotFound(ValueError):
    """No sweep has this id."""


@dataclass(frozen=True)
class Sweep:
    """What is to be tried.

    A trial is one setting, trained once with each of `seeds`. A grid tries every combination of the
    axes' values; "tpe" has Optuna's Tree-structured Parzen Estimator propose the next setting from
    those before. It ends after `trials` settings or `minutes` of its driver's work, whichever comes
    first; what has begun by then is finished. prune: end a trial whose validation accuracy after
    some epoch is below the median of the trials before it. on: the address of a cluster, or "" for
    this computer.

    Raises:
        ConfigError: nothing to vary, a grid with a range or too large, a budget out of bounds.
    """

    base: TrainConfig
    axes: tuple[Axis, ...]
    method: str = "grid"
    seeds: tuple[int, ...] = (0,)
    trials: int | None = None
    minutes: float | None = None
    prune: bool = False
    on: str = ""
    name: str = ""

    def __post_init__(self) -> None:
        if not 1 <= len(self.axes) <= MOST_AXES:
            raise ConfigError(f"A sweep varies 1 to {MOST_AXES} settings, not {len(self.axes)}.")
        names = [axis.name for axis in self.axes]
        if len(set(names)) < len(names):
            raise ConfigError(f"A setting is varied once: {', '.join(names)} has one twice.")
        if self.method not in METHODS:
            raise ConfigError(f"The method is {' or '.join(METHODS)}, not {self.method[:20]!r}.")
        seeds = tuple(dict.fromkeys(self.seeds))
        if not 1 <= len(seeds) <= MOST_SEEDS:
            raise ConfigError(f"A sweep has 1 to {MOST_SEEDS} different seeds, not {len(seeds)}.")
        for seed in seeds:
            self.base.replace(seed=seed)
        object.__setattr__(self, "seeds", seeds)
        self._check_budget()
        if self.method == "grid":
            self._check_grid()
        object.__setattr__(self, "name", clean(self.name, _MAX_NAME) or self._default_name())
        object.__setattr__(self, "on", clean(self.on, _MAX_ADDRESS))

    def _check_budget(self) -> None:
        if self.trials is not None and not 1 <= self.trials <= MOST_TRIALS:
            raise ConfigError(f"A sweep has 1 to {MOST_TRIALS:,} trials, not {self.trials:,}.")
        if self.minutes is not None and not 0 < self.minutes <= MOST_MINUTES:
            raise ConfigError(f"A sweep has up to {MOST_MINUTES:,.0f} minutes, not {self.minutes}.")
        if self.method == "tpe" and self.trials is None and self.minutes is None:
            raise ConfigError("A search needs a budget: give a number of trials, or of minutes.")

    def _check_grid(self) -> None:
        ranges = [axis.name for axis in self.axes if axis.is_range]
        if ranges:
            raise ConfigError(
                f"A grid needs values of {ranges[0]}: list some, or search with the method tpe."
            )
        count = count_points(self.axes) or 0
        if count > MOST_TRIALS:
            raise ConfigError(
                f"This grid has {count:,} settings: at most {MOST_TRIALS:,} are tried. Leave out "
                "some values."
            )
        if not self.list_points():
            raise ConfigError("No network of this grid can be built: choose other values.")

    def _default_name(self) -> str:
        varied = ", ".join(axis.name for axis in self.axes)
        return clean(f"{self.base.name} {varied}", _MAX_NAME)

    def list_points(self) -> list[dict[str, Any]]:
        """A grid's settings whose network can be built."""
        return [point for point in list_points(self.axes) if self.can_be_built(point)]

    def can_be_built(self, point: Mapping[str, Any]) -> bool:
        try:
            check_architecture(self.base.replace(**point))
        except ConfigError:
            return False
        return True

    def most_trials(self) -> int | None:
        """How many settings are tried at most; None where the time alone is limited."""
        points = len(self.list_points()) if self.method == "grid" else count_points(self.axes)
        known = [count for count in (self.trials, points) if count is not None]
        return min(known, default=None)

    def config_of(self, point: Mapping[str, Any], seed: int) -> TrainConfig:
        """The training of a setting with one seed, named after the setting."""
        name = clean(describe_point(point), _MAX_NAME)
        return self.base.replace(**point, seed=seed, name=name)

    def to_json(self) -> dict[str, Any]:
        values = {**vars(self), "base": self.base.to_json(), "seeds": list(self.seeds)}
        return values | {"axes": [axis.to_json() for axis in self.axes]}

    @classmethod
    def from_json(cls, values: Any) -> Sweep:
        """Raises ConfigError for what is no sweep."""
        try:
            nested = msgspec.convert(values, _Nested)
            base = TrainConfig.from_json(nested.base)
            axes = tuple(Axis.from_json(axis) for axis in nested.axes)
            return msgspec.convert({**values, "base": base, "axes": axes}, cls)
        except msgspec.ValidationError as error:
            reason = str(error).rstrip(".")
            raise ConfigError(f"sweep.json is no sweep: {reason}.") from error


class _Nested(msgspec.Struct, frozen=True):
    """What of `sweep.json` has readers of its own; the rest is as `Sweep` says."""

    base: dict[str, Any]
    axes: list[dict[str, Any]]


@dataclass(frozen=True)
class SweepState:
    """A sweep's folder as last read. `damaged` says what is wrong with it, or is empty."""

    sweep_id: str
    folder: Path
    sweep: Sweep | None
    status: Status
    damaged: str = ""

    @property
    def title(self) -> str:
        return self.sweep.name if self.sweep else self.sweep_id

    @property
    def is_live(self) -> bool:
        return self.status.is_live and not self.damaged

    @property
    def is_stopping(self) -> bool:
        return self.is_live and any((self.folder / name).exists() for name in ("stop", "pause"))


def sweeps_dir() -> Path:
    """The folder of all sweeps, among the runs; its name keeps it out of their list."""
    return runs_dir() / FOLDER


def create_sweep(sweep: Sweep, owner: str = "") -> SweepState:
    """A new folder, queued, with no driver yet; owner: who starts it, and so all its runs.

    Raises RunsFolderError.
    """
    parent = sweeps_dir()
    slug = sweep.base.replace(name=sweep.name).slug
    stem = f"{datetime.fromtimestamp(time.time(), UTC):%Y%m%d-%H%M%S}-{slug}"
    status = Status("queued", queued_at=time.time(), owner=owner)
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with drafting_folder(parent) as draft:
            json_files.write_json(draft / "sweep.json", sweep.to_json())
            json_files.write_json(draft / "variables.json", choosing_variables())
            json_files.write_json(draft / "status.json", msgspec.structs.asdict(status))
            folder = move_to_free_name(draft, parent, stem)
    except OSError as error:
        raise cannot_write(parent, error) from error
    return SweepState(folder.name, folder, sweep, status)


def read_sweep(folder: Path) -> SweepState:
    """The sweep in a folder, whatever state it is in."""
    damaged, sweep, status = "", None, Status("failed")
    try:
        sweep = Sweep.from_json(json_files.read_json(folder / "sweep.json"))
        status = read_status(folder)
    except ConfigError as error:
        damaged = str(error)
    except (OSError, ValueError):
        damaged = f"{'status' if sweep else 'sweep'}.json cannot be read."
    return SweepState(folder.name, folder, sweep, status, damaged)


def load_sweep(sweep_id: str) -> SweepState:
    """Raises SweepNotFound where there is none, or the text is not an id at all."""
    if not RUN_ID.fullmatch(sweep_id):
        raise SweepNotFound(f"{sweep_id[:60]!r} is not the id of a sweep.")
    folder = sweeps_dir() / sweep_id
    if not folder.is_dir():
        raise SweepNotFound(f"There is no sweep {sweep_id!r}: it may have been deleted.")
    return read_sweep(folder)


def list_sweeps() -> list[SweepState]:
    """All there are, the newest first; damaged ones say so."""
    try:
        found = [path for path in sweeps_dir().iterdir() if RUN_ID.fullmatch(path.name)]
    except OSError:
        return []
    return [read_sweep(path) for path in sorted(found, reverse=True) if path.is_dir()]


def request(state: SweepState, what: str) -> None:
    """Ask a sweep's driver to `stop`, its trainings included, or to `pause`.

    Raises RunsFolderError.
    """
    try:
        (state.folder / what).touch()
    except OSError as error:
        raise cannot_write(state.folder, error) from error


def delete_sweep(state: SweepState) -> None:
    """Remove what is known of the sweep as a whole; its runs stay.

    Raises:
        ValueError: it is not over.
        RunsFolderError: the folder cannot be changed.
    """
    if state.is_live:
        raise ValueError(f"{state.title} is still {state.status.status}: cancel it first.")
    try:
        remove_folder(state.folder)
    except OSError as error:
        raise RunsFolderError(
            f"{state.folder} cannot be deleted ({error.strerror or error}): allow writing there, "
            "or delete it by hand."
        ) from error
