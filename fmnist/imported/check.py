"""A model that was trained elsewhere becomes a run.

The `.keras` or `.h5` file is looked into before Keras opens it: it is never asked to run code, and
a file that needs some is refused. What its input and output mean is found out from training images;
then it is wrapped into a model like any other run's, and scored on the test set.

All of that happens in a process of its own (`fmnist.imported.score`), held to `CHECK_SECONDS` and
to a bound of memory; one at a time, the others wait. Of a file that is refused no run is left.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from typing import Any

import filelock

from fmnist import PROJECT_ROOT, memory_limit
from fmnist.imported.archive_check import check_file
from fmnist.imported.config_check import ModelRefused
from fmnist.imported.refused_files import refuse
from fmnist.runs import store
from fmnist.runs.imported_record import CHECK_SECONDS
from fmnist.runs.process import TrainingError, record_failure
from fmnist.teacher_key import environment_without_key
from fmnist.training.scoring import SCORING_BATCH

_LOOK_EVERY = 0.2  # seconds
_HEARTBEAT_EVERY = 5.0  # seconds
_STARTED_WITHIN = 60.0  # seconds
_STEPS = 100  # of the progress in a check's status


class Stopped(TrainingError):
    """Somebody asked for the end of a check."""


def check_and_score(run: store.Run) -> dict[str, Any]:
    """Have an imported model checked, wrapped and scored, and leave its run completed.

    Where it is refused, no run is left, unless it had been accepted before: then it is failed, so
    that what was said of it can be corrected.

    Returns:
        `results.json`, and `seconds` that it took once it had begun.

    Raises:
        ConfigError: the model cannot be used (`ModelRefused`).
        TrainingError: it was stopped (`Stopped`), or anything else went wrong.
    """
    assert run.imported_model
    stopped: Stopped | None = None
    results: dict[str, Any] = {}
    with record_failure(run.run_dir):
        try:
            store.claim_run(run.run_dir)
            check_file(run.file(store.UPLOADED_FILE), run.imported_model.file_name)
            with _wait_in_queue(run):
                began = time.perf_counter()
                results = _supervise(run)
                results["seconds"] = round(time.perf_counter() - began, 2)
            _write(run, status="completed", message="")
        except ModelRefused as error:
            if not run.imported_model.is_checked:
                refuse(run, str(error))
            raise
        except Stopped as stop:  # no failure to be recorded
            _write(run, status="stopped", started_at=None, message=str(stop))
            stopped = stop
    if stopped:
        raise stopped
    return results


def _write(run: store.Run, **changes: Any) -> None:
    store.write_status(run.run_dir, finished_at=time.time(), **changes)


@contextlib.contextmanager
def _wait_in_queue(run: store.Run) -> Iterator[None]:
    """Wait until no other check runs and none waits longer, and mark this one running."""
    lock = filelock.FileLock(run.run_dir.parent / ".check.lock")
    next_heartbeat = 0.0
    while True:
        _heed_stop(run)
        if _is_first(run):
            with contextlib.suppress(filelock.Timeout):
                lock.acquire(timeout=0)
                break
        if time.monotonic() > next_heartbeat:
            next_heartbeat = time.monotonic() + _HEARTBEAT_EVERY
            message = "another model is being checked"
            store.write_status(run.run_dir, heartbeat_at=time.time(), message=message)
        time.sleep(_LOOK_EVERY)
    try:
        now = time.time()
        store.write_status(
            run.run_dir, status="running", started_at=now, heartbeat_at=now, message="opening it"
        )
        yield
    finally:
        lock.release()


def _is_first(run: store.Run) -> bool:
    """Whether no check of this runs folder waits longer."""
    folders = [path.parent for path in run.run_dir.parent.glob("[0-9]*/own_model.json")]
    others = [store.reconcile_run(folder) for folder in folders if folder != run.run_dir]
    mine = (run.status.queued_at or 0.0, run.run_id)
    return not any(
        (other.status.queued_at or 0.0, other.run_id) < mine
        for other in others
        if other.is_live and other.status.status == "queued" and _comes(other.status)
    )


def _comes(status: store.Status) -> bool:
    """Whether a waiting check has a process, or may still get one."""
    return status.pid is not None or time.time() - (status.queued_at or 0.0) < _STARTED_WITHIN


def _heed_stop(run: store.Run) -> None:
    if store.is_stop_requested(run.run_dir):
        raise Stopped("Stopped before it was scored.")


def _supervise(run: store.Run) -> dict[str, Any]:
    """Run the check's process to its end, for as long and with as much memory as it may have."""
    assert run.imported_model
    name, most = run.imported_model.file_name, memory_limit.bound_of_one()
    with tempfile.TemporaryDirectory(prefix="fmnist-check-") as scratch:
        process = _start(run, scratch, most)
        reports: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        reader = threading.Thread(target=_read, args=(process, reports), daemon=True)
        reader.start()
        try:
            last = _follow(run, reports)
        finally:
            if not reader.is_alive():
                process.wait()  # its exit code tells why it ended
            process.kill()
            reader.join()
            with process:  # closes its pipes
                process.wait()
    if "results" in last:
        return last["results"]
    if "refused" in last:
        raise ModelRefused(last["refused"])
    if "os_error" in last:
        raise OSError(*last["os_error"])
    if "failed" in last:
        raise TrainingError(last["failed"])
    if "out_of_memory" in last or process.returncode == memory_limit.OUT_OF_MEMORY:
        raise ModelRefused(
            f"{name} needs more than {most / 1e9:.1f} GB of memory to classify {SCORING_BATCH} "
            "images at a time: import a smaller network."
        )
    raise ModelRefused(
        f"{name} crashed the process that checked it (exit code {process.returncode}): it "
        f"needs more than {most / 1e9:.1f} GB of memory, or something that TensorFlow cannot do."
    )


def _start(run: store.Run, scratch: str, most: int) -> subprocess.Popen[str]:
    path = os.pathsep.join(filter(None, [str(PROJECT_ROOT), os.environ.get("PYTHONPATH")]))
    arguments = [str(run.run_dir.resolve()), scratch, str(most)]
    return subprocess.Popen(
        [sys.executable, "-m", "fmnist.imported.score", *arguments],
        stdin=subprocess.PIPE,  # its closing tells the child that this process is gone
        stdout=subprocess.PIPE,
        env={
            **environment_without_key(),
            "PYTHONPATH": path,
            "KERAS_BACKEND": "tensorflow",
            "TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "2"),
            "CUDA_VISIBLE_DEVICES": "-1",  # as the engine: what is bounded is this memory
        },
        encoding="utf-8",
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def _read(process: subprocess.Popen[str], reports: queue.SimpleQueue[str | None]) -> None:
    """Pass on the child's reports, and None at its end."""
    assert process.stdout  # a pipe
    for line in process.stdout:
        reports.put(line)
    reports.put(None)


def _follow(run: store.Run, reports: queue.SimpleQueue[str | None]) -> dict[str, Any]:
    """Put the child's reports into the status until it ends; returns its last one.

    Raises:
        ModelRefused: it takes longer than it may.
        Stopped: somebody asked for its end.
    """
    assert run.imported_model
    deadline = time.monotonic() + CHECK_SECONDS
    next_heartbeat = 0.0
    last: dict[str, Any] = {}
    while True:
        _heed_stop(run)
        if time.monotonic() > deadline:
            raise ModelRefused(
                f"{run.imported_model.file_name} is too slow: its check was not done after "
                f"{CHECK_SECONDS / 60:.0f} minutes. Import a smaller network, or try on a faster "
                "computer."
            )
        try:
            line = reports.get(timeout=_LOOK_EVERY)
        except queue.Empty:
            is_new = False
        else:
            if line is None:
                return last
            last, is_new = json.loads(line), True
        if is_new or time.monotonic() > next_heartbeat:
            next_heartbeat = time.monotonic() + _HEARTBEAT_EVERY
            store.write_status(run.run_dir, heartbeat_at=time.time(), **_progress(last))


def _progress(report: dict[str, Any]) -> dict[str, Any]:
    """What a report says of a check's status; nothing, when it is the last one."""
    if "fraction" not in report:
        return {}
    done = round(report["fraction"] * _STEPS)
    return {"message": report["message"], "step": done, "steps_per_epoch": _STEPS}
