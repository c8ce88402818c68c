"""JSON files that another process may read or replace at any moment."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file in one move: a reader sees the old one or the new one."""
    draft = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        draft.write_text(json.dumps(value, indent=1), encoding="utf-8")
        _retry_on_windows(lambda: draft.replace(path))
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def _retry_on_windows(access: Callable[[], Any]) -> Any:
    """Windows refuses a file that another process has open; that passes in milliseconds."""
    for _ in range(20 if os.name == "nt" else 0):
        try:
            return access()
        except PermissionError:
            time.sleep(0.05)
    return access()


def read_json(path: Path) -> Any:
    """What a JSON file holds. Raises OSError and ValueError."""
    return json.loads(_retry_on_windows(lambda: path.read_text(encoding="utf-8")))


def read_json_or_empty(path: Path) -> dict[str, Any]:
    """The object that a JSON file holds; {} where it is absent, broken or something else."""
    try:
        values = read_json(path)
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}
