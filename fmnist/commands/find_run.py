"""Which run a command is about."""

from __future__ import annotations

from pathlib import Path

from fmnist.runs import store


def find_run(text: str) -> store.Run:
    """The run in this folder, or else with this id. Raises RunNotFound."""
    folder = Path(text)
    return store.reconcile_run(folder.resolve()) if folder.is_dir() else store.load_run(text)
