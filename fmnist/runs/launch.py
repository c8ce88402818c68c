"""Start processes of the Lab that outlive whoever starts them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fmnist import PROJECT_ROOT, json_files, teacher_key
from fmnist.runs import store

# How a process learns who has started it, and so watches it; absent: a person has.
WATCHED_BY = "FMNIST_WATCHED_BY"
BACKGROUND, TERMINAL = "background", "terminal"

_PATH_VARIABLES = (
    "FMNIST_DATA_DIR",
    "FMNIST_DATASETS_DIR",
    "FMNIST_CACHE_DIR",
    "FMNIST_RUNS_DIR",
)
# Variables that change what a training reads, or how it computes: those of whoever queued it hold.
_CHOOSING = (
    "FMNIST_", "TF_", "XLA_", "KERAS_", "ONEDNN_", "DNNL_", "OMP_", "KMP_", "CUDA_", "NVIDIA_",
)  # fmt: skip


def choosing_variables() -> dict[str, str]:
    """Those of this process's variables that a queued training is to find set."""
    found = teacher_key.environment_without_key()
    chosen = {name: value for name, value in found.items() if name.startswith(_CHOOSING)}
    return chosen | _whole_paths(chosen)


def _whole_paths(environment: Mapping[str, str]) -> dict[str, str]:
    """Its variables that name folders, absolute: the process starts elsewhere."""
    names = [name for name in _PATH_VARIABLES if environment.get(name)]
    return {name: str(Path(environment[name]).resolve()) for name in names}


def read_variables(run: store.Run) -> dict[str, str]:
    """What `choosing_variables` said where the run was queued; this process's own if nothing."""
    found = json_files.read_json_or_empty(run.file(store.VARIABLES_FILE)) or choosing_variables()
    return {
        name: value
        for name, value in found.items()
        if name.startswith(_CHOOSING) and isinstance(value, str) and "\0" not in value
    }


def start_process(
    program: str,
    folder: Path,
    *,
    watched_by: str = "",
    environment: Mapping[str, str] | None = None,
    **options: Any,
) -> subprocess.Popen[bytes]:
    """Start `python -m PROGRAM FOLDER` as a process that outlives this one and its terminal.

    program: a module, and the command where it has several. environment: its variables, if not
    this process's own. options: of `subprocess.Popen`. Raises OSError where there is no process to
    be had.
    """
    environment = dict(os.environ if environment is None else environment)
    environment.pop(teacher_key.VARIABLE, None)
    environment |= _whole_paths(environment)
    environment |= {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}
    if watched_by:
        environment[WATCHED_BY] = watched_by
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        options["creationflags"] = 0 if watched_by == TERMINAL else flags
    else:
        options["start_new_session"] = True
    arguments = [sys.executable, "-m", *program.split(), str(folder.resolve())]
    return subprocess.Popen(arguments, cwd=PROJECT_ROOT, env=environment, **options)


def start_in_background(command: str, folder: Path, **options: Any) -> subprocess.Popen[bytes]:
    """Start `python -m fmnist COMMAND FOLDER`, with all that it says in its log; options as above.

    Raises RunsFolderError where the log cannot be written, or there is no process to be had.
    """
    try:
        with (folder / "log.txt").open("ab") as log:
            return start_process(
                f"fmnist {command}",
                folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                **options,
            )
    except OSError as error:
        raise store.RunsFolderError(
            f"The process could not be started ({error.strerror or error}). Free some space or "
            f"allow writing in {folder.parent}, then start it again."
        ) from error
