"""The kinds of networks that our layers must compute as Keras's do, and each of them trained.

`python -m tests.networks` trains every one, and every recipe's, for a few steps through `fit`,
whose graph TensorFlow rewrites before it computes; eager layers never meet that. Its output is one
JSON object: for each network what `train_each_way` returns.
"""

import json
import sys
from typing import Any

from fmnist.config import TrainConfig
from fmnist.keras_import import import_keras
from fmnist.recipes import RECIPES

NETWORKS = {
    "one convolution": TrainConfig(filters=(4,), dense_units=(8,)),
    "two pooled": TrainConfig(filters=(4, 6), dense_units=(8,)),
    "same padding, even kernel": TrainConfig(filters=(4,), kernel_size=4, padding="same"),
    "a row is left over": TrainConfig(filters=(4,), kernel_size=2),  # 27 → 13
    "strides and pooling": TrainConfig(filters=(4,), strides=2, dense_units=()),
    "not pooled": TrainConfig(filters=(4, 5), pool=1, strides=2, dense_units=()),
    "pool of 3": TrainConfig(filters=(4,), pool=3, dense_units=()),
    "normalised, residual": TrainConfig(
        filters=(4, 6), padding="same", batch_norm=True, residual_blocks=1, head="max",
        dense_units=(),
    ),
}  # fmt: skip
STEPS = 2
BATCH = 16


def train_each_way(config: TrainConfig, images: Any, labels: Any) -> dict[str, Any]:
    """Two steps of ours and of Keras's layers from the same weights, in float32; then ours in
    the precision of this computer, saved and scored by what was saved.

    Returns the loss of each way, the largest difference of a weight between the first two, the
    names of our layers, and of the saved model the sums of its probabilities for 20 images and the
    packages that its layers come from.
    """
    import tempfile
    from pathlib import Path

    import keras
    import numpy as np

    from fmnist.batches import make_training_batches
    from fmnist.models import build_network, list_fast_layers
    from fmnist.processor import choose_precision, computing_in
    from fmnist.scoring import compute_probabilities, save_model
    from fmnist.train import compile_model

    config = config.replace(
        batch_size=BATCH, epochs=1, optimizer="sgd", schedule="constant", learning_rate=0.0001
    )
    losses, weights, names = [], [], []
    for fast, precision in (
        (True, "float32"),
        (False, "float32"),
        (True, choose_precision("auto")),
    ):
        if (fast, precision) == (True, "float32") and losses:
            losses.append(losses[0])  # this computer's precision is float32: trained already
            continue
        keras.utils.set_random_seed(0)
        with computing_in(precision):
            network = build_network(config, fast=fast)
        compile_model(network, config, STEPS)
        batches = make_training_batches(images, labels, config)
        history = network.fit(batches, steps_per_epoch=STEPS, shuffle=False, verbose=0)
        losses.append(history.history["loss"][0])
        if fast:
            trained, names = network, list_fast_layers(network)
        weights.append(network.get_weights())
    differences = [
        float(np.abs(one - other).max()) for one, other in zip(*weights[:2], strict=True)
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        save_model(trained, config, path)
        probabilities = compute_probabilities(path, images[:20])
        standard = {
            type(layer).__module__.split(".")[0]
            for layer in keras.models.load_model(path, safe_mode=True).layers
        }
    return {
        "losses": [float(loss) for loss in losses],
        "difference": max(differences),
        "fast_layers": names,
        "row_sums": [float(total) for total in probabilities.sum(axis=1)],
        "modules": sorted(standard),
    }


def main() -> None:
    from tests import made_data

    import_keras()
    images, labels = made_data.make_split(STEPS * BATCH, 0)
    configs = {**NETWORKS, **{name: recipe.config for name, recipe in RECIPES.items()}}
    found: dict[TrainConfig, dict[str, Any]] = {}  # some recipes differ in their data alone
    for config in configs.values():
        key = config.replace(name="", dataset="fashion-mnist")
        found[config] = found.get(key) or train_each_way(config, images, labels)
        found[key] = found[config]
    json.dump({name: found[config] for name, config in configs.items()}, sys.stdout)


if __name__ == "__main__":
    main()
