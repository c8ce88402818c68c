"""What MLflow is sent, read back with its own client; a server that does not answer."""

import os
import socket
import subprocess
import sys

import pytest
from mlflow import MlflowClient

from fmnist.export import tracking
from fmnist.runs import outputs, receipt, store
from tests.factories import runs as run_factory

pytestmark = pytest.mark.slow


def send_by_command(run_id: str, uri: str, **variables: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "fmnist", "mlflow", run_id],
        env=os.environ | {"MLFLOW_TRACKING_URI": uri} | variables,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_mlflow_has_the_run_once(made, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")  # MLflow's own switch, no server needed
    store.rename_run(made, "Ein schöner Name")
    receipt.write_receipt(made, "completed")
    uri = (tmp_path / "tracking").as_uri()
    for _ in range(2):
        done = send_by_command(made.run_id, uri)
        assert (done.returncode, done.stdout.count("\n")) == (0, 1), done.stderr
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name("Fashion-MNIST Lab")
    (sent,) = client.search_runs([experiment.experiment_id])
    assert sent.info.run_id in done.stdout
    assert (sent.info.run_name, sent.info.status) == ("Ein schöner Name", "FINISHED")
    config = made.config.to_json()
    assert sent.data.params == {name: str(value) for name, value in config.items() if value != ""}
    results = outputs.read_results(made)
    assert sent.data.metrics["test_accuracy"] == results["test_accuracy"]
    curve = client.get_metric_history(sent.info.run_id, "val_accuracy")
    history = outputs.read_history(made)
    assert [point.step for point in curve] == [0, 1, 2]
    assert [point.value for point in curve] == history["val_accuracy"].tolist()
    paper = receipt.read_receipt(made)
    assert sent.data.tags["predictions_sha256"] == paper["predictions_sha256"]
    files = {file.path for file in client.list_artifacts(sent.info.run_id)}
    assert files == {
        "config.json",
        "environment.json",
        "history.csv",
        "receipt.json",
        "results.json",
    }


def test_a_server_that_never_answers_ends_in_one_line(made, monkeypatch):
    """It takes the connection and says nothing; here for a second."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        uri = f"http://somebody:secret@127.0.0.1:{port}"
        done = send_by_command(
            made.run_id, uri, MLFLOW_HTTP_REQUEST_TIMEOUT="1", MLFLOW_HTTP_REQUEST_MAX_RETRIES="0"
        )
    assert (done.returncode, done.stdout) == (1, "")
    assert "MLflow did not take" in done.stderr.splitlines()[-1]
    assert "secret" not in done.stderr


def test_what_cannot_be_sent_is_one_sentence(lab, made, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(tracking.TrackingError, match="names no server"):
        tracking.send(made)
    failed = run_factory.write_run(lab.runs_dir, "20260104-000000-failed", status="failed")
    with pytest.raises(ValueError, match="is failed and has no scores to send"):
        tracking.send(store.read_run(failed))


def test_nothing_is_started_unless_a_server_is_named(made, monkeypatch):
    started = []
    monkeypatch.setattr(tracking, "start_in_background", lambda *what: started.append(what))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    tracking.start_sending(made)
    assert started == []
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    tracking.start_sending(made)
    assert started == [("mlflow", made.run_dir)]
    monkeypatch.setattr(tracking.importlib.util, "find_spec", lambda name: None)
    tracking.start_sending(made)
    assert len(started) == 1
