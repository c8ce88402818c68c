"""Long computations about a run's model, or about a dataset: each is a process and a folder.

The folder has a `status.json`, a `stop` file and a `log.txt` as a run has, so that an analysis is
started, watched, stopped and found dead in the same way; its results lie beside them.
`request.json` says what it is about. `python -m fmnist analyse FOLDER` does the work.
"""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import filelock
import msgspec
import numpy as np

from fmnist import json_files
from fmnist.data.dataset import Dataset
from fmnist.runs.derived import derived_dir, derived_dir_of_data
from fmnist.runs.folder import cannot_write
from fmnist.runs.hung import end_if_it_hangs
from fmnist.runs.launch import BACKGROUND, start_in_background
from fmnist.runs.status import (
    REQUEST_FILE,
    Status,
    read_status,
    reconcile_status,
    record_exit,
)
from fmnist.runs.store import Run

_LOCK_TIMEOUT = 10.0  # seconds


class Request(msgspec.Struct, frozen=True):
    """`request.json`: what is to be computed, about which run and data."""

    what: str  # a key of `fmnist.analysis.ANALYSES`
    dataset: str  # its short name
    run: str = ""  # a run's id; "" where it is about the dataset alone


@dataclass(frozen=True)
class Analysis:
    """One of them, begun or not."""

    request: Request
    folder: Path

    @property
    def status(self) -> Status | None:
        """How far it is; None before it was first started. One whose process is gone has failed."""
        try:
            return reconcile_status(self.folder, read_status(self.folder))
        except (OSError, ValueError):
            return None

    @property
    def is_done(self) -> bool:
        status = self.status
        return status is not None and status.status == "completed"

    @property
    def is_stopping(self) -> bool:
        return (self.folder / "stop").exists()

    def read_result(self, name: str, shape: tuple[int, ...]) -> np.ndarray | None:
        """The float32 array of this shape that it left under this name; None until it is done, and
        where the file is another.
        """
        if not self.is_done:
            return None
        with contextlib.suppress(OSError, ValueError):
            array = json_files.read_array(self.folder / name)
            if array.shape == shape and array.dtype == np.float32:
                return array
        return None


def find_analysis(what: str, data: Dataset, run: Run | None = None) -> Analysis:
    """The analysis of a run on a dataset, or of the dataset alone."""
    parent = derived_dir(run, data.fingerprint) if run else derived_dir_of_data(data.fingerprint)
    return Analysis(Request(what, data.slug, run.run_id if run else ""), parent / what)


def create(analysis: Analysis, owner: str = "") -> bool:
    """Make its folder ready for a process; False where one is at work already.

    What an earlier process left there is kept: the computation may go on from it. owner: who starts
    it.

    Raises RunsFolderError where the folder cannot be written.
    """
    folder = analysis.folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder / ".lock", timeout=_LOCK_TIMEOUT):
            status = analysis.status
            if status and status.is_live:
                return False
            (folder / "stop").unlink(missing_ok=True)
            (folder / "log.txt").unlink(missing_ok=True)
            json_files.write_json(folder / REQUEST_FILE, msgspec.to_builtins(analysis.request))
            now = time.time()
            waiting = Status(
                "running", queued_at=now, started_at=now, owner=owner, message="starting"
            )
            json_files.write_json(folder / "status.json", msgspec.structs.asdict(waiting))
            return True
    except (OSError, filelock.Timeout) as error:
        reason = error if isinstance(error, OSError) else OSError(str(error))
        raise cannot_write(folder, reason) from error


def start(analysis: Analysis, owner: str = "") -> None:
    """Start its process, at low priority; nothing where it is at work already.

    Raises RunsFolderError where the folder cannot be written, or there is no process to be had.
    """
    if not create(analysis, owner):
        return
    process = start_in_background("analyse", analysis.folder, watched_by=BACKGROUND)

    def await_end() -> None:
        code = process.wait()
        with contextlib.suppress(OSError, ValueError):
            record_exit(analysis.folder, code)

    threading.Thread(target=await_end, daemon=True).start()


def stop(analysis: Analysis) -> None:
    """Ask it to end; what is done so far is kept. One that was suspended is killed, within seconds.

    Raises RunsFolderError where the folder cannot be written.
    """
    try:
        (analysis.folder / "stop").touch()
    except OSError as error:
        raise cannot_write(analysis.folder, error) from error
    if status := analysis.status:
        end_if_it_hangs(analysis.folder, status, what_is_left="What it had written is kept.")


def read_request(folder: Path) -> Request:
    """What the analysis in a folder is about.

    Raises:
        OSError, ValueError: the folder is no analysis', or damaged.
    """
    return json_files.read_record(folder / REQUEST_FILE, Request)
