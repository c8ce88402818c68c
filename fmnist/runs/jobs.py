"""Start, stop and cancel the processes behind runs.

A training is a process of its own (`python -m fmnist train RUN_DIR`), which the dispatcher starts
when it is first in the queue. So is the check of a model that was imported from a file (`python -m
fmnist import-model RUN_DIR`), and so is a fine-tuning (`python -m fmnist fine-tune RUN_DIR`): those
start at once, of the checks a few at a time. All of them outlive whoever started them.
"""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Iterator, Sequence

import filelock

from fmnist.config import TrainConfig
from fmnist.models.feature_maps import check_architecture
from fmnist.runs import queue, store
from fmnist.runs.folder import cannot_write
from fmnist.runs.hung import end_if_it_hangs
from fmnist.runs.launch import BACKGROUND, choosing_variables, start_in_background
from fmnist.runs.related import find_same
from fmnist.runs.status import record_exit

_LOCK_TIMEOUT = 30.0  # seconds; a whole class may press Start at once
_WHAT_IS_LEFT = "Its curves are kept; there is no model."


class TooManyWaiting(ValueError):
    """This owner has as many trainings in the queue as one may have."""


def start_run(config: TrainConfig, owner: str = "", most_waiting: int | None = None) -> str:
    """Make a run folder and queue it, to be trained when it is first in the queue; returns the
    run's id.

    owner: who starts it. most_waiting: how many of theirs may wait at once.

    Raises:
        ConfigError: the network of `config` cannot be built.
        TooManyWaiting: so many of theirs wait already.
        RunsFolderError: the folder cannot be written, or no process could be started.
    """
    check_architecture(config)
    if most_waiting is None:
        return _queue_run(config, owner)
    with _starting():
        _check_waiting(owner, most_waiting, store.list_runs())
        return _queue_run(config, owner)


def find_or_start_run(
    config: TrainConfig, owner: str = "", most_waiting: int | None = None, fingerprint: str = ""
) -> tuple[str, bool]:
    """The run with these settings, seed and data, if there is one that is completed or live; else
    a new one as by `start_run`. Returns its id, and whether it is new.

    However many ask at once, one run is made. fingerprint: of the data, where it is known.
    """
    (found,) = find_or_start_runs([config], owner, most_waiting, fingerprint)
    return found


def find_or_start_runs(
    configs: Sequence[TrainConfig],
    owner: str = "",
    most_waiting: int | None = None,
    fingerprint: str = "",
) -> list[tuple[str, bool]]:
    """As `find_or_start_run`, of several that belong together: where too many of the owner's wait
    already, none is begun. When one cannot be made, those made before it stay.
    """
    for config in configs:
        check_architecture(config)
    with _starting():
        everything = store.list_runs()
        same = [find_same(config, everything, fingerprint) for config in configs]
        if most_waiting is not None and None in same:
            _check_waiting(owner, most_waiting, everything)
        return [
            (run.run_id, False) if run else (_queue_run(config, owner), True)
            for run, config in zip(same, configs, strict=True)
        ]


@contextlib.contextmanager
def _starting() -> Iterator[None]:
    """While whoever else wants to start a run waits."""
    folder = store.runs_dir()
    lock = filelock.FileLock(folder / ".start.lock", timeout=_LOCK_TIMEOUT)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except OSError as error:  # filelock.Timeout is one
        raise cannot_write(folder, error) from error
    try:
        yield
    finally:
        lock.release()


def _check_waiting(owner: str, most: int, everything: list[store.Run]) -> None:
    """What a sweep has queued does not count: its driver queues few at a time."""
    queued = queue.list_queued(everything)
    waiting = sum(run.status.owner == owner and run.sweep is None for run in queued)
    if waiting >= most:
        raise TooManyWaiting(
            f"{waiting} of your trainings wait in the queue already: start more when fewer than "
            f"{most} wait, or cancel one."
        )


def _queue_run(config: TrainConfig, owner: str) -> str:
    run = store.create_run(config, choosing_variables(), owner=owner)
    try:
        queue.ensure_dispatcher()
    except store.RunsFolderError:
        shutil.rmtree(run.run_dir, ignore_errors=True)
        raise
    return run.run_id


def start_new_run(run: store.Run, command: str) -> str:
    """Start a run's process, or leave no run behind; returns its id."""
    try:
        start_and_watch(run, command)
    except store.RunsFolderError:
        shutil.rmtree(run.run_dir, ignore_errors=True)
        raise
    return run.run_id


def start_and_watch(run: store.Run, command: str) -> threading.Thread:
    """Start a run's process; the thread, until its end, records how it ended where it cannot say
    so itself.
    """
    process = start_in_background(command, run.run_dir, watched_by=BACKGROUND)

    def await_end() -> None:
        """Reap the child (a zombie would look alive) and record an end that it could not record."""
        code = process.wait()
        with contextlib.suppress(OSError, ValueError):  # the folder is gone: nobody left to tell
            # An imported model may already be checked again, or be another process's.
            status = store.read_status(run.run_dir)
            is_anothers = status.pid is not None and store.process_is_alive(status)
            if status.queued_at == run.status.queued_at and not is_anothers:
                record_exit(run.run_dir, code)

    watcher = threading.Thread(target=await_end, daemon=True)
    watcher.start()
    return watcher


def stop_run(run_id: str) -> None:
    """Ask a run to end: a training one keeps and scores its model, a queued one is cancelled.

    One whose process hangs is ended without a model, within seconds. A run that has already ended
    is left alone.

    Raises:
        RunNotFound: there is no such run.
        RunsFolderError: its folder cannot be written.
    """
    run = store.load_run(run_id)
    if not run.is_live:
        return
    store.request_stop(run)
    if run.status.pid is None:
        _cancel_if_it_waits(run)
        return
    left = _WHAT_IS_LEFT if run.is_training else "Start it again."
    end_if_it_hangs(run.run_dir, run.status, is_silent=run.is_silent, what_is_left=left)


def _cancel_if_it_waits(run: store.Run) -> None:
    try:
        with queue.granting(run.run_dir.parent):
            status = store.read_status(run.run_dir)
            if status.status == "queued" and status.pid is None:
                queue.cancel(run.run_dir)
    except (OSError, ValueError):
        pass  # the dispatcher cancels it, for the stop file is there
