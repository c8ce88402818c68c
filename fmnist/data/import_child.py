"""The process that reads a stranger's files for `import_process`; it starts it and ends it."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from fmnist.data import catalogue
from fmnist.data.dataset import Progress
from fmnist.data.folder import write_dataset
from fmnist.data.idx import DatasetError
from fmnist.data.import_process import describe_memory
from fmnist.data.import_roles import SourceIncomplete
from fmnist.data.importing import open_source, read_dataset

_SHOW_EVERY_S = 0.1


def refuse_more_memory(most: int) -> None:
    """Let the system refuse this process more than `most` bytes, where it can: a MemoryError."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for kind in (resource.RLIMIT_DATA, resource.RLIMIT_AS):
        # Code and libraries count as addresses too: they are not data.
        bound = most if kind == resource.RLIMIT_DATA else most + (1 << 31)
        _, hard = resource.getrlimit(kind)
        soft = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
        try:
            resource.setrlimit(kind, (soft, hard))
        except (OSError, ValueError):  # macOS has one of them only
            continue


def carry_out(request: dict[str, Any], show: Progress) -> dict[str, Any]:
    """Do what was asked for; the last line to answer with."""
    paths = [Path(path) for path in request["paths"]]
    if request["do"] == "look":
        with open_source(paths) as source:
            return {
                "form": source.form,
                "name": source.name,
                "class_names": source.class_names,
                "proposed": source.proposed,
                "notes": source.notes,
            }
    imported = read_dataset(paths, request["class_names"], show)
    show("Writing", 1, 1)
    try:
        write_dataset(
            Path(request["draft"]),
            request["name"],
            imported.class_names,
            imported.arrays,
            imported.source,
        )
    except OSError as error:
        raise catalogue.describe_unwritable(error) from error
    return {"notes": imported.notes}


def main() -> None:
    request = json.loads(sys.stdin.buffer.readline())
    refuse_more_memory(request["memory"])
    current, shown_at = ", ".join(Path(path).name for path in request["paths"])[:80], 0.0

    def show(file: str, done: int, total: int) -> None:
        nonlocal current, shown_at
        current = file
        if time.monotonic() >= shown_at + _SHOW_EVERY_S:
            shown_at = time.monotonic()
            _say({"file": file, "done": done, "total": total})

    try:
        last = carry_out(request, show)
    except DatasetError as error:
        last = {"error": str(error), "incomplete": isinstance(error, SourceIncomplete)}
    except MemoryError:
        last = {"error": describe_memory(current, request["memory"]), "incomplete": False}
    _say(last)


def _say(values: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
