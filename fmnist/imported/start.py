"""Have an imported model checked and scored, by a process of its own."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterable
from pathlib import PurePath

from fmnist.data.dataset import STANDARD
from fmnist.imported.line import Line
from fmnist.runs import store
from fmnist.runs.imported_record import ImportedModel

_line = Line()
_queueing = threading.Lock()  # who is queued first is first in the line, too


def start_import(
    content: bytes, file_name: str, name: str = "", dataset: str = STANDARD, owner: str = ""
) -> str:
    """Make a run of a model's file, and start the process that checks and scores it when there is
    a place for one.

    Only that process opens the file; this one stores its bytes. Returns the run's id at once.

    Args:
        file_name: what it is called where it comes from; the run's name, if `name` is empty.
        dataset: the short name of what it is scored on.
        owner: who starts it.

    Raises:
        ConfigError: the name is too long, or the file too large.
        RunsFolderError: the folder cannot be written, or no process could be started.
    """
    file_name = PurePath(file_name.replace("\\", "/")).name[:100] or "model.keras"
    name = name.strip() or PurePath(file_name).stem[:60]
    imported_model = ImportedModel(file_name)
    with _queueing:
        run = store.create_import_run(name, imported_model, content, dataset, owner)
        try:
            _line.add(run)
        except store.RunsFolderError:
            shutil.rmtree(run.run_dir, ignore_errors=True)
            raise
    return run.run_id


def keep_checking(everything: Iterable[store.Run]) -> None:
    """See that each import that waits has its turn; to be called by whoever looks at the runs."""
    _line.take_up(everything)


def rescore_import(run_id: str, inputs: str, outputs: str) -> None:
    """Wrap and score an imported model anew, in the same run, with other words about it.

    Raises:
        RunNotFound: there is no such run.
        ConfigError: it is no imported model, or is being checked.
        RunsFolderError: the folder cannot be written, or no process could be started.
    """
    run = store.load_run(run_id)
    with _queueing:
        store.reset_import(run, inputs, outputs)
        try:
            _line.add(store.load_run(run_id))
        except store.RunsFolderError as error:
            store.write_status(
                run.run_dir, status="failed", finished_at=time.time(), message=str(error)
            )
            raise
