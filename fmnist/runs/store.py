"""The runs folder: one folder per training, the only thing the app and a training share.

Runs are made, found, renamed and deleted here; `reader.py` reads one. A training that died leaves
a live status behind; whoever finds the run next records that it failed.

One run comes inside the package, under the id `bundled`. It is only ever read.
"""

from __future__ import annotations

import io
import os
import shutil
import time
import zipfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec.structs import asdict, replace

from fmnist import PROJECT_ROOT, json_files
from fmnist.config import ConfigError, TrainConfig
from fmnist.data.dataset import STANDARD
from fmnist.files import drafting_folder, move_to_free_name, remove_folder
from fmnist.plain_text import clean
from fmnist.runs.fine_tuned_record import FineTuned
from fmnist.runs.folder import (
    BUNDLED_ID,
    DERIVED,
    RUN_ID,
    RunNotFound,
    RunsFolderError,
    cannot_write,
    refuse_bundled,
    runs_dir,
)
from fmnist.runs.folder import RunDamaged as RunDamaged
from fmnist.runs.folder import RunReadOnly as RunReadOnly
from fmnist.runs.imported_record import MAX_FILE_BYTES, ImportedModel
from fmnist.runs.reader import (
    MAX_NOTE,
    MAX_TITLE,
    SCORED_FILES,
    Run,
    read_run,
    reconcile_run,
    tidy_tags,
)
from fmnist.runs.status import CLUSTER as CLUSTER
from fmnist.runs.status import LIVE as LIVE
from fmnist.runs.status import STATUSES as STATUSES
from fmnist.runs.status import Status
from fmnist.runs.status import claim_run as claim_run
from fmnist.runs.status import is_stop_requested as is_stop_requested
from fmnist.runs.status import process_is_alive as process_is_alive
from fmnist.runs.status import read_status as read_status
from fmnist.runs.status import write_status as write_status
from fmnist.runs.trial_record import TrialRecord

UPLOADED_FILE = "brought.keras"  # as it was uploaded; only `fmnist.imported.check` opens it
CORRECTIONS_FILE = "corrections.json"  # what a fine-tuning run was trained on, as it was exported
START_FILE = "start.keras"  # of a run that starts from another model's weights: that model
VARIABLES_FILE = "variables.json"  # of a queued run: what its process is to find set
SWEEP_FILE = "sweep.json"  # of a run that a sweep has started: which, and which trial
MAX_ZIP_BYTES = 300_000_000  # of run folders in one zip, which is made in memory
BUNDLED_DIR = PROJECT_ROOT / "fmnist" / BUNDLED_ID


# -- making runs ----------------------------------------------------------------------------------


def create_run(
    config: TrainConfig, variables: Mapping[str, str] | None = None, start: bytes | None = None,
    sweep: TrialRecord | None = None, owner: str = "",
) -> Run:  # fmt: skip
    """A new run folder, queued, with no process yet.

    variables: of the environment, for the process that will train it.
    start: a .keras file whose weights the training starts from, instead of random ones.
    owner: who starts it, as the pages tell persons apart; "" from a terminal.
    sweep: what starts it, if not a person.

    Raises:
        RunsFolderError: the folder cannot be written.
    """
    status = replace(_waiting(owner), epochs=config.epochs)
    files = {"config.json": config.to_json(), "status.json": asdict(status)}
    files |= {VARIABLES_FILE: dict(variables)} if variables else {}
    files |= {SWEEP_FILE: asdict(sweep)} if sweep else {}
    run_dir = _create(config, files, {START_FILE: start} if start else None)
    return Run(run_dir.name, run_dir, config, status, sweep=sweep)


def create_import_run(
    name: str,
    imported_model: ImportedModel,
    content: bytes,
    dataset: str = STANDARD,
    owner: str = "",
) -> Run:
    """A new run folder around the bytes of a model's file, with no process yet.

    dataset: the short name of what it is to be scored on.

    Raises:
        ConfigError: a name is not as it should be, or the file too large.
        RunsFolderError: the folder cannot be written.
    """
    config = TrainConfig(name=name, dataset=dataset)
    if len(content) > MAX_FILE_BYTES:
        raise ConfigError(
            f"{imported_model.file_name} has {len(content) / 1e6:.0f} MB; the limit is "
            f"{MAX_FILE_BYTES / 1e6:.0f} MB. Save it without its optimizer."
        )
    status = _waiting(owner)
    files = {
        "config.json": {"name": config.name, "dataset": config.dataset},
        "own_model.json": imported_model.to_json(),
        "status.json": asdict(status),
    }
    run_dir = _create(config, files, {UPLOADED_FILE: content})
    return Run(run_dir.name, run_dir, config, status, imported_model=imported_model)


def reset_import(run: Run, inputs: str, outputs: str) -> None:
    """Put other words about an imported model into its folder, and take its scores out.

    Raises:
        ConfigError: it was not imported, or is being checked.
        ValueError: an unknown choice.
        RunsFolderError: the folder cannot be written.
    """
    if run.imported_model is None or run.is_live:
        raise ConfigError(f"{run.title} is no model that can be checked again now.")
    imported_model = replace(
        run.imported_model,
        inputs=inputs,
        outputs=outputs,
        effective_inputs="",
        effective_outputs="",
    )
    try:
        json_files.write_json(run.file("status.json"), asdict(_waiting(run.status.owner)))
        json_files.write_json(run.file("own_model.json"), imported_model.to_json())
        for name in ("stop", *SCORED_FILES):
            run.file(name).unlink(missing_ok=True)
        shutil.rmtree(run.file(DERIVED), ignore_errors=True)  # of the model as it was read before
    except OSError as error:
        raise cannot_write(run.run_dir, error) from error


def create_fine_tuning_run(
    config: TrainConfig, fine_tuned: FineTuned, corrections: bytes, owner: str = ""
) -> Run:
    """A new run folder around the corrections to train on, with no process yet.

    Raises:
        RunsFolderError: the folder cannot be written.
    """
    status = replace(
        _waiting(owner), status="running", epochs=config.epochs
    )  # for seconds, at once
    status = replace(status, started_at=status.queued_at, message="loading TensorFlow")
    files = {
        "config.json": config.to_json(),
        "taught.json": fine_tuned.to_json(),
        "status.json": asdict(status),
    }
    run_dir = _create(config, files, {CORRECTIONS_FILE: corrections})
    return Run(run_dir.name, run_dir, config, status, fine_tuned=fine_tuned)


def _waiting(owner: str) -> Status:
    return Status("queued", queued_at=time.time(), owner=owner)


def _create(
    config: TrainConfig, files: dict[str, Any], contents: Mapping[str, bytes] | None = None
) -> Path:
    """A new folder with these JSON files and these bytes, named after the time and the config."""
    parent = runs_dir()
    stem = f"{datetime.fromtimestamp(time.time(), UTC):%Y%m%d-%H%M%S}-{config.slug}"
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with drafting_folder(parent) as draft:
            for name, content in (contents or {}).items():
                (draft / name).write_bytes(content)
            for name, values in files.items():
                json_files.write_json(draft / name, values)
            return move_to_free_name(draft, parent, stem)
    except OSError as error:
        raise cannot_write(parent, error) from error


def load_run(run_id: str) -> Run:
    """The run with this id; `bundled` is the one inside the package.

    It is recorded as failed where its process is gone.

    Raises:
        RunNotFound: there is none, or the text is not a run id at all.
    """
    if run_id == BUNDLED_ID:
        run_dir = BUNDLED_DIR
    elif RUN_ID.fullmatch(run_id):
        run_dir = runs_dir() / run_id
    else:
        raise RunNotFound(f"{run_id[:60]!r} is not the id of a run.")
    if not run_dir.is_dir():
        raise RunNotFound(f"There is no run {run_id!r}: it may have been deleted.")
    return reconcile_run(run_dir)


def list_runs() -> list[Run]:
    """All runs of the runs folder, newest first; damaged ones are included and say so.

    Those whose process is gone are recorded as failed.
    """
    try:
        names = [entry.name for entry in os.scandir(runs_dir()) if entry.is_dir()]
    except OSError:
        return []
    found = (RUN_ID.fullmatch(name) and reconcile_run(runs_dir() / name) for name in names)
    return sorted(
        (run for run in found if run),
        key=lambda run: (run.run_id[:15], run.status.queued_at or 0.0, run.run_id),
        reverse=True,
    )


def list_runs_and_bundled(own: list[Run] | None = None) -> list[Run]:
    """`list_runs`, unless given, and last the bundled run where the package has one: what may be
    looked at.
    """
    own = list_runs() if own is None else own
    return [*own, *([read_run(BUNDLED_DIR)] if BUNDLED_DIR.is_dir() else [])]


def delete_run(run: Run) -> None:
    """Remove a run's folder.

    Raises:
        ValueError: it is still training.
        RunReadOnly: it is the bundled run.
        RunsFolderError: the folder cannot be changed.
    """
    refuse_bundled(run.run_dir, "deleted")
    if run.is_live:
        raise ValueError(f"{run.title} is still {run.status.status}: stop it before deleting it.")
    if run.run_dir.resolve() != run.run_dir.parent.resolve() / run.run_dir.name:
        raise RunsFolderError(
            f"{run.run_dir} is a link to {run.run_dir.resolve()}: remove the link by hand, and "
            "what it leads to where it is."
        )
    try:
        remove_folder(run.run_dir)
    except OSError as error:
        raise RunsFolderError(
            f"{run.run_dir} cannot be deleted ({error.strerror or error}): allow writing there, "
            "or delete it by hand."
        ) from error


def rename_run(run: Run, name: str) -> None:
    """Give a run another name; an empty one brings the original back.

    Raises:
        RunReadOnly: it is the bundled run.
        RunsFolderError: the folder cannot be written.
    """
    refuse_bundled(run.run_dir, "renamed")
    _write_notes(run, name=clean(name, MAX_TITLE))


def annotate_run(run: Run, tags: Iterable[str] | None = None, note: str | None = None) -> None:
    """Give a run other tags or another note, tidied and cut to what is kept; None: as it is.

    Raises as `rename_run` does.
    """
    refuse_bundled(run.run_dir, "tagged")
    changes: dict[str, str | list[str]] = {}
    if tags is not None:
        changes["tags"] = list(tidy_tags(tags))
    if note is not None:
        changes["note"] = clean(note, MAX_NOTE)
    _write_notes(run, **changes)


def _write_notes(run: Run, **changes: str | list[str]) -> None:
    kept: dict[str, str | list[str]] = {**run.notes, "tags": list(run.tags), **changes}
    notes = {key: value for key, value in kept.items() if value or key == "name"}
    try:
        json_files.write_json(run.file("notes.json"), notes)
    except OSError as error:
        raise cannot_write(run.run_dir, error) from error


def count_bytes(runs: Iterable[Run]) -> int:
    """What the files that `zip_runs` takes have together, in bytes."""
    return sum(path.stat().st_size for run in runs for path in _list_files(run))


def zip_runs(runs: Iterable[Run]) -> bytes:
    """The run folders, without drafts, as one zip file.

    Raises:
        ValueError: they are several, and have more than `MAX_ZIP_BYTES` together.
    """
    runs = list(runs)
    size = count_bytes(runs)
    if len(runs) > 1 and size > MAX_ZIP_BYTES:
        raise ValueError(
            f"{len(runs)} runs have {size / 1e6:,.0f} MB: at most {MAX_ZIP_BYTES / 1e6:.0f} MB are "
            "exported at once. Select fewer."
        )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for run in runs:
            for path in _list_files(run):
                archive.write(path, Path(run.run_id) / path.relative_to(run.run_dir))
    return buffer.getvalue()


def _list_files(run: Run) -> list[Path]:
    """All but drafts and what can be computed again."""
    found = sorted(set(run.run_dir.rglob("*")) - set(run.file(DERIVED).rglob("*")))
    return [path for path in found if path.is_file() and not path.name.startswith(".")]


def request_stop(run: Run) -> None:
    """Ask a run to end; its process looks for this file between steps.

    Raises:
        RunReadOnly: it is the bundled run.
        RunsFolderError: the folder cannot be written.
    """
    refuse_bundled(run.run_dir, "stopped")
    try:
        run.file("stop").touch()
    except OSError as error:
        raise cannot_write(run.run_dir, error) from error
