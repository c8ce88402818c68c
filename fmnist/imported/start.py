"""Start the process that checks and scores an imported model."""

from __future__ import annotations

import time
from pathlib import PurePath

from fmnist.data.dataset import STANDARD
from fmnist.runs import store
from fmnist.runs.imported_record import ImportedModel
from fmnist.runs.jobs import start_and_watch, start_new_run


def start_import(
    content: bytes, file_name: str, name: str = "", dataset: str = STANDARD, owner: str = ""
) -> str:
    """Make a run of a model's file and start the process that checks and scores it.

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
    run = store.create_import_run(name, imported_model, content, dataset, owner)
    return start_new_run(run, "import-model")


def rescore_import(run_id: str, inputs: str, outputs: str) -> None:
    """Wrap and score an imported model anew, in the same run, with other words about it.

    Raises:
        RunNotFound: there is no such run.
        ConfigError: it is no imported model, or is being checked.
        RunsFolderError: the folder cannot be written, or no process could be started.
    """
    run = store.load_run(run_id)
    store.reset_import(run, inputs, outputs)
    try:
        start_and_watch(store.load_run(run_id), "import-model")
    except store.RunsFolderError as error:
        store.write_status(
            run.run_dir, status="failed", finished_at=time.time(), message=str(error)
        )
        raise
