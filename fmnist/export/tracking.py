"""A run for an MLflow server: its settings, its curves, its scores and its small files.

Sent by a process of its own once a training has ended: whatever the server does, the training is
neither slowed nor failed by it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import time
from typing import Any

from fmnist.json_files import read_json_or_empty
from fmnist.runs import outputs, receipt
from fmnist.runs.folder import RunsFolderError
from fmnist.runs.launch import start_in_background
from fmnist.runs.store import Run

ADDRESS, EXPERIMENT = "MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME"
DEFAULT_EXPERIMENT = "Fashion-MNIST Lab"
LONGEST = 60.0  # seconds that sending a run may take
_MANNERS = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
_PASSWORD = re.compile(r"(?<=//)[^/@\s]+(?=@)")  # of an address
_ID_TAG = "fmnist_run_id"
_FILES = ("config.json", "environment.json", "results.json", "history.csv", receipt.FILE)
_MOST_AT_ONCE = 1000  # metrics that MLflow takes in one request


class TrackingError(RuntimeError):
    """The run could not be sent; the message says why."""


def is_wanted() -> bool:
    """Whether a server is named, and its client installed."""
    return bool(os.environ.get(ADDRESS)) and importlib.util.find_spec("mlflow") is not None


def start_sending(run: Run) -> None:
    """Have a run sent by another process, where that is wanted; never raises for the server."""
    if is_wanted():
        with contextlib.suppress(RunsFolderError):  # its log cannot be written
            start_in_background("mlflow", run.run_dir)


def send(run: Run) -> str:
    """Send a run that has ended, unless the server has it; returns the id it has there.

    Raises:
        ValueError: the run has no scores.
        TrackingError: no server is named, MLflow is not installed, or the server did not take it.
    """
    if not run.has_scores:
        raise ValueError(f"{run.run_id} is {run.status.status} and has no scores to send.")
    if not os.environ.get(ADDRESS):
        raise TrackingError(f"{ADDRESS} names no server: set it first.")
    for name, value in _MANNERS.items():
        os.environ.setdefault(name, value)
    try:
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException
    except ImportError as error:
        raise TrackingError("MLflow is not installed: pip install mlflow-skinny") from error
    try:
        return _send(MlflowClient(), run)
    except (MlflowException, OSError) as error:  # requests' own errors are OSErrors
        lines = _PASSWORD.sub("…", str(error)).splitlines() or [type(error).__name__]
        raise TrackingError(f"MLflow did not take {run.run_id}: {lines[0][:200]}") from error


def _send(client: Any, run: Run) -> str:
    from mlflow.entities import Param, RunTag

    name = os.environ.get(EXPERIMENT) or DEFAULT_EXPERIMENT
    experiment = client.get_experiment_by_name(name)
    experiment_id = experiment.experiment_id if experiment else client.create_experiment(name)
    known = client.search_runs([experiment_id], f"tags.{_ID_TAG} = '{run.run_id}'", max_results=1)
    if known:
        return known[0].info.run_id
    status = run.status
    sent = client.create_run(
        experiment_id,
        start_time=_milliseconds(status.started_at),
        tags={_ID_TAG: run.run_id},
        run_name=run.title,
    ).info.run_id
    params = [Param(name, str(value)) for name, value in run.config.to_json().items()]
    tags = [RunTag(name, value) for name, value in _describe(run).items()]
    client.log_batch(sent, params=params, tags=tags)
    metrics = _list_metrics(run)
    for first in range(0, len(metrics), _MOST_AT_ONCE):
        client.log_batch(sent, metrics=metrics[first : first + _MOST_AT_ONCE])
    for file in _FILES:
        if run.file(file).is_file():
            client.log_artifact(sent, str(run.file(file)))
    client.set_terminated(
        sent,
        "FINISHED" if status.status == "completed" else "KILLED",
        _milliseconds(status.finished_at),
    )
    return sent


def _milliseconds(seconds: float | None) -> int:
    return round(1000 * (time.time() if seconds is None else seconds))


def _describe(run: Run) -> dict[str, str]:
    environment = outputs.read_environment(run)
    paper = read_json_or_empty(run.file(receipt.FILE))
    found = {
        "dataset_fingerprint": environment.get("dataset_fingerprint"),
        "precision": environment.get("precision"),
        "git_commit": environment.get("git_commit"),
        "predictions_sha256": paper.get("predictions_sha256"),
    }
    return {name: value for name, value in found.items() if isinstance(value, str)}


def _list_metrics(run: Run) -> list[Any]:
    """The curves, an epoch a step from 0, then the final scores at the last step."""
    from mlflow.entities import Metric

    began = _milliseconds(run.status.started_at)
    history = outputs.read_history(run)
    metrics, seconds, epoch = [], 0.0, 0
    for row in history.to_dict("records"):
        seconds, epoch = seconds + row["seconds"], int(row["epoch"])
        moment = began + round(1000 * seconds)
        metrics += [
            Metric(name, row[name], moment, epoch)
            for name in outputs.HISTORY_COLUMNS[1:-1]
            if row[name] == row[name]
        ]
    ended = _milliseconds(run.status.finished_at)
    results = outputs.read_results(run)
    return metrics + [Metric(name, float(value), ended, epoch) for name, value in results.items()]
