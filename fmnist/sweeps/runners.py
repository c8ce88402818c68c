"""Who trains a sweep's runs: the queue of this computer, or a cluster."""

from __future__ import annotations

import contextlib
import importlib
from typing import Protocol

from fmnist.runs import jobs, queue, settings, store
from fmnist.runs.store import Run


class Runner(Protocol):
    """What a sweep's driver, and nobody else, calls.

    The truth about a run is what its folder says: whoever trains it keeps `status.json` and
    `history.csv` up to date there.
    """

    def start(self, run: Run) -> None:
        """Have this queued folder trained; again after a restart of the driver, for each run that
        is not over: then it is to be adopted, or begun if nobody trains it."""

    def look(self) -> None:
        """Bring the folders of what is trained elsewhere up to date; called twice a second."""

    def stop(self, run: Run) -> None:
        """Ask a run to end; what it has learned is scored."""

    def close(self) -> None:
        """Let go; what trains goes on."""

    def capacity(self) -> int:
        """How many of the sweep's runs may be unfinished at once."""


class QueueRunner:
    """The queue that everybody's trainings wait in.

    No more runs wait than may train at once, so that a person's training that is queued meanwhile
    has its turn after at most as many.
    """

    def __init__(self) -> None:
        self._waiting: list[Run] = []

    def start(self, run: Run) -> None:
        """The dispatcher finds what is queued; this one sees that there is a dispatcher."""
        self._waiting.append(run)

    def look(self) -> None:
        self._waiting = [run for run in self._waiting if _is_queued(run)]
        if self._waiting:
            with contextlib.suppress(store.RunsFolderError):  # tried again at the next look
                queue.ensure_dispatcher()

    def stop(self, run: Run) -> None:
        with contextlib.suppress(store.RunNotFound):
            jobs.stop_run(run.run_id)

    def close(self) -> None:
        """Nothing is held."""

    def capacity(self) -> int:
        return settings.read_parallel_trainings()


def open_runner(on: str) -> Runner:
    """The runner of a sweep; `on` is the address of a cluster, "" the queue of this computer.

    Raises:
        ConfigError: the cluster cannot be reached, or what that takes is not installed.
    """
    if not on:
        return QueueRunner()
    cluster = importlib.import_module("fmnist.sweeps.ray_cluster")  # with Ray, which is optional
    return cluster.RayRunner(on)


def _is_queued(run: Run) -> bool:
    try:
        return store.read_status(run.run_dir).status == "queued"
    except (OSError, ValueError):  # deleted
        return False
