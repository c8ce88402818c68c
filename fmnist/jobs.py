"""Start, stop and cancel the processes behind runs.

A training is a process of its own (`python -m fmnist.train RUN_DIR`) that outlives whoever
started it; queueing is its own affair. So is the check of a model that was brought as a file
(`python -m fmnist.own_model RUN_DIR`), and so is a teaching (`python -m fmnist.teach RUN_DIR`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path, PurePath

from fmnist import runs
from fmnist.config import TrainConfig
from fmnist.dataset import STANDARD
from fmnist.feature_maps import check_architecture
from fmnist.own_model_record import OwnModel
from fmnist.teaching import create_teaching

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
    return _start_new(runs.create_run(config), "fmnist.train")


def start_own_model(content: bytes, file_name: str, name: str = "", dataset: str = STANDARD) -> str:
    """Make a run of a model's file and start the process that checks and scores it.

    Only that process opens the file; this one stores its bytes. Returns the run's id at once.

    Args:
        file_name: what it is called where it comes from; the run's name, if `name` is empty.
        dataset: the short name of what it is scored on.

    Raises:
        ConfigError: the name is too long, or the file too large.
        RunsFolderError: the folder cannot be written, or no process could be started.
    """
    file_name = PurePath(file_name.replace("\\", "/")).name[:100] or "model.keras"
    name = name.strip() or PurePath(file_name).stem[:60]
    return _start_new(
        runs.create_own_model_run(name, OwnModel(file_name), content, dataset), "fmnist.own_model"
    )


def start_teaching(dataset: str = STANDARD) -> str:
    """Make a run of the corrections kept and start the process that teaches them.

    dataset: the short name of the one whose photographs are rehearsed and scored. Returns the run's
    id at once.

    Raises:
        ConfigError: there is nothing to teach, nobody to be taught, or a teaching is under way.
        CorrectionError: the corrections cannot be read.
        RunsFolderError: the folder cannot be written, or no process could be started.
    """
    return _start_new(create_teaching(dataset), "fmnist.teach")


def check_own_model_again(run_id: str, inputs: str, outputs: str) -> None:
    """Wrap and score a brought model anew, in the same run, with other words about it.

    Raises:
        RunNotFound: there is no such run.
        ConfigError: it is no brought model, or is being checked.
        RunsFolderError: the folder cannot be written, or no process could be started.
    """
    run = runs.load_run(run_id)
    runs.reset_own_model(run, inputs, outputs)
    try:
        _start(runs.load_run(run_id), "fmnist.own_model")
    except runs.RunsFolderError as error:
        runs.write_status(run.run_dir, status="failed", finished_at=time.time(), message=str(error))
        raise


def _start_new(run: runs.Run, module: str) -> str:
    """Start a run's process, or leave no run behind; returns its id."""
    try:
        _start(run, module)
    except runs.RunsFolderError:
        shutil.rmtree(run.run_dir, ignore_errors=True)
        raise
    return run.run_id


def _start(run: runs.Run, module: str) -> None:
    """Start `python -m MODULE RUN_DIR` as a process that outlives this one."""
    try:
        with run.file("log.txt").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, str(run.run_dir.resolve())],
                cwd=PROJECT_ROOT,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                **_detached(),
            )
    except OSError as error:
        raise runs.RunsFolderError(
            f"The process could not be started ({error.strerror or error}). Free some space or "
            f"allow writing in {run.run_dir.parent}, then start it again."
        ) from error
    threading.Thread(target=_await_end, args=(process, run), daemon=True).start()


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


def _await_end(process: subprocess.Popen, run: runs.Run) -> None:
    """Reap the child (a zombie would look alive) and record an end that it could not record."""
    code = process.wait()
    try:
        status = runs.read_status(run.run_dir)
        # A brought model may already be checked again, by another process.
        if status.is_live and status.queued_at == run.status.queued_at:
            runs.write_status(
                run.run_dir,
                status="failed",
                finished_at=time.time(),
                message=f"Its process ended without a word (exit code {code}): it was "
                "killed or ran out of memory. log.txt may say more.",
            )
    except (OSError, ValueError):
        pass  # the folder is gone or damaged: nobody left to tell
