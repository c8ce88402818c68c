"""Start, stop and cancel training processes.

A training is a process of its own (`python -m fmnist.train RUN_DIR`) that outlives whoever
started it; queueing is its own affair.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

from fmnist import runs
from fmnist.config import TrainConfig
from fmnist.feature_maps import check_architecture

PROJECT_ROOT = Path(__file__).parent.parent
_PATH_VARIABLES = (
    "FMNIST_DATA_DIR",
    "FMNIST_DATASETS_DIR",
    "FMNIST_CACHE_DIR",
    "FMNIST_RUNS_DIR",
)


def start_run(config: TrainConfig) -> str:
    """Make a run folder and start its training process; returns the run's id at once.

    Raises:
        ConfigError: the network of `config` cannot be built.
        RunsFolderError: the folder cannot be written, or no process could be started.
    """
    check_architecture(config)
    run = runs.create_run(config)
    try:
        with run.file("log.txt").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "fmnist.train", str(run.run_dir.resolve())],
                cwd=PROJECT_ROOT,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                **_detached(),
            )
    except OSError as error:
        shutil.rmtree(run.run_dir, ignore_errors=True)
        raise runs.RunsFolderError(
            f"The training could not be started ({error.strerror or error}). Free some space or "
            f"allow writing in {run.run_dir.parent}, then start it again."
        ) from error
    threading.Thread(target=_await_end, args=(process, run.run_dir), daemon=True).start()
    return run.run_id


def stop_run(run_id: str) -> None:
    """Ask a run to end: a training one keeps and scores its model, a queued one is cancelled.

    A run that has already ended is left alone.

    Raises:
        RunNotFound: there is no such run.
        RunsFolderError: its folder cannot be written.
    """
    run = runs.load_run(run_id)
    if run.is_live:
        runs.request_stop(run)


def _environment() -> dict[str, str]:
    """This process's environment; folders as absolute paths, for the child starts elsewhere."""
    folders = {
        name: str(Path(os.environ[name]).resolve())
        for name in _PATH_VARIABLES
        if os.environ.get(name)
    }
    return {**os.environ, **folders, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}


def _detached() -> dict[str, int | bool]:
    """What makes the child outlive this process and its terminal."""
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        return {"creationflags": flags}
    return {"start_new_session": True}


def _await_end(process: subprocess.Popen, run_dir: Path) -> None:
    """Reap the child (a zombie would look alive) and record an end that it could not record."""
    code = process.wait()
    try:
        if runs.read_status(run_dir).is_live:
            runs.write_status(
                run_dir,
                status="failed",
                finished_at=time.time(),
                message=f"The training process ended without a word (exit code {code}): it was "
                "killed or ran out of memory. log.txt may say more.",
            )
    except (OSError, ValueError):
        pass  # the folder is gone or damaged: nobody left to tell
