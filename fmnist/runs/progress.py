"""How far a training is: what the live views show, read from its folder with little work.

A page asks twice a second, so a table is read again only when its file has changed.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from fmnist import formats
from fmnist.runs import outputs, queue
from fmnist.runs.file_state import state_of_tables
from fmnist.runs.store import Run, Status

if TYPE_CHECKING:
    import pandas as pd

_WORDS = ("next", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")


@dataclass(frozen=True)
class Curves:
    """A run's tables as last read; two are equal when their files had not changed in between."""

    run_dir: Path
    stamp: tuple[int, ...]
    history: pd.DataFrame = field(compare=False)
    batches: pd.DataFrame = field(compare=False)


def read_curves(run: Run) -> Curves:
    """`history.csv` and `batches.csv`, from memory while neither file has changed."""
    history, batches = run.file("history.csv"), run.file("batches.csv")
    stamp = state_of_tables(run.run_dir)
    return Curves(
        run.run_dir,
        stamp,
        _read(history, outputs.HISTORY_COLUMNS, stamp[:2]),
        _read(batches, outputs.BATCH_COLUMNS, stamp[2:]),
    )


@functools.lru_cache(maxsize=32)
def _read(path: Path, columns: tuple[str, ...], _stamp: tuple[int, ...]) -> pd.DataFrame:
    return outputs.read_table(path, columns)


def fraction_done(status: Status) -> float:
    """0 to 1: the steps done of all steps that the run was asked for."""
    if not (status.epochs and status.steps_per_epoch):
        return 0.0
    return min((status.step or 0) / (status.epochs * status.steps_per_epoch), 1.0)


def step_of_epoch(status: Status) -> int:
    """The step within the running epoch, from 1; `status.json` counts those of the whole run."""
    before = (status.epoch or 0) * (status.steps_per_epoch or 0)
    return min(max((status.step or 0) - before, 0), status.steps_per_epoch or 0)


def seconds_left(run: Run, history: pd.DataFrame) -> float | None:
    """Seconds until the last epoch ends, were nothing to stop it; None while there is no telling.

    From the finished epochs' mean (validation included), or else from the images per second.
    """
    status = run.status
    if not (status.epochs and status.steps_per_epoch):
        return None
    if len(history):
        epoch_seconds = float(history["seconds"].to_numpy().mean())
    elif status.images_per_second:
        epoch_seconds = status.steps_per_epoch * run.config.batch_size / status.images_per_second
    else:
        return None
    return (1 - fraction_done(status)) * status.epochs * epoch_seconds


def describe_silence(run: Run) -> str:
    """E.g. "No sign of life for 2 min", where a run's process seems to hang; "" elsewhere."""
    if not run.is_silent:
        return ""
    seconds = run.status.seconds_silent
    return "No sign of life" + (f" for {formats.duration(seconds)}" if seconds is not None else "")


@functools.lru_cache(maxsize=32)
def latest(curves: Curves) -> dict[str, float]:
    """The newest number of each kind: loss and accuracy of the batches, val_ of the epochs."""
    numbers: dict[str, float] = {}
    for table in (curves.history, curves.batches):
        if len(table):
            numbers |= table.iloc[-1].to_dict()
    return numbers


def describe_queue_position(run: Run, everything: list[Run]) -> str:
    """A queued run's place in words, e.g. "Second in the queue, behind “conv-64”."."""
    if run.is_remote:
        return "Waiting for a free place on the cluster."
    waiting = [other.run_id for other in queue.list_queued(everything)]
    titles = {other.run_id: other.title for other in everything}
    place = waiting.index(run.run_id) if run.run_id in waiting else 0
    ordinal = _WORDS[place] if place < len(_WORDS) else f"number {place + 1}"
    running = [
        other.title
        for other in everything
        if other.is_training and not other.is_remote and other.run_id not in waiting
    ]
    if place:
        return f"{ordinal.capitalize()} in the queue, behind “{titles[waiting[place - 1]]}”."
    if running:
        return f"{ordinal.capitalize()} in the queue, behind “{running[-1]}”, which is training."
    return f"{ordinal.capitalize()} in the queue: it starts in a moment."
