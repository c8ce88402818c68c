"""Runs side by side, in words: the table of all of them, and where their settings differ."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fmnist.config import FIELDS, TrainConfig
from fmnist.json_files import MAX_TABLE_BYTES, read_bytes
from fmnist.runs.outputs import read_environment, read_fingerprint, read_history, read_results
from fmnist.runs.store import Run

if TYPE_CHECKING:
    import pandas as pd


def summary_table(runs: list[Run]) -> pd.DataFrame:
    """One row per run, in the order given; what is not known is None.

    An imported model was not trained here: it has no epochs and no time, its settings say what its
    input and output are, and while it is looked at its status is "checking". That of a training
    that seems to hang is "silent".

    Columns: run_id, name, status, dataset (as `describe_datasets` says), settings (where the config
    differs from the default), origin, parameters, epochs_done, epochs, best_val_accuracy,
    test_accuracy (both 0 to 1), seconds, note (what is damaged, or the message of the status).
    """
    import pandas as pd

    rows = [
        {**_summary(run), "dataset": dataset}
        for run, dataset in zip(runs, describe_datasets(runs), strict=True)
    ]
    return pd.DataFrame(rows).astype(
        {"parameters": "Int64", "epochs_done": "Int64", "epochs": "Int64"}
        | {"best_val_accuracy": float}
        | {"test_accuracy": float, "seconds": float}
        if runs
        else {}
    )


def _summary(run: Run) -> dict[str, Any]:
    results, status, imported_model = read_results(run), run.status, run.imported_model
    parameters = read_environment(run).get("parameters")
    best, seconds = results.get("best_val_accuracy"), results.get("seconds")
    if best is None:
        val_accuracy = read_history(run)["val_accuracy"]
        best = None if val_accuracy.empty else float(val_accuracy.max())
    if seconds is None and status.started_at and not imported_model:
        seconds = (status.finished_at or time.time()) - status.started_at
    return {
        "run_id": run.run_id,
        "name": run.title,
        "status": "damaged" if run.damaged else _format_status(run),
        "settings": "" if run.damaged else _format_settings(run),
        "origin": run.origin,
        "parameters": parameters if type(parameters) is int else None,
        "epochs_done": None if imported_model else _count_epochs(run.file("history.csv")),
        "epochs": None if imported_model else run.config.epochs,
        "best_val_accuracy": best,
        "test_accuracy": results.get("test_accuracy"),
        "seconds": seconds,
        "note": run.damaged or status.message,
    }


def _format_status(run: Run) -> str:
    if run.imported_model and run.status.status == "running":
        return "checking"
    return "silent" if run.is_silent else run.status.status


def _format_settings(run: Run) -> str:
    if run.imported_model:
        return f"imported from a file: {run.imported_model.summary}".removesuffix(": ")
    return run.fine_tuned.summary if run.fine_tuned else describe_settings(run.config)


def _count_epochs(history: Path) -> int:
    try:
        return max(read_bytes(history, MAX_TABLE_BYTES).count(b"\n") - 1, 0)
    except (OSError, ValueError):
        return 0


def describe_settings(config: TrainConfig) -> str:
    """Where a config differs from the default one, e.g. `filters 64, dropout 0.2`."""
    changes = config.differences(TrainConfig())
    return ", ".join(f"{name} {_format_value(mine)}" for name, (mine, _) in changes.items())


def describe_datasets(runs: list[Run]) -> list[str]:
    """The short name of the dataset that each run was trained on, e.g. `fashion-mnist`.

    With its fingerprint where several datasets had the same short name.
    """
    names = [run.config.dataset for run in runs]
    fingerprints = [read_fingerprint(run) for run in runs]
    known = {pair for pair in zip(names, fingerprints, strict=True) if pair[1]}
    several = {name for name in names if sum(name == other for other, _ in known) > 1}
    return [
        f"{name} ({fingerprint or 'not known yet'})" if name in several else name
        for name, fingerprint in zip(names, fingerprints, strict=True)
    ]


def used_different_data(runs: list[Run]) -> bool:
    """Whether these runs were trained and scored on different data, by its fingerprint."""
    return len({read_fingerprint(run) for run in runs} - {""}) > 1


def compare_settings(runs: list[Run], labels: list[str]) -> pd.DataFrame:
    """The settings in which runs differ, in words: one row per setting, one column per label."""
    import pandas as pd

    configs = [vars(run.config) for run in runs]
    names = [
        name
        for name in FIELDS
        if name != "name" and any(config[name] != configs[0][name] for config in configs)
    ]
    columns = {
        label: [_format_value(config[name]) for name in names]
        for label, config in zip(labels, configs, strict=True)
    }
    return pd.DataFrame(columns, index=pd.Index(names, name="setting"))


def _format_value(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return "-".join(map(str, value)) or "none" if isinstance(value, tuple) else f"{value}"
