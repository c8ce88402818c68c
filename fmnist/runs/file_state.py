"""Whether anything has changed in run folders, told from times alone: quicker than reading them.

A folder's own time moves when a file in it is made, replaced or removed, which is how runs change;
rows that are added to a table move that of the table.
"""

from __future__ import annotations

import os
from collections.abc import Hashable
from pathlib import Path

_GROWING = ("history.csv", "batches.csv")


def state_of_all(runs_dir: Path) -> Hashable:
    """Of the runs in a folder; None where it cannot be read."""
    try:
        with os.scandir(runs_dir) as entries:
            return tuple([(entry.name, entry.stat().st_mtime_ns) for entry in entries])
    except OSError:
        return None


def state_of_run(run_dir: Path) -> Hashable:
    """Of one run, its tables aside; None where it is gone."""
    return _state(run_dir), _state(run_dir / "status.json")


def state_of_tables(run_dir: Path) -> tuple[int, ...]:
    """Times and sizes of the tables that grow while it trains; zeros for one that is not there."""
    return tuple(number for name in _GROWING for number in _state(run_dir / name))


def _state(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)
