"""Runs side by side, in words: the table of all of them, and where their settings differ."""

from __future__ import annotations

import functools
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fmnist import formats
from fmnist.config import FIELDS, TrainConfig
from fmnist.json_files import MAX_TABLE_BYTES, read_bytes
from fmnist.models.feature_maps import MapTooSmall, count_macs, list_stages
from fmnist.runs import outputs
from fmnist.runs.outputs import read_environment, read_fingerprint, read_history, read_results
from fmnist.runs.reader import Run, read_settled

if TYPE_CHECKING:
    import pandas as pd

_NOT_IN_FILES = ("config", "started_at", "fingerprint")


@dataclass(frozen=True)
class Summary:
    """One line about a run; what is not known is None.

    An imported model was not trained here: it has no epochs and no time, its settings say what its
    input and output are, and while it is looked at its status is "checking". That of a training
    that seems to hang is "silent".
    """

    run_id: str
    name: str
    status: str
    dataset: str  # as `describe_datasets` says
    settings: str  # where the config differs from the default
    origin: str
    parameters: int | None
    epochs_done: int | None
    epochs: int | None
    best_val_accuracy: float | None  # this and the next: 0 to 1
    test_accuracy: float | None
    seconds: float | None
    message: str  # what is damaged, or the message of the status
    tags: tuple[str, ...]
    note: str
    started_at: float | None  # Unix seconds
    fingerprint: str  # of the dataset, "" if the run does not say
    config: TrainConfig | None  # None where nothing was trained by one, or it cannot be read
    training_macs: int | None = None  # as `count_training_macs` says
    test_images: int | None = None
    sweep_id: str = ""  # of the sweep that started it, if one did


def summarise(runs: list[Run]) -> list[Summary]:
    """One summary per run, in the order given. Quick for those whose files stay as they were."""
    summaries = [
        _settled_summary(run.run_dir, run.stamp) if run.stamp and not run.is_live else _summary(run)
        for run in runs
    ]
    datasets = _tell_datasets_apart(
        [(run.config.dataset, each.fingerprint) for run, each in zip(runs, summaries, strict=True)]
    )
    return [
        summary if summary.dataset == dataset else replace(summary, dataset=dataset)
        for summary, dataset in zip(summaries, datasets, strict=True)
    ]


@functools.lru_cache(maxsize=5000)
def _settled_summary(run_dir: Path, stamp: int) -> Summary:
    return _summary(read_settled(run_dir, stamp))


def _summary(run: Run) -> Summary:
    results, status, imported_model = read_results(run), run.status, run.imported_model
    environment = read_environment(run)
    parameters, fingerprint = environment.get("parameters"), environment.get("dataset_fingerprint")
    best, seconds = results.get("best_val_accuracy"), results.get("seconds")
    if best is None:
        val_accuracy = read_history(run)["val_accuracy"].dropna()
        best = None if val_accuracy.empty else float(val_accuracy.max())
    if seconds is None and status.started_at and not imported_model:
        seconds = (status.finished_at or time.time()) - status.started_at
    is_trained = not (run.damaged or imported_model or run.fine_tuned)
    return Summary(
        run_id=run.run_id,
        name=run.title,
        status="damaged" if run.damaged else _format_status(run),
        dataset=run.config.dataset,
        settings="" if run.damaged else _format_settings(run),
        origin=run.origin,
        parameters=parameters if type(parameters) is int else None,
        epochs_done=None if imported_model else _count_epochs(run.file("history.csv")),
        epochs=None if imported_model else run.config.epochs,
        best_val_accuracy=best,
        test_accuracy=results.get("test_accuracy"),
        seconds=seconds,
        message=run.damaged or status.message,
        tags=run.tags,
        note=run.note,
        started_at=None if run.is_bundled else formats.seconds_of(run.run_id),
        fingerprint=fingerprint if isinstance(fingerprint, str) else "",
        config=run.config if is_trained else None,
        training_macs=count_training_macs(run, environment, results) if is_trained else None,
        test_images=outputs.count_test_images(run) if "test_accuracy" in results else None,
        sweep_id=run.sweep.sweep_id if run.sweep else "",
    )


def count_training_macs(
    run: Run, environment: dict[str, Any], results: dict[str, Any]
) -> int | None:
    """What a training took: the multiply-adds of its network for one image, forward, times the
    images that it was shown, changed copies included; None where the run does not say.

    The way back costs about twice as much again, in every network alike.
    """
    macs = environment.get("macs_per_image")
    train_images = results.get("train_images")
    if train_images is None:
        return None
    if type(macs) is not int:  # an early run
        try:
            macs = count_macs(list_stages(run.config))
        except MapTooSmall:
            return None
    per_epoch = run.config.epoch_images(int(train_images))
    steps, of_epoch = run.status.step, run.status.steps_per_epoch
    if not steps or not of_epoch:
        return macs * per_epoch * _count_epochs(run.file("history.csv")) or None
    epochs, rest = divmod(steps, of_epoch)
    return macs * (epochs * per_epoch + rest * run.config.batch_size)


def summary_table(runs: list[Run]) -> pd.DataFrame:
    """The summaries as a table for a file, one row each, and one column for each setting that
    differs somewhere; tags are separated by spaces.
    """
    import pandas as pd

    summaries = summarise(runs)
    settings = differing_settings(summaries)
    rows = []
    for summary in summaries:
        row = {name: value for name, value in vars(summary).items() if name not in _NOT_IN_FILES}
        row["tags"] = " ".join(summary.tags)
        if summary.config:
            row |= {name: format_value(getattr(summary.config, name)) for name in settings}
        rows.append(row)
    return pd.DataFrame(rows).astype(
        {"parameters": "Int64", "epochs_done": "Int64", "epochs": "Int64"}
        | dict.fromkeys(("best_val_accuracy", "test_accuracy", "seconds"), float)
        if summaries
        else {}
    )


def differing_settings(summaries: list[Summary]) -> list[str]:
    """The settings, name and dataset aside, that are not the same in all runs trained here."""
    configs = [vars(summary.config) for summary in summaries if summary.config]
    return [
        name
        for name in FIELDS
        if name not in ("name", "dataset")
        and any(config[name] != configs[0][name] for config in configs)
    ]


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
    return ", ".join(f"{name} {format_value(mine)}" for name, (mine, _) in changes.items())


def describe_datasets(runs: list[Run]) -> list[str]:
    """The short name of the dataset that each run was trained on, e.g. `fashion-mnist`.

    With its fingerprint where several datasets had the same short name.
    """
    return _tell_datasets_apart([(run.config.dataset, read_fingerprint(run)) for run in runs])


def _tell_datasets_apart(pairs: list[tuple[str, str]]) -> list[str]:
    """The names of (name, fingerprint); with the fingerprint where a name stands for several."""
    known = {(name, fingerprint) for name, fingerprint in pairs if fingerprint}
    counts = Counter(name for name, _ in known)
    return [
        f"{name} ({fingerprint or 'not known yet'})" if counts[name] > 1 else name
        for name, fingerprint in pairs
    ]


def used_different_data(runs: list[Run]) -> bool:
    """Whether these runs were trained and scored on different data, by its fingerprint."""
    return len({read_fingerprint(run) for run in runs} - {""}) > 1


def format_value(value: Any) -> str:
    """A setting in words: "on", "8-24" for several numbers, "none" for none of them."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:.6g}"
    return "-".join(map(str, value)) or "none" if isinstance(value, tuple) else f"{value}"
