"""How good the generated stand-in dataset is, measured on the real data.

`python -m benchmarks.standin [--images N] [--epochs N] [--sheet FILE]`: makes the stand-in, trains
conv-64 on it (its own recipe, fewer epochs) and scores that on the real test images; asks the
bundled model for the stand-in's test images; measures how far generated images lie from the real
training images.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks._table import ROOT, report
from fmnist.data.dataset import CLASS_NAMES, Dataset, load_dataset
from fmnist.data.standin import write_standin

SHEET = ROOT / "benchmarks" / "standin.png"
COLUMNS = 16  # of the contact sheet, one row for each class
EPOCHS = 5  # as many as those of `benchmarks.train_command`, which sees the real images
PROBES = 2_000  # images whose nearest training image is looked for
_CHUNK = 500


def accuracy_on_real(standin: Dataset, real: Dataset, images: int, epochs: int) -> float:
    """Fraction of the real test images that conv-64, trained on the stand-in alone, gets right."""
    import keras

    from fmnist.models.network import build_network
    from fmnist.recipes import RECIPES
    from fmnist.training.batches import make_training_batches
    from fmnist.training.train import compile_model

    keras.utils.set_random_seed(0)
    config = RECIPES["conv-64"].config.replace(epochs=epochs)
    steps = images // config.batch_size
    network = build_network(config, fast=True)
    compile_model(network, config, steps)
    batches = make_training_batches(
        standin.train_images[:images], standin.train_labels[:images], config
    )
    network.fit(batches, steps_per_epoch=steps, epochs=epochs, shuffle=False, verbose=2)
    return _accuracy(network, real.test_images, real.test_labels)


def agreement_of_bundled(standin: Dataset) -> float:
    """Fraction of the stand-in's test images to which the bundled model gives their label."""
    import keras

    from fmnist.runs.store import BUNDLED_DIR

    model = keras.models.load_model(BUNDLED_DIR / "model.keras", compile=False)
    return _accuracy(model, standin.test_images, standin.test_labels)


def _accuracy(model, images: np.ndarray, labels: np.ndarray) -> float:
    answers = model.predict(images[..., None], batch_size=_CHUNK, verbose=0).argmax(axis=1)
    return float((answers == labels).mean())


def distances_to_nearest(images: np.ndarray, training_images: np.ndarray) -> np.ndarray:
    """L2 distance of each image to its nearest training image, pixels 0 to 1: float32 (N,)."""
    training = training_images.reshape(len(training_images), -1).astype(np.float32) / 255
    squares = (training**2).sum(axis=1)
    nearest = []
    for begin in range(0, len(images), _CHUNK):
        chunk = images[begin : begin + _CHUNK].reshape(-1, training.shape[1]) / np.float32(255)
        squared = (chunk**2).sum(axis=1) + (squares[:, None] - 2 * training @ chunk.T).min(axis=0)
        nearest.append(np.sqrt(np.maximum(squared, 0)))
    return np.concatenate(nearest)


def draw_sheet(dataset: Dataset, path: Path) -> None:
    """The first images of each class, one row for each, at twice their size."""
    rows = [
        np.concatenate(list(dataset.test_images[dataset.test_labels == label][:COLUMNS]), axis=1)
        for label in range(len(CLASS_NAMES))
    ]
    Image.fromarray(np.concatenate(rows).repeat(2, 0).repeat(2, 1)).save(path, optimize=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=60_000, help="to train on")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--sheet", type=Path, default=SHEET, help="the contact sheet to draw")
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    real = load_dataset()
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        write_standin(Path(folder))
        seconds = time.monotonic() - began
        standin = load_dataset(Path(folder))
    report("stand-in: making 60,000 + 10,000 images", seconds, "s", "60 (120)")
    draw_sheet(standin, options.sheet)
    for name, images in (("stand-in", standin.test_images), ("real", real.test_images)):
        found = distances_to_nearest(images[:PROBES], real.train_images)
        for fraction in (25, 50, 75):
            goal = "3.11" if (name, fraction) == ("stand-in", 50) else "reported only"
            figure = f"{name} test image to nearest real training image, L2, {fraction} %"
            report(figure, np.percentile(found, fraction), "", goal)
    agreement = agreement_of_bundled(standin)
    report("stand-in: the bundled model agrees with its labels", agreement, "", "0.85 to 0.97")
    figure = f"stand-in: conv-64 on {options.images:,} of its images, {options.epochs} epochs; real"
    accuracy = accuracy_on_real(standin, real, options.images, options.epochs)
    report(f"{figure} test accuracy", accuracy, "", "0.88 (0.83)")


if __name__ == "__main__":
    main()
