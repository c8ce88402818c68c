"""Runs that belong to another: the one to compare it with, and one with the very same settings."""

from __future__ import annotations

from collections.abc import Iterable

from fmnist.config import TrainConfig
from fmnist.runs import outputs
from fmnist.runs.store import START_FILE, Run, is_stop_requested


def find_previous(run: Run, runs: Iterable[Run]) -> Run | None:
    """The run on the same dataset that was the last to be completed before this one began.

    None before it begins: what is trained meanwhile may still be completed first.
    """
    began = run.status.started_at
    if began is None:
        return None
    before = [
        other
        for other in runs
        if other.run_id != run.run_id
        and _is_completed(other)
        and other.config.dataset == run.config.dataset
        and (other.status.finished_at or began) < began
    ]
    return max(before, key=lambda other: other.status.finished_at or 0.0, default=None)


def find_same(config: TrainConfig, runs: Iterable[Run], fingerprint: str = "") -> Run | None:
    """A run with these settings and this seed, whatever its name: a completed one, or else a live.

    The newest such, where `runs` come as `store.list_runs` gives them. One that is to be stopped is
    none. fingerprint: of the data, where it is known; a run on other data of this name is none.
    """
    same = [
        run
        for run in runs
        if not run.config.differences(config)
        and _is_trained_here(run)
        and not run.file(START_FILE).exists()
        and _is_on(fingerprint, run)
    ]
    completed = (run for run in same if _is_completed(run))
    live = (run for run in same if run.is_live and not is_stop_requested(run.run_dir))
    return next(completed, None) or next(live, None)


def _is_on(fingerprint: str, run: Run) -> bool:
    """Whether it was, or may have been, trained on the data with this fingerprint."""
    trained_on = outputs.read_fingerprint(run)
    return not (fingerprint and trained_on) or trained_on == fingerprint


def _is_completed(run: Run) -> bool:
    return _is_trained_here(run) and run.status.status == "completed"


def _is_trained_here(run: Run) -> bool:
    """From nothing: the config of an imported model says little, a fine-tuning starts elsewhere."""
    return not (run.damaged or run.imported_model or run.fine_tuned)
