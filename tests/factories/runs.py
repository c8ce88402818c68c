"""Run folders as the training process would leave them, without any training.

For the tests of pages, lists and evaluations. The curves are made up; the probabilities are too,
but exactly as many of them are right as asked for.
"""

import functools
import json
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from fmnist import json_files
from fmnist.config import TrainConfig
from fmnist.data import dataset
from fmnist.runs import outputs, store
from fmnist.runs.imported_record import ImportedModel
from tests.factories import data as data_factory

RUN_ID = "20260102-030405-made"
STEPS_PER_EPOCH = 5


def write_run(
    runs_dir: Path,
    run_id: str = RUN_ID,
    status: str = "completed",
    epochs: int = 3,
    labels: np.ndarray | None = None,
    seed: int = 0,
    accuracy: float = 0.9,
    with_model: bool = False,
    *,
    data_dir: Path | None = None,
    is_alive: bool = True,
    message: str = "",
    class_names: Sequence[str] | None = None,
    **settings: Any,
) -> Path:
    """Write one run folder and return it.

    Args:
        run_id: `YYYYMMDD-HHMMSS-slug`; its time is the run's start.
        status: one of `store.STATUSES`. A queued run has no epoch yet; a running or failed one
            lacks its last epoch and all scores; the others have everything.
        labels: uint8 (N,), the test labels that the probabilities answer to. Those of the data
            folder when not given.
        accuracy: fraction of the N predictions that are correct (rounded to whole ones).
        with_model: write a real Keras model that was trained on the made shapes (takes seconds
            the first time in a session). Otherwise `model.keras` is there, but no model.
        data_dir: the dataset it was trained on; `data_factory.write_dataset`'s default if
            not given.
        is_alive: for a queued or running run, whether a process (this one) stands behind it.
        message: `status.json`'s message.
        class_names: what `environment.json` says of them; nothing when not given.
        settings: fields of `TrainConfig`.
    """
    run_dir = Path(runs_dir) / run_id
    run_dir.mkdir(parents=True)
    config = TrainConfig(**{"name": "Made run", "filters": (8,), "epochs": epochs, **settings})
    started_at = datetime.strptime(run_id[:15] + "Z", "%Y%m%d-%H%M%S%z").timestamp()
    is_live = status in store.LIVE
    epochs_done = {"queued": 0, "running": epochs - 1, "failed": epochs - 1}.get(status, epochs)
    has_started = status != "queued"

    json_files.write_json(run_dir / "config.json", config.to_json())
    json_files.write_json(
        run_dir / "status.json",
        {
            "status": status,
            "epoch": max(epochs_done - (not is_live), 0) if has_started else None,
            "step": epochs_done * STEPS_PER_EPOCH if has_started else None,
            "steps_per_epoch": STEPS_PER_EPOCH if has_started else None,
            "epochs": epochs,
            "images_per_second": 5000.0 if has_started else None,
            "queued_at": time.time() if is_live else started_at,
            "started_at": started_at if has_started else None,
            "heartbeat_at": time.time() if is_live else started_at + 2.0 * epochs_done,
            "finished_at": None if is_live else started_at + 2.0 * epochs_done,
            "host": socket.gethostname(),
            "message": message,
            **_process(is_alive),
        },
    )
    if has_started:
        _write_curves(run_dir, epochs_done, seed)
        fingerprint, test_labels, train_count = _describe_data(data_dir)
        _write_environment(run_dir, config, fingerprint, class_names)
    if status in ("completed", "stopped"):
        test_labels = test_labels if labels is None else np.asarray(labels)
        probabilities = make_probabilities(test_labels, accuracy, seed)
        np.save(run_dir / "test_probabilities.npy", probabilities)
        _write_results(run_dir, test_labels, probabilities, epochs_done, train_count)
        if with_model:
            (run_dir / "model.keras").write_bytes(tiny_model())
        else:  # a whole archive, as a model is, but no model in it
            with zipfile.ZipFile(run_dir / "model.keras", "w") as archive:
                archive.writestr("no-model.txt", "write_run(with_model=True) writes one")
    return run_dir


def write_imported_run(
    runs_dir: Path,
    run_id: str = "20260104-000000-theirs",
    status: str = "completed",
    *,
    imported_model: ImportedModel | None = None,
    **options: Any,
) -> Path:
    """Write the run folder of a model that was imported from a file; see `write_run`."""
    run_dir = write_run(runs_dir, run_id, status, **options)
    for name in ("history.csv", "batches.csv"):
        (run_dir / name).unlink(missing_ok=True)
    imported_model = imported_model or ImportedModel(
        "theirs.keras",
        input_shape=(28, 28),
        detected_inputs="unit",
        detected_outputs="logits",
        effective_inputs="unit",
        effective_outputs="logits",
        accuracies={"raw": 0.1, "unit": 0.9},
        losses={"raw": 40.0, "unit": 0.3},
        checked_images=2000,
    )
    json_files.write_json(run_dir / "config.json", {"name": "Theirs"})
    json_files.write_json(run_dir / "own_model.json", imported_model.to_json())
    if status in ("completed", "stopped"):
        results = json.loads((run_dir / "results.json").read_text(encoding="utf-8"))
        scores = {name: results[name] for name in ("test_accuracy", "test_loss")}
        json_files.write_json(run_dir / "results.json", scores)
    environment = {"parameters": 7850, "dataset_fingerprint": _describe_generated_data()[0]}
    json_files.write_json(run_dir / "environment.json", environment)
    return run_dir


def make_probabilities(labels: np.ndarray, accuracy: float, seed: int = 0) -> np.ndarray:
    """Float32 (N, 10), rows summing to 1, of which round(N × accuracy) put the label first.

    A wrong prediction is always the class after the true one, so that confusions gather in ten
    cells.
    """
    labels = np.asarray(labels, dtype=np.int64)
    count = len(labels)
    rng = np.random.default_rng(seed)
    answers = (labels + 1) % 10
    right = rng.permutation(count)[: round(count * accuracy)]
    answers[right] = labels[right]
    confidence = rng.uniform(0.4, 0.99, count)
    probabilities = rng.uniform(0.5, 1.0, (count, 10))  # the other nine share what is left
    probabilities[np.arange(count), answers] = 0
    probabilities *= ((1 - confidence) / probabilities.sum(axis=1))[:, None]
    probabilities[np.arange(count), answers] = confidence
    return probabilities.astype(np.float32)


@functools.cache
def tiny_model() -> bytes:
    """A `model.keras` of one dense layer that is right on most made shapes.

    Built in a process of its own: the Streamlit tests may not load TensorFlow.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        subprocess.run(
            [sys.executable, "-c", _BUILD, str(path)],
            cwd=Path(__file__).parents[2],
            check=True,
            capture_output=True,
        )
        return path.read_bytes()


# Ridge regression on the one-hot labels, sharpened into confident probabilities.
_BUILD = """
import sys
import numpy as np
import keras
from tests.factories import data as data_factory

images, labels = data_factory.make_split(600, [0, 0])
inputs = np.c_[images.reshape(-1, 784) / 255, np.ones(600)]
weights = np.linalg.solve(inputs.T @ inputs + 10 * np.eye(785), inputs.T @ np.eye(10)[labels])
model = keras.Sequential([
    keras.Input((28, 28, 1)),
    keras.layers.Rescaling(1 / 255),
    keras.layers.Flatten(),
    keras.layers.Dense(10, activation="softmax"),
])
model.layers[-1].set_weights([10 * weights[:-1], 10 * weights[-1]])
model.save(sys.argv[1])
"""


def _process(is_alive: bool) -> dict[str, Any]:
    process = psutil.Process()
    started_at = process.create_time() - (0 if is_alive else 3600)  # a reused pid
    return {"pid": process.pid, "pid_started_at": started_at}


def _describe_data(data_dir: Path | None) -> tuple[str, np.ndarray, int]:
    """Fingerprint, test labels, number of training images."""
    if data_dir is not None:
        data = dataset.load_dataset(data_dir)
        return data.fingerprint, data.test_labels, len(data.train_labels)
    return _describe_generated_data()


@functools.cache
def _describe_generated_data() -> tuple[str, np.ndarray, int]:
    train, test = data_factory.make_split(600, [0, 0]), data_factory.make_split(200, [0, 1])
    return dataset.compute_fingerprint(*train, *test), test[1], len(train[1])


def _write_curves(run_dir: Path, epochs: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    epoch = np.arange(epochs)
    loss = 0.8 * 0.7**epoch + rng.uniform(0, 0.02, epochs)
    accuracy = 1 - 0.3 * 0.7**epoch
    history = [
        epoch,
        loss,
        accuracy,
        loss + 0.03,
        accuracy - 0.02,
        np.full(epochs, 0.001),
        np.full(epochs, 2.0),
    ]
    _write_csv(run_dir / "history.csv", outputs.HISTORY_COLUMNS, history)
    step = np.arange(1, epochs * STEPS_PER_EPOCH + 1)
    batches = [
        step,
        (step - 1) // STEPS_PER_EPOCH,
        0.9 * 0.93**step,
        1 - 0.4 * 0.93**step,
        np.full(len(step), 5000.0),
    ]
    _write_csv(run_dir / "batches.csv", outputs.BATCH_COLUMNS, batches)


def _write_csv(path: Path, header: Sequence[str], columns: Sequence[np.ndarray]) -> None:
    rows = [",".join(f"{value:.6g}" for value in row) + "\n" for row in zip(*columns, strict=True)]
    path.write_text(",".join(header) + "\n" + "".join(rows), encoding="utf-8")


def _write_environment(
    run_dir: Path, config: TrainConfig, fingerprint: str, class_names: Sequence[str] | None
) -> None:
    json_files.write_json(
        run_dir / "environment.json",
        {
            "parameters": 7850,
            "macs_per_image": 7840,
            "dataset": config.dataset,
            "dataset_fingerprint": fingerprint,
            **({} if class_names is None else {"class_names": list(class_names)}),
            "seed": config.seed,
            "precision": config.precision,
            "versions": {"python": sys.version.split()[0]},
            "hardware": {"cores": 2},
        },
    )
    created = datetime.now(UTC).isoformat(timespec="seconds")
    (run_dir / "log.txt").write_text(
        f"{created} made by tests/factories/runs.py\n", encoding="utf-8"
    )


def _write_results(
    run_dir: Path, labels: np.ndarray, probabilities: np.ndarray, epochs: int, train_count: int
) -> None:
    chosen = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    results = {
        "test_accuracy": float((probabilities.argmax(axis=1) == labels).mean()),
        "test_loss": float(-np.log(chosen).mean()),
        "best_epoch": epochs - 1,
        "best_val_accuracy": 0.98 - 0.3 * 0.7 ** (epochs - 1),
        "seconds": 2.0 * epochs,
        "train_images": round(train_count * 0.9),
    }
    (run_dir / "results.json").write_text(json.dumps(results), encoding="utf-8")
