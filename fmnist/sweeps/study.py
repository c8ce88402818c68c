"""What Optuna knows of a sweep: `journal.log`, a line for each thing that happened.

Each line is on the disk before what it says is done, so that a driver killed anywhere is taken up
by the next one. Trials are Optuna's, with marks of ours among their attributes:

- `point`: which of a grid's settings it is;
- `pruned`: it was ended for being below the median, written before its run is asked to stop;
- `hopeless`: it failed for reasons of its own, and is not tried again. A trial that failed without
  it has never begun, or was cancelled: it counts for nothing, and its setting is asked for again.

Only the driver writes, and it holds the sweep's lock: the journal needs none of its own, which a
killed process would leave behind.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, NamedTuple

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import FrozenTrial, TrialState

from fmnist.runs.tables import format_value
from fmnist.sweeps.space import Axis
from fmnist.sweeps.sweep import Sweep

JOURNAL = "journal.log"
_NAME = "sweep"
_BEFORE_PRUNING = 4  # trials whose curves are whole, before any is compared with their median
_MOST_DRAWS = 50  # of settings that were tried before or cannot be built, for one new one
_LEAST_FOR_IMPORTANCE = 4  # finished trials
OVER = (TrialState.COMPLETE, TrialState.PRUNED)


class Asked(NamedTuple):
    """A trial that is not over: Optuna's number and the setting."""

    number: int
    point: dict[str, Any]


class _NoLock(JournalFileOpenLock):
    """Of whoever is alone."""

    def acquire(self) -> bool:
        return True

    def release(self) -> None:
        return


class Study:
    """The journal of a sweep, for its driver alone.

    Raises:
        OSError, ValueError: it cannot be read or written.
    """

    def __init__(self, folder: Path, sweep: Sweep) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        self._sweep = sweep
        self._points = sweep.list_points() if sweep.method == "grid" else []
        path = folder / JOURNAL
        drop_half_line(path)
        self._storage = JournalStorage(JournalFileBackend(str(path), _NoLock(str(path))))
        self._study = optuna.create_study(
            storage=self._storage,
            study_name=_NAME,
            direction="maximize",
            load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(_BEFORE_PRUNING, n_warmup_steps=1),
        )
        self._study.sampler = self._make_sampler()

    def _make_sampler(self) -> optuna.samplers.BaseSampler:
        # Seeded by how far it is: a sampler that began again after a restart would draw the first
        # settings a second time.
        drawn = len(self._trials())
        count = self._sweep.most_trials() or 30
        return optuna.samplers.TPESampler(
            n_startup_trials=max(3, min(10, count // 3)),
            multivariate=True,
            constant_liar=True,
            seed=1000 * self._sweep.seeds[0] % 2**31 + drawn,
        )

    def _trials(self) -> list[FrozenTrial]:
        return self._study.get_trials(deepcopy=False)

    def list_open(self) -> list[Asked]:
        """The trials that are asked for and not over."""
        return [
            Asked(trial.number, self._point_of(trial))
            for trial in self._trials()
            if trial.state == TrialState.RUNNING
            and all(axis.name in trial.params for axis in self._sweep.axes)
        ]

    def drop_half_asked(self) -> None:
        """Fail those that a killed driver was still drawing: asked for, without a setting."""
        whole = {asked.number for asked in self.list_open()}
        for trial in self._trials():
            if trial.state == TrialState.RUNNING and trial.number not in whole:
                self.drop(trial.number)

    def _point_of(self, trial: FrozenTrial) -> dict[str, Any]:
        return {axis.name: axis.read(trial.params[axis.name]) for axis in self._sweep.axes}

    def list_counted(self) -> list[tuple[FrozenTrial, dict[str, Any]]]:
        """All trials that count, with their settings: begun, over, or failed for good."""
        return [(trial, self._point_of(trial)) for trial in self._trials() if _counts(trial)]

    def ask(self) -> Asked | None:
        """The next trial, or None where every setting has been tried or the budget is spent."""
        counted = self.list_counted()
        if self._sweep.trials is not None and len(counted) >= self._sweep.trials:
            return None
        if self._sweep.method == "grid":
            return self._ask_grid({trial.user_attrs["point"] for trial, _ in counted})
        most = self._sweep.most_trials()
        if most is not None and len(counted) >= most:
            return None
        tried = {_key(point) for _, point in counted}
        for _ in range(_MOST_DRAWS):
            asked = self._draw()
            if _key(asked.point) not in tried and self._sweep.can_be_built(asked.point):
                return asked
            self.drop(asked.number)
        return None

    def _ask_grid(self, begun: set[int]) -> Asked | None:
        left = (number for number in range(len(self._points)) if number not in begun)
        number = next(left, None)
        if number is None:
            return None
        if not any(trial.state == TrialState.WAITING for trial in self._trials()):
            point = self._points[number]
            stored = {axis.name: axis.store(point[axis.name]) for axis in self._sweep.axes}
            self._study.enqueue_trial(stored, user_attrs={"point": number})
        return self._draw()

    def _draw(self) -> Asked:
        trial = self._study.ask()
        stored = {axis.name: _suggest(trial, axis) for axis in self._sweep.axes}
        point = {axis.name: axis.read(stored[axis.name]) for axis in self._sweep.axes}
        return Asked(trial.number, point)

    def report(self, number: int, epoch: int, val_accuracy: float) -> bool:
        """Note an epoch's validation accuracy, 0 to 1; returns whether the trial is to be pruned.

        An epoch that was noted before changes nothing.
        """
        trial = self._trials()[number]
        if epoch in trial.intermediate_values:
            return False
        self._storage.set_trial_intermediate_value(trial._trial_id, epoch, val_accuracy)
        return self._study.pruner.prune(self._study, self._trials()[number])

    def mark(self, number: int, name: str) -> None:
        """Set a mark, `pruned` or `hopeless`, of a trial that is not over."""
        self._storage.set_trial_user_attr(self._trials()[number]._trial_id, name, True)

    def is_marked(self, number: int, name: str) -> bool:
        return bool(self._trials()[number].user_attrs.get(name))

    def state_of(self, number: int) -> TrialState:
        return self._trials()[number].state

    def finish(self, number: int, val_accuracy: float) -> None:
        """Record a trial's mean validation accuracy, 0 to 1; pruned where it is marked so."""
        if self.is_marked(number, "pruned"):
            self._study.tell(number, state=TrialState.PRUNED)
        else:
            self._study.tell(number, val_accuracy)

    def fail(self, number: int) -> None:
        """Record that a trial has no result and is not to be tried again."""
        self.mark(number, "hopeless")
        self._study.tell(number, state=TrialState.FAIL)

    def drop(self, number: int) -> None:
        """Record that a trial was not carried out: its setting may be asked for again."""
        self._study.tell(number, state=TrialState.FAIL)

    def compute_importance(self) -> dict[str, float]:
        """How much of the differences each setting explains, summing to 1; {} if little is known.

        F. Hutter, H. Hoos, K. Leyton-Brown: "An Efficient Approach for Assessing Hyperparameter
        Importance", ICML 2014 (functional ANOVA over a random forest).
        """
        values = [trial.value for trial in self._trials() if trial.state == TrialState.COMPLETE]
        if len(self._sweep.axes) < 2 or len(values) < _LEAST_FOR_IMPORTANCE:
            return {}
        if len(set(values)) < 2:
            return {}
        # Half of Optuna's trees, and shallow ones: half a second for 200 trials.
        evaluator = optuna.importance.FanovaImportanceEvaluator(n_trees=32, max_depth=8, seed=0)
        found = optuna.importance.get_param_importances(self._study, evaluator=evaluator)
        return {name: float(share) for name, share in found.items()}


def _counts(trial: FrozenTrial) -> bool:
    if trial.state in OVER or trial.state == TrialState.RUNNING:
        return True
    return trial.state == TrialState.FAIL and bool(trial.user_attrs.get("hopeless"))


def _key(point: dict[str, Any]) -> tuple[str, ...]:
    return tuple(format_value(value) for value in point.values())


def _suggest(trial: optuna.Trial, axis: Axis) -> Any:
    if axis.values and axis.has_order:
        return trial.suggest_int(axis.name, 0, len(axis.values) - 1)
    if axis.values:
        return trial.suggest_categorical(axis.name, [format_value(v) for v in axis.values])
    low, high = axis.low or 0, axis.high or 0
    if axis.is_whole:
        return trial.suggest_int(axis.name, int(low), int(high), log=axis.log)
    return trial.suggest_float(axis.name, low, high, log=axis.log)


def drop_half_line(path: Path) -> None:
    """Cut off what a killed driver was still writing: the next line would be appended to it.

    Raises OSError.
    """
    if not path.is_file():
        return
    with path.open("r+b") as file:
        content = file.read()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            file.truncate(whole)
