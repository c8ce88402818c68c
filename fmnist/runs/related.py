"""Runs that belong to another: the one to compare it with, and one with the very same settings."""

from __future__ import annotations

from collections.abc import Iterable

from fmnist.config import TrainConfig
from fmnist.runs.store import Run


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


def find_same(config: TrainConfig, runs: Iterable[Run]) -> Run | None:
    """A run with these settings and this seed, whatever its name: a completed one, or else a live.

    The newest such, where `runs` come as `store.list_runs` gives them.
    """
    same = [run for run in runs if _is_trained_here(run) and not run.config.differences(config)]
    completed = (run for run in same if _is_completed(run))
    return next(completed, None) or next((run for run in same if run.is_live), None)


def _is_completed(run: Run) -> bool:
    return _is_trained_here(run) and run.status.status == "completed"


def _is_trained_here(run: Run) -> bool:
    """From nothing: the config of an imported model says little, a fine-tuning starts elsewhere."""
    return not (run.damaged or run.imported_model or run.fine_tuned)
