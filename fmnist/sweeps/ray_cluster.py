"""Runs trained on a Ray cluster: a trial is an actor on some node, its run folder is here.

What the nodes do is in `ray_node.py`; they get the library's own code with the connection, and the
dataset once each. This process alone writes the folders of its runs while they train. What it must
not forget lies there and on the cluster: another process that calls `start` for the same runs goes
on where it was killed. A run that has begun carries a host that no computer has
(`status.CLUSTER`), and so nobody here takes it for dead.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fmnist.config import ConfigError
from fmnist.data import catalogue
from fmnist.data.dataset import FILES, find_file
from fmnist.runs import store
from fmnist.runs.launch import read_variables
from fmnist.sweeps import ray_folder
from fmnist.sweeps.ray_connection import NAMESPACE, connect
from fmnist.sweeps.ray_node import Look, Order, Trial, list_versions

MOST_LOST = 3  # nodes that may be lost under one run before it counts as failed

# How a training computes; not where this computer's folders are, nor what is secret here.
_PASSED_ON = ("TF_ENABLE_ONEDNN_OPTS", "TF_DETERMINISTIC_OPS")
_LEASE = 900.0  # seconds that a trial goes on without anybody looking
_MEMORY = 1_000_000_000  # bytes that a trial asks for; TensorFlow and a dataset take about 0.8 GB
_MOST_OF_A_SETTING = 1000
_DISMISSED_WITHIN = 5.0  # seconds
_COLLECT = 0.1  # seconds that one look waits for answers
_LEISURE = 5.0  # asking takes one part in so many of this process's time, however many train
_COUNT_AGAIN_AFTER = 5.0  # seconds
_CONNECT_AGAIN_EVERY, _CONNECTED_WITHIN = 10.0, 600.0  # seconds


@dataclass
class _Trial:
    run_dir: Path
    actor: Any
    question: Any = None  # the reference to an answer that is awaited
    is_fetching: bool = False
    has_begun: bool = False
    is_told_to_stop: bool = False
    node: str = ""
    last: Look | None = None


class RayRunner:
    """Trains runs on the cluster at an address, HOST:PORT or ray://HOST:PORT.

    FMNIST_RAY_CPUS is what one trial asks for, and as many threads it has; FMNIST_RAY_TRIALS how
    many are asked for at once where a cluster grows when it is asked for more than it has.

    Raises:
        ConfigError: Ray is not installed, no cluster answers, or it is of another version.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._cpus = _read_setting("FMNIST_RAY_CPUS")
        self._least_capacity = _read_setting("FMNIST_RAY_TRIALS")
        self._ray = connect(address)
        self._trials: dict[str, _Trial] = {}
        self._files: dict[str, Any] = {}  # by dataset: the reference to its files on the cluster
        self._capacity, self._counted_at = 0, 0.0
        self._lost_at: float | None = None  # since when the cluster does not answer
        self._tried_at = 0.0
        self._has_tidied = False
        self._next_questions_at = 0.0

    def start(self, run: store.Run) -> None:
        """Have a queued run trained, or go on with one that the cluster already has.

        Raises:
            DatasetError: there is no such dataset.
            ConfigError: as for `look`.
        """
        trial = self._trials[run.run_id] = _Trial(run.run_dir, None)
        with self._watching_connection():
            trial.actor = self._find(run.run_dir)
            if trial.actor is None and run.status.status == "running":
                self._begin_anew(trial, "The cluster knows nothing of it")
            elif trial.actor is None:
                trial.actor = self._make_actor(run)

    def look(self) -> None:
        """Bring the folders of all runs up to date.

        Raises ConfigError where the cluster has not answered for ten minutes.
        """
        if self._lost_at is not None and not self._connect_again():
            return
        with self._watching_connection():
            self._tidy_once()
            for run_id, trial in list(self._trials.items()):
                if not self._obey(trial):
                    del self._trials[run_id]
            began = time.monotonic()
            if began >= self._next_questions_at:
                self._collect()
                self._ask()
                took = time.monotonic() - began
                self._next_questions_at = began + _LEISURE * max(took - _COLLECT, 0.0)

    def stop(self, run: store.Run) -> None:
        """Ask a run to end; one that waits for a place is cancelled. Both by the next looks."""
        store.request_stop(run)

    def close(self) -> None:
        """Let go of the cluster; what trains there goes on until it is looked for again."""
        with contextlib.suppress(Exception):  # whatever Ray says, nothing is to be done about it
            self._ray.shutdown()

    def capacity(self) -> int:
        """How many runs the cluster can train at once now, or is to be asked for."""
        if time.monotonic() - self._counted_at > _COUNT_AGAIN_AFTER and self._lost_at is None:
            with self._watching_connection():
                nodes = [node["Resources"] for node in self._ray.nodes() if node["Alive"]]
                self._capacity = sum(
                    min(
                        int(node.get("CPU", 0) // self._cpus),
                        int(node.get("memory", 0) // _MEMORY),
                    )
                    for node in nodes
                )
                self._counted_at = time.monotonic()
        return max(self._capacity, self._least_capacity)

    # -- actors -----------------------------------------------------------------------------------

    def _find(self, run_dir: Path) -> Any:
        try:
            return self._ray.get_actor(_name_actor(run_dir), namespace=NAMESPACE)
        except ValueError:
            return None

    def _make_actor(self, run: store.Run) -> Any:
        fingerprint, files = self._send_dataset(run.config.dataset)
        order = Order(
            run.run_id,
            ray_folder.read_files(run.run_dir),
            run.config.dataset,
            fingerprint,
            list_versions(),
            {name: text for name, text in read_variables(run).items() if name in _PASSED_ON},
            self._cpus,
            _LEASE,
        )
        options = {
            "name": _name_actor(run.run_dir),
            "namespace": NAMESPACE,
            "get_if_exists": True,
            "lifetime": "detached",
            "num_cpus": self._cpus,
            "memory": _MEMORY,
            "scheduling_strategy": "SPREAD",
        }
        return self._ray.remote(Trial).options(**options).remote(order, [files])

    def _send_dataset(self, slug: str) -> tuple[str, Any]:
        """The fingerprint, and the reference to the files; sent when it is first asked for."""
        if slug not in self._files:
            dataset = catalogue.load(slug)
            paths = [find_file(dataset.folder, name) for name in FILES]
            paths += dataset.folder.glob("dataset.json")
            content = {path.name: path.read_bytes() for path in paths}
            self._files[slug] = dataset.fingerprint, self._ray.put(content)
        fingerprint, reference = self._files[slug]
        return fingerprint, reference

    def _tidy_once(self) -> None:
        """End the actors of runs that ended here before they could be told."""
        if self._has_tidied:
            return
        ours = {_name_actor(trial.run_dir) for trial in self._trials.values()}
        for entry in self._ray.util.list_named_actors(all_namespaces=True):
            name = entry["name"]
            if entry["namespace"] != NAMESPACE or name in ours:
                continue
            run_dir = store.runs_dir() / name.rpartition(".")[0]
            if name != _name_actor(run_dir):
                continue  # another Lab's
            try:
                is_over = not store.read_status(run_dir).is_live
            except (OSError, ValueError):
                is_over = not run_dir.is_dir()
            if is_over:
                with contextlib.suppress(ValueError):
                    self._dismiss(self._ray.get_actor(name, namespace=NAMESPACE))
        self._has_tidied = True

    def _dismiss(self, actor: Any) -> None:
        """End an actor, and what it trains."""
        if actor is None:
            return
        with contextlib.suppress(self._ray.exceptions.RayError):
            done, _ = self._ray.wait([actor.dismiss.remote()], timeout=_DISMISSED_WITHIN)
            self._ray.get(done)
        self._ray.kill(actor)

    # -- one look ---------------------------------------------------------------------------------

    def _obey(self, trial: _Trial) -> bool:
        """Carry out what was decided here; False where the run is over."""
        try:
            status = store.read_status(trial.run_dir)
        except (OSError, ValueError):
            status = None
        if status is None or not status.is_live:  # deleted, or cancelled on the page
            self._dismiss(trial.actor)
            return False
        if store.is_stop_requested(trial.run_dir) and not trial.is_told_to_stop:
            if not trial.has_begun and status.status == "queued":
                if trial.actor is not None:
                    self._ray.kill(trial.actor)
                ray_folder.end(trial.run_dir, "stopped", "Cancelled before it started.")
                return False
            if trial.has_begun:
                trial.actor.stop.remote()
                trial.is_told_to_stop = True
        return True

    def _ask(self) -> None:
        for trial in self._trials.values():
            if trial.question is None and trial.actor is not None:
                trial.is_fetching = False
                trial.question = trial.actor.look.remote(ray_folder.read_sizes(trial.run_dir))

    def _collect(self) -> None:
        """Take in the answers that have come; nobody is waited for."""
        questions = [trial.question for trial in self._trials.values() if trial.question]
        if not questions:
            return
        answered, _ = self._ray.wait(
            questions, num_returns=len(questions), timeout=_COLLECT, fetch_local=False
        )
        for run_id, trial in list(self._trials.items()):
            if trial.question not in answered:
                continue
            question, trial.question = trial.question, None
            if not trial.run_dir.is_dir():
                continue  # deleted: the next look lets it go
            try:
                answer = self._ray.get(question)
            except self._ray.exceptions.RuntimeEnvSetupError as error:
                reason = str(error).strip().splitlines()[-1]
                self._fail(trial, f"The node could not be made ready: {reason}")
            except self._ray.exceptions.ActorUnavailableError:
                continue  # the network may be slow: the next look tells
            except self._ray.exceptions.RayTaskError as error:
                cause = error.cause if isinstance(error.cause, Exception) else error
                self._fail(trial, f"The node could not answer ({type(cause).__name__}: {cause}).")
            except self._ray.exceptions.RayError:
                self._begin_anew(trial, f"{trial.node or 'Its node'} was lost")
                continue
            else:
                if trial.is_fetching:
                    self._finish(trial, answer)
                else:
                    self._take_in(trial, answer)
            if not store.read_status(trial.run_dir).is_live:
                self._dismiss(trial.actor)
                del self._trials[run_id]

    def _take_in(self, trial: _Trial, look: Look) -> None:
        trial.has_begun, trial.node, trial.last = True, look.host, look
        if look.problem and look.is_lost:
            self._begin_anew(trial, look.problem.rstrip("."))
            return
        if look.problem:
            self._fail(trial, look.problem)
            return
        ray_folder.take_in(trial.run_dir, look)
        if look.has_ended:
            trial.is_fetching = True
            trial.question = trial.actor.fetch.remote()

    def _finish(self, trial: _Trial, files: dict[str, bytes]) -> None:
        """Write all that a training has left, and last how it ended."""
        ray_folder.write_results(trial.run_dir, files)
        status = ray_folder.read_look_status(trial.last) if trial.last else None
        if status is None or status.is_live:
            self._fail(trial, "The training ended without saying how.")
        else:
            ray_folder.write_status(trial.run_dir, status)

    def _fail(self, trial: _Trial, message: str) -> None:
        ray_folder.end(trial.run_dir, "failed", message)

    def _begin_anew(self, trial: _Trial, what: str) -> None:
        """Train a run from the start on another node, unless that has been tried often enough."""
        lost = ray_folder.count_loss(trial.run_dir)
        if trial.actor is not None:
            self._ray.kill(trial.actor)
        if lost >= MOST_LOST:
            self._fail(trial, f"{what}, after {lost - 1} others: it is not tried again.")
            return
        ray_folder.begin_anew(trial.run_dir, f"{what}: it begins again on another node.")
        run = store.read_run(trial.run_dir)
        self._trials[run.run_id] = _Trial(trial.run_dir, self._make_actor(run))

    # -- the connection ---------------------------------------------------------------------------

    @contextlib.contextmanager
    def _watching_connection(self) -> Iterator[None]:
        """A cluster that stops answering is looked for again at the next looks."""
        try:
            yield
        except (ConnectionError, self._ray.exceptions.RaySystemError):
            self._lost_at = self._lost_at or time.monotonic()

    def _connect_again(self) -> bool:
        if time.monotonic() - self._tried_at < _CONNECT_AGAIN_EVERY:
            return False
        self._tried_at = time.monotonic()
        self.close()
        try:
            self._ray = connect(self._address)
        except ConfigError:
            if time.monotonic() - (self._lost_at or 0.0) > _CONNECTED_WITHIN:
                raise
            return False
        self._lost_at, self._has_tidied = None, False
        self._files.clear()
        trials, self._trials = self._trials, {}
        for trial in trials.values():
            self.start(store.read_run(trial.run_dir))
        return self._lost_at is None


def _read_setting(name: str) -> int:
    text = os.environ.get(name) or "1"
    if not text.isdecimal() or not 1 <= int(text) <= _MOST_OF_A_SETTING:
        raise ConfigError(f"{name} is a number from 1 to {_MOST_OF_A_SETTING}, not {text[:40]!r}.")
    return int(text)


def _name_actor(run_dir: Path) -> str:
    """The same for the same run folder; another for a run of the same name elsewhere."""
    where = f"{socket.gethostname()} {run_dir.parent.resolve()}"
    return f"{run_dir.name}.{hashlib.sha256(where.encode()).hexdigest()[:12]}"
