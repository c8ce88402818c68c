"""Where that lies which was computed from a run's model, or from a dataset alone.

All of it can be computed again. What belongs to a run goes when the run does.
"""

from __future__ import annotations

from pathlib import Path

from fmnist.data.dataset import cache_dir
from fmnist.runs.folder import DERIVED
from fmnist.runs.store import Run


def derived_dir(run: Run, fingerprint: str) -> Path:
    """The folder of what was computed from this run on the dataset with this fingerprint.

    It lies in the run's folder; the bundled run is read-only, and has it in the cache. It may not
    be there yet.
    """
    if not run.is_bundled:
        return run.file(DERIVED) / fingerprint
    written_at = run.file("model.keras").stat().st_mtime_ns  # the next version's is another model
    return cache_dir() / DERIVED / f"{run.run_id}-{written_at}" / fingerprint


def derived_dir_of_data(fingerprint: str) -> Path:
    """The folder of what was computed from the dataset with this fingerprint alone."""
    return cache_dir() / DERIVED / "data" / fingerprint
