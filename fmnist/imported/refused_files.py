"""Files that were refused: no run is left of them, only the reason, for whoever imported them."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path

import msgspec

from fmnist import json_files
from fmnist.files import move
from fmnist.runs import store

_KEPT = 50  # refusals in a runs folder; the oldest go first


class Refusal(msgspec.Struct, frozen=True):
    """Why a file became no run; `at` in Unix seconds."""

    file_name: str
    reason: str
    at: float


def refuse(run: store.Run, reason: str) -> None:
    """Take a run out of its folder, and keep the reason beside it.

    What cannot be removed now is hidden from every list all the same.
    """
    assert run.imported_model
    folder = _folder(run.run_dir.parent)
    refusal = Refusal(run.imported_model.file_name, reason, time.time())
    with contextlib.suppress(OSError):  # a full disk: the process's last line says it too
        folder.mkdir(exist_ok=True)
        json_files.write_json(folder / f"{run.run_id}.json", msgspec.structs.asdict(refusal))
        reasons = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
        for old in reasons[:-_KEPT]:
            old.unlink(missing_ok=True)
    _let_go_of_log(run.file("log.txt"))
    trash = run.run_dir.with_name(f".deleted-{run.run_id}")
    with contextlib.suppress(OSError):
        move(run.run_dir, trash)
    for leftovers in (trash, run.run_dir):
        shutil.rmtree(leftovers, ignore_errors=True)


def read_refusal(run_id: str) -> Refusal | None:
    """Why the file of this run was refused, or None where none of this id was."""
    if not store.RUN_ID.fullmatch(run_id):
        return None
    try:
        return json_files.read_record(_folder(store.runs_dir()) / f"{run_id}.json", Refusal)
    except (OSError, ValueError):
        return None


def _folder(runs_dir: Path) -> Path:
    return runs_dir / ".refused"


def _let_go_of_log(log: Path) -> None:
    """Windows removes no file that is open, and this process may write its lines there."""
    with contextlib.suppress(OSError):
        stat = log.stat()
        for descriptor in (1, 2):
            if os.path.samestat(os.fstat(descriptor), stat):
                devnull = os.open(os.devnull, os.O_WRONLY)
                os.dup2(devnull, descriptor)
                os.close(devnull)
