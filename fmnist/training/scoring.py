"""After a training: the model is saved, and the saved model is scored."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fmnist.config import TrainConfig
from fmnist.evaluation.evaluate import mean_cross_entropy
from fmnist.files import replacing_file
from fmnist.models.network import build_model
from fmnist.runs import outputs, store

if TYPE_CHECKING:
    import keras
    import numpy as np

SCORING_BATCH = 250  # images


def save_model(model: keras.Model, config: TrainConfig, path: Path) -> None:
    """Write the network alone (no optimizer, no loss), in one move."""
    plain = build_model(config)
    plain.set_weights(model.get_weights())
    write_model(plain, path)


def write_model(model: keras.Model, path: Path) -> None:
    """Write a .keras file in one move."""
    with replacing_file(path, ".keras") as draft:
        model.save(draft)


def compute_probabilities(
    model_path: Path, images: np.ndarray, watchers: Sequence[keras.callbacks.Callback] = ()
) -> np.ndarray:
    """What the saved model predicts: float32 (N, 10) for images uint8 (N, 28, 28)."""
    import keras

    model = keras.models.load_model(model_path, compile=False, safe_mode=True)
    return model.predict(
        images[..., None], batch_size=SCORING_BATCH, verbose=0, callbacks=list(watchers)
    )


def score(probabilities: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """test_accuracy (fraction) and test_loss (mean cross-entropy, natural logarithm)."""
    return {
        "test_accuracy": float((probabilities.argmax(axis=1) == labels).mean()),
        "test_loss": mean_cross_entropy(labels, probabilities),
    }


def best_epoch(run_dir: Path) -> dict[str, Any]:
    """best_epoch (from 0) and best_val_accuracy of a run's history; None where it has no epoch."""
    history = outputs.read_history(store.read_run(run_dir))
    if history.empty:
        return {"best_epoch": None, "best_val_accuracy": None}
    best = history["val_accuracy"].idxmax()
    return {
        "best_epoch": int(history["epoch"][best]),
        "best_val_accuracy": float(history["val_accuracy"][best]),
    }
