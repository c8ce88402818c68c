"""Where runs live, and what can be wrong there."""

from __future__ import annotations

import os
import re
from pathlib import Path

from fmnist import PROJECT_ROOT

BUNDLED_ID = "bundled"
DERIVED = "analyses"  # in a run's folder: what was computed from its model, and can be again
RUN_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[a-z0-9-]{1,50}")


class RunsFolderError(ValueError):
    """The runs folder cannot be written; the message says why and what to do."""


class RunReadOnly(RunsFolderError):
    """The bundled run is never changed; the message says what was not done."""


class RunNotFound(ValueError):
    """No run has this id."""


class RunDamaged(ValueError):
    """A file of the run is missing or unreadable; the message names it."""


def runs_dir() -> Path:
    """The folder of all runs: `FMNIST_RUNS_DIR`, or `runs` beside the app."""
    return Path(os.environ.get("FMNIST_RUNS_DIR") or PROJECT_ROOT / "runs")


def cannot_write(folder: Path, error: OSError) -> RunsFolderError:
    """The error to raise where something in a runs folder could not be written, and its advice."""
    return RunsFolderError(
        f"The runs folder {folder} cannot be written ({error.strerror or error}). Free some "
        "space, allow writing there, or name another folder in FMNIST_RUNS_DIR."
    )


def refuse_bundled(run_dir: Path, what: str) -> None:
    """Raises RunReadOnly for the run inside the package."""
    if run_dir.name == BUNDLED_ID:
        raise RunReadOnly(f"The bundled run comes with the Lab and is read-only: it is not {what}.")
