"""The run that comes with the package: a copy of a completed one, without its host and paths."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path, PureWindowsPath
from typing import Any

from fmnist import json_files
from fmnist.data.dataset import STANDARD
from fmnist.files import drafting_folder, replace_folder
from fmnist.runs import store
from fmnist.runs.receipt import write_receipt
from fmnist.runs.store import Run

MAX_BUNDLE_BYTES = 6_000_000
CARD_FILE, COMMAND_FILE = "model_card.md", "command.txt"
BUNDLED_FILES = (
    "config.json",
    "status.json",
    "history.csv",
    "batches.csv",
    "model.keras",
    "test_probabilities.npy",
    "environment.json",
    "results.json",
)
# "/a/b" or "C:\\a" within a text; what follows a word, as in "images/second", is none.
_ABSOLUTE_PATH = re.compile(r"(?<![\w.:/])(?:/[\w.~+@-]+)+/?|\b[A-Za-z]:[\\/][\w.~+@\\/-]*")


def bundle_run(run: Run, write_card: Callable[[Run], None]) -> Path:
    """Copy a completed run to `store.BUNDLED_DIR`, with its card and command; returns the folder.

    Its log, notes and checkpoints stay behind, and so do the host's name, the process and every
    absolute path. The folder there before is replaced in one move, or kept when anything is wrong.

    Args:
        write_card: writes the two files of the card, `CARD_FILE` and `COMMAND_FILE`, into the
            folder of the copy that it is given.

    Raises:
        ValueError: the run is not completed, lacks a file or would take more than
            `MAX_BUNDLE_BYTES`; or whatever `write_card` raises.
        OSError: the package's folder cannot be written.
    """
    target = store.BUNDLED_DIR
    if run.run_dir.resolve() == target.resolve():
        raise ValueError("This is the bundled run already: name another one.")
    if run.damaged:
        raise ValueError(f"{run.run_id} is damaged: {run.damaged}.")
    if run.status.status != "completed":
        raise ValueError(f"{run.run_id} is {run.status.status}: only a completed run is bundled.")
    if run.config.dataset != STANDARD:
        raise ValueError(
            f"{run.run_id} was trained on other data than Fashion-MNIST: it is not bundled."
        )
    absent = [name for name in BUNDLED_FILES if not run.file(name).is_file()]
    if absent:
        raise ValueError(f"{run.run_id} cannot be bundled: it has no {', '.join(absent)}.")
    with drafting_folder(target.parent) as folder:
        draft = folder / target.name
        draft.mkdir()
        for name in BUNDLED_FILES:
            copy_anonymously(run, name, draft / name)
        write_receipt(store.read_run(draft), "completed")
        write_card(store.read_run(draft))
        size = sum(path.stat().st_size for path in draft.iterdir())
        if size > MAX_BUNDLE_BYTES:
            raise ValueError(
                f"{run.run_id} would take {size / 1e6:.1f} MB: at most "
                f"{MAX_BUNDLE_BYTES / 1e6:.0f} MB are bundled."
            )
        replace_folder(draft, target)
    return target


def copy_anonymously(run: Run, name: str, target: Path) -> None:
    """Copy one file of a run; a JSON file without its host, its process and any absolute path."""
    if not name.endswith(".json"):
        shutil.copyfile(run.file(name), target)
        return
    values = _without_paths(json.loads(run.file(name).read_text(encoding="utf-8")))
    if name == "status.json":
        values |= dict.fromkeys(("host", "pid", "pid_started_at", "booted_at"))
        values |= {"owner": "", "message": ""}
    hardware = values.get("hardware")
    if isinstance(hardware, dict) and "system" in hardware:
        system = hardware["system"] if isinstance(hardware["system"], str) else ""
        hardware["system"] = system.split("-")[0]  # without the kernel's build
    json_files.write_json(target, values)


def _without_paths(value: Any) -> Any:
    """A JSON value in which every absolute path, alone or within a text, has become "…"."""
    if isinstance(value, dict):
        return {key: _without_paths(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_paths(inner) for inner in value]
    if not isinstance(value, str):
        return value
    if value.startswith("/") or PureWindowsPath(value).is_absolute():
        return "…"
    return _ABSOLUTE_PATH.sub("…", value)
