"""The process that carries a sweep out: asks for settings, has them trained, notes what came out.

It may be killed anywhere and started again: what is asked for stands in the journal before there is
a run folder, a run folder says which trial it is from the moment it is there, and a result is read
from the folder as often as need be. So the next driver adopts what it finds, and no trial is lost
or trained twice. It never imports TensorFlow, and its runs are in nobody's way: no more of them
wait than may train at once.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import filelock

from fmnist import json_files
from fmnist.config import ConfigError
from fmnist.runs import outputs, store
from fmnist.runs.exit_reason import was_cut_short
from fmnist.runs.folder import RUN_ID
from fmnist.runs.process import lower_priority, record_failure
from fmnist.runs.store import Run
from fmnist.runs.tables import format_value
from fmnist.runs.trial_record import TrialRecord
from fmnist.sweeps import results
from fmnist.sweeps.driving import LOCK
from fmnist.sweeps.results import Trial, read_val_accuracy, summarise_trial
from fmnist.sweeps.runners import Runner, open_runner
from fmnist.sweeps.study import OVER, Study
from fmnist.sweeps.sweep import Sweep, read_sweep
from fmnist.terminal import say

LOOK_EVERY = 0.5  # seconds
MOST_ATTEMPTS = 3  # of a training whose process dies
_HEARTBEAT_EVERY = 5.0  # seconds
_IMPORTANCE_EVERY = 20.0  # seconds; it takes a second of a core
_ANOTHER_WITHIN = 0.5  # seconds that a lock is held at most by one who only looks


def drive(folder: Path, runner: Runner | None = None) -> None:
    """Carry a sweep out; returns at once where another process does so, or it is over.

    runner: who trains, if not what the sweep says.

    Raises:
        ConfigError: the folder holds no sweep.
        TrainingError: it could not be carried out; as recorded in its status.
    """
    os.environ["FMNIST_RUNS_DIR"] = str(folder.parent.parent)
    lock = filelock.FileLock(folder / LOCK, timeout=_ANOTHER_WITHIN)
    with contextlib.suppress(filelock.Timeout), lock:
        state = read_sweep(folder)
        if state.sweep is None or state.damaged:
            raise ConfigError(f"{folder} is no sweep that can be carried out: {state.damaged}")
        if not state.status.is_live:
            return
        lower_priority()
        with record_failure(folder):
            began = state.status.started_at or time.time()
            store.claim_run(folder, status="running", started_at=began, message="")
            status, message = Driver(folder, state.sweep, runner, state.status.owner).run()
            store.write_status(folder, status=status, finished_at=time.time(), message=message)


class Driver:
    """One sweep, from wherever it is to its end."""

    def __init__(
        self, folder: Path, sweep: Sweep, runner: Runner | None = None, owner: str = ""
    ) -> None:
        self._folder, self._sweep, self._owner = folder, sweep, owner
        self._variables = _read_variables(folder)
        self._study = Study(folder, sweep)
        self._runner = runner or open_runner(sweep.on)
        self._points: dict[int, dict[str, Any]] = {}  # of trials that are not over
        self._runs: dict[int, dict[int, Run]] = {}  # of all trials, by number and seed
        self._over: dict[int, Trial] = {}
        self._spent_before = results.read_results(folder).seconds
        self._began = self._heartbeat = self._importance_at = time.monotonic()
        self._written: list[Trial] | None = None

    def run(self) -> tuple[str, str]:
        """Until it is over; returns the status it ends with, and why."""
        try:
            self._adopt()
            while True:
                self._runner.look()
                if store.is_stop_requested(self._folder):  # first: what it ends is no result
                    self._cancel()
                    return "stopped", "Cancelled."
                self._look()
                is_pausing = (self._folder / "pause").exists()
                if not is_pausing:
                    self._start_more()
                self._write()
                # What a cluster trains comes back through this process.
                if is_pausing and not (self._sweep.on and any(self._list_live())):
                    return "stopped", "Paused."
                if not self._points:
                    self._write_importance()
                    return self._conclude()
                time.sleep(LOOK_EVERY)
        finally:
            self._runner.close()

    def _conclude(self) -> tuple[str, str]:
        if any(trial.state in ("completed", "pruned") for trial in self._over.values()):
            return "completed", ""
        return "failed", "None of its trainings has a result: see their messages in Runs."

    # -- taking up what is there ------------------------------------------------------------------

    def _adopt(self) -> None:
        """What an earlier driver has left: its runs, and trials that have none yet."""
        self._find_runs()
        self._study.drop_half_asked()
        for asked in self._study.list_open():
            if asked.number in self._runs:
                self._points[asked.number] = asked.point
                for run in self._runs[asked.number].values():
                    if run.is_live:
                        self._runner.start(run)
            else:
                self._study.drop(asked.number)
        for trial, point in self._study.list_counted():
            if trial.number not in self._points:
                self._note_over(trial.number, point)

    def _find_runs(self) -> None:
        for run_dir in sorted(self._folder.parent.parent.iterdir()):
            if not (RUN_ID.fullmatch(run_dir.name) and (run_dir / store.SWEEP_FILE).is_file()):
                continue
            run = store.reconcile_run(run_dir)
            if run.damaged or run.sweep is None or run.sweep.sweep_id != self._folder.name:
                continue
            runs = self._runs.setdefault(run.sweep.trial, {})
            other = runs.get(run.config.seed)
            if other and other.sweep and other.sweep.attempt > run.sweep.attempt:
                run, other = other, run
            runs[run.config.seed] = run
            if other:  # killed between a second attempt and the end of the first one
                self._delete(other)

    # -- looking ----------------------------------------------------------------------------------

    def _look(self) -> None:
        for number in list(self._points):
            self._look_at(number)
        if time.monotonic() - self._heartbeat > _HEARTBEAT_EVERY:
            self._heartbeat = time.monotonic()
            store.write_status(self._folder, heartbeat_at=time.time())

    def _look_at(self, number: int) -> None:
        runs = self._runs.setdefault(number, {})
        for seed, run in list(runs.items()):
            if not run.run_dir.is_dir():
                del runs[seed]  # somebody has deleted it
            elif run.is_live:
                runs[seed] = store.reconcile_run(run.run_dir)
            if seed in runs and self._is_to_be_tried_again(runs[seed]):
                runs[seed] = self._train_again(runs[seed])
        self._prune(number)
        if all(seed in runs and not runs[seed].is_live for seed in self._list_seeds(number)):
            self._end(number)

    def _list_seeds(self, number: int) -> tuple[int, ...]:
        """The seeds that a trial is to be trained with, as far as is known.

        Where trials are pruned, the others wait for what becomes of the first one.
        """
        seeds = self._sweep.seeds
        if not self._sweep.prune:
            return seeds
        first = self._runs.get(number, {}).get(seeds[0])
        is_open = first is None or first.is_live or self._study.is_marked(number, "pruned")
        return seeds[:1] if is_open else seeds

    def _is_to_be_tried_again(self, run: Run) -> bool:
        attempt = run.sweep.attempt if run.sweep else MOST_ATTEMPTS
        has_died = run.status.status == "failed" and was_cut_short(run.status.message)
        return has_died and attempt < MOST_ATTEMPTS

    def _train_again(self, run: Run) -> Run:
        """The new run comes first: killed in between, there are two, and `_find_runs` decides."""
        assert run.sweep is not None
        say(f"{run.run_id}: {run.status.message} It is trained again.")
        again = self._create(run.config, run.sweep.trial, run.sweep.attempt + 1)
        self._delete(run)
        return again

    def _prune(self, number: int) -> None:
        run = self._runs[number].get(self._sweep.seeds[0])
        if not self._sweep.prune or run is None or not run.is_live:
            return
        if self._study.is_marked(number, "pruned"):
            if not store.is_stop_requested(run.run_dir):  # killed between the two
                self._runner.stop(run)
            return
        for epoch, accuracy in _read_epochs(run):
            is_last = epoch + 1 >= run.config.epochs
            if self._study.report(number, epoch, accuracy) and not is_last:
                self._study.mark(number, "pruned")
                self._runner.stop(run)
                return

    def _end(self, number: int) -> None:
        runs = self._runs[number].values()
        values = [value for run in runs if (value := read_val_accuracy(run)) is not None]
        if values:
            self._study.finish(number, sum(values) / len(values))
        else:
            self._study.fail(number)
        self._note_over(number, self._points.pop(number))

    def _note_over(self, number: int, point: dict[str, Any]) -> None:
        state = _STATES.get(self._study.state_of(number), "failed")
        trial = self._summarise(number, point, state)
        self._over[number] = trial

    def _summarise(self, number: int, point: dict[str, Any], state: str) -> Trial:
        runs = self._runs.get(number, {})
        ordered = [runs[seed] for seed in self._sweep.seeds if seed in runs]
        settings = {name: format_value(value) for name, value in point.items()}
        return summarise_trial(number, state, settings, ordered)

    # -- starting ---------------------------------------------------------------------------------

    def _start_more(self) -> None:
        room = self._runner.capacity() - sum(1 for _ in self._list_live())
        while room > 0:
            missing = self._find_missing()
            if missing is None:
                asked = None if self._is_out_of_time() else self._study.ask()
                if asked is None:
                    return
                self._points[asked.number] = asked.point
                self._runs[asked.number] = {}
                missing = (asked.number, self._sweep.seeds[0])
            number, seed = missing
            config = self._sweep.config_of(self._points[number], seed)
            self._runs[number][seed] = self._create(config, number)
            room -= 1

    def _create(self, config: Any, number: int, attempt: int = 1) -> Run:
        record = TrialRecord(self._folder.name, number, self._sweep.on, attempt)
        run = store.create_run(config, self._variables, sweep=record, owner=self._owner)
        self._runner.start(run)
        return run

    def _list_live(self) -> Iterator[Run]:
        for number in self._points:
            yield from (run for run in self._runs[number].values() if run.is_live)

    def _find_missing(self) -> tuple[int, int] | None:
        """A seed that an open trial is still to be trained with: what is begun comes first."""
        for number in self._points:
            for seed in self._list_seeds(number):
                if seed not in self._runs[number]:
                    return number, seed
        return None

    def _seconds(self) -> float:
        return self._spent_before + time.monotonic() - self._began

    def _is_out_of_time(self) -> bool:
        return self._sweep.minutes is not None and self._seconds() >= 60 * self._sweep.minutes

    # -- ending -----------------------------------------------------------------------------------

    def _cancel(self) -> None:
        """End all of its trainings, and forget the trials: resumed, they are asked for again."""
        live = list(self._list_live())
        for run in live:
            self._runner.stop(run)
        while any(store.reconcile_run(run.run_dir).is_live for run in live if run.run_dir.is_dir()):
            self._runner.look()
            store.write_status(self._folder, heartbeat_at=time.time())
            time.sleep(LOOK_EVERY)
        for number in list(self._points):
            self._study.drop(number)
            del self._points[number]
        self._write()
        self._write_importance()

    def _delete(self, run: Run) -> None:
        with contextlib.suppress(ValueError):  # it stays among the runs, as what it is
            store.delete_run(run)

    # -- telling ----------------------------------------------------------------------------------

    def _write(self) -> None:
        live = {n: self._summarise(n, point, "running") for n, point in self._points.items()}
        trials = [trial for _, trial in sorted({**self._over, **live}.items())]
        if trials == self._written:
            return
        self._written = trials
        results.write_trials(self._folder, trials)
        json_files.write_json(self._folder / results.PROGRESS, {"seconds": self._seconds()})
        if time.monotonic() - self._importance_at > _IMPORTANCE_EVERY:
            self._write_importance()

    def _write_importance(self) -> None:
        found = self._study.compute_importance()
        self._importance_at = time.monotonic()
        if found:
            json_files.write_json(self._folder / results.IMPORTANCE, found)


_STATES = dict(zip(OVER, ("completed", "pruned"), strict=True))


def _read_variables(folder: Path) -> dict[str, str]:
    found = json_files.read_json_or_empty(folder / store.VARIABLES_FILE)
    return {name: value for name, value in found.items() if isinstance(value, str)}


def _read_epochs(run: Run) -> list[tuple[int, float]]:
    """Each finished epoch, from 0, and its validation accuracy."""
    history = outputs.read_history(run).dropna(subset=["epoch", "val_accuracy"])
    return [
        (int(epoch), float(accuracy))
        for epoch, accuracy in zip(history["epoch"], history["val_accuracy"], strict=True)
    ]
