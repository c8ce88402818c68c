"""The kinds of networks that our layers must compute as Keras's do, and each of them trained.

`python -m tests.networks FOLDER` trains every one, and every recipe's, for a few steps through
`fit`, whose graph TensorFlow rewrites before it computes; eager layers never meet that. It writes
the weights of each into the folder, and prints one JSON object: for each network what
`train_each_way` returns. With `--ours` Keras's own layers are left out: they have been trained by
another process, with which the weights can be compared.
"""

import json
import sys
import zipfile
from pathlib import Path
from typing import Any

from fmnist.config import TrainConfig
from fmnist.models.keras_import import import_keras
from fmnist.recipes import RECIPES

NETWORKS = {
    "one convolution": TrainConfig(filters=(4,), dense_units=(8,)),
    "two pooled": TrainConfig(filters=(4, 6), dense_units=(8,)),
    "same padding, even kernel": TrainConfig(filters=(4,), kernel_size=4, padding="same"),
    "a row is left over": TrainConfig(filters=(4,), kernel_size=2),  # 27 → 13
    "strides and pooling": TrainConfig(filters=(4,), strides=2, dense_units=()),
    "not pooled": TrainConfig(filters=(4, 5), pool=1, strides=2, dense_units=()),
    "the last map is too small to pool": TrainConfig(
        filters=(4,) * 5, padding="same", dense_units=()
    ),
    "pool of 3": TrainConfig(filters=(4,), pool=3, dense_units=()),
    "normalised, residual": TrainConfig(
        filters=(4, 6), padding="same", batch_norm=True, residual_blocks=1, head="max",
        dense_units=(),
    ),
}  # fmt: skip
STEPS = 2
BATCH = 16
SETTINGS = {  # of every training here, whatever the recipe says
    "batch_size": BATCH, "epochs": 1, "optimizer": "sgd", "schedule": "constant",
    "learning_rate": 0.0001, "name": "", "dataset": "fashion-mnist",
}  # fmt: skip


def train_each_way(
    config: TrainConfig, images: Any, labels: Any, folder: Path, name: str, ours_alone: bool
) -> dict[str, Any]:
    """Two steps of ours and of Keras's layers from the same weights, in float32; then ours in
    the precision of this computer, saved and scored by what was saved.

    Writes the weights of the first two to `folder`, as NAME-ours.npz and NAME-keras.npz. Returns
    the loss of each way ("ours", "keras", "precise"), and of the saved model the sums of its
    probabilities for 20 images and the packages that its layers come from.
    """
    import keras
    import numpy as np

    from fmnist.models.network import build_network
    from fmnist.models.processor import choose_precision, computing_in
    from fmnist.training.batches import make_training_batches
    from fmnist.training.scoring import compute_probabilities, save_model
    from fmnist.training.train import compile_model

    def train(fast: bool, precision: str) -> tuple[Any, float]:
        keras.utils.set_random_seed(0)
        with computing_in(precision):
            network = build_network(config, fast=fast)
        compile_model(network, config, STEPS)
        batches = make_training_batches(images, labels, config)
        history = network.fit(batches, steps_per_epoch=STEPS, shuffle=False, verbose=0)
        return network, float(history.history["loss"][0])

    losses = {}
    trained, losses["ours"] = train(True, "float32")
    np.savez(folder / f"{name}-ours.npz", *trained.get_weights())
    if not ours_alone:
        network, losses["keras"] = train(False, "float32")
        np.savez(folder / f"{name}-keras.npz", *network.get_weights())
    losses["precise"] = losses["ours"]
    if (precision := choose_precision("auto")) != "float32":
        trained, losses["precise"] = train(True, precision)
    path = folder / f"{name}.keras"
    save_model(trained, config, path)
    probabilities = compute_probabilities(path, images[:20])
    with zipfile.ZipFile(path) as archive:
        saved = json.loads(archive.read("config.json"))
    modules = {layer["module"].split(".")[0] for layer in saved["config"]["layers"]}
    return {
        "losses": losses,
        "row_sums": [float(total) for total in probabilities.sum(axis=1)],
        "modules": sorted(modules),
    }


def main() -> None:
    from tests.factories import data as data_factory

    folder, ours_alone = Path(sys.argv[1]), "--ours" in sys.argv
    import_keras()
    images, labels = data_factory.make_split(STEPS * BATCH, 0)
    found = {
        name: train_each_way(config, images, labels, folder, name, ours_alone)
        for name, config in list_networks().items()
    }
    json.dump(found, sys.stdout)


def list_networks() -> dict[str, TrainConfig]:
    """The kinds of networks and those of the recipes, with `SETTINGS`.

    Of recipes that are the same then, the first stands for all.
    """
    recipes = {name: recipe.config for name, recipe in RECIPES.items()}
    found: dict[TrainConfig, str] = {}
    for name, config in {**NETWORKS, **recipes}.items():
        found.setdefault(config.replace(**SETTINGS), name)
    return {name: config for config, name in found.items()}


if __name__ == "__main__":
    main()
