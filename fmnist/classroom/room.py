"""Room for what visitors leave on the server: bounded, and the oldest goes first."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

_KEPT = 30 * 86_400.0  # seconds after its last change for which a folder is safe


def make_room(parent: Path, most: int) -> bool:
    """Where `parent` has `most` folders or more, remove the one that was not changed for longest.

    False where each of them has been changed within a month. Raises OSError.
    """
    changed = {path: _changed_at(path) for path in parent.iterdir() if path.name[:1] != "."}
    if len(changed) < most:
        return True
    oldest = min(changed, key=lambda path: changed[path])
    if time.time() - changed[oldest] < _KEPT:
        return False
    shutil.rmtree(oldest, ignore_errors=True)
    return True


def _changed_at(folder: Path) -> float:
    """Unix seconds; a new file in a folder within changes that one."""
    return max((path.stat().st_mtime for path in folder.glob("*")), default=0.0)
