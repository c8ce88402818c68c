"""A recipe as its notebook trains it: plain Keras, float32, arrays in memory, nothing of ours.

`python -m benchmarks.plain_keras --recipe NAME [--seed N] [--no-xla]`: the last line is JSON with
`test_accuracy` and `seconds` (building, training and validating). Keras compiles a network with XLA
unless told otherwise; `--no-xla` is for who knows that it slows convolutions on a CPU.
"""

from __future__ import annotations

import argparse
import json
import time

from fmnist.data.dataset import load_dataset
from fmnist.data.samples import split_train_val
from fmnist.recipes import RECIPES


def train(name: str, seed: int, xla: bool) -> dict[str, float]:
    """Test accuracy and seconds of the recipe's network after all of its epochs."""
    import keras

    from fmnist.models.network import build_network

    config = RECIPES[name].config.replace(seed=seed)
    dataset = load_dataset()
    images, labels = dataset.split("train")
    chosen, held = split_train_val(len(labels), config.validation_fraction, seed)
    pixels = images[..., None].astype("float32")
    targets = keras.utils.to_categorical(labels, 10)
    began = time.perf_counter()
    keras.utils.set_random_seed(seed)
    network = build_network(config)
    network.compile(
        optimizer=keras.optimizers.get(
            {"class_name": config.optimizer, "config": {"learning_rate": config.learning_rate}}
        ),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile="auto" if xla else False,
    )
    network.fit(
        pixels[chosen],
        targets[chosen],
        validation_data=(pixels[held], targets[held]),
        batch_size=config.batch_size,
        epochs=config.epochs,
        verbose=0,
    )
    seconds = time.perf_counter() - began
    test_images, test_labels = dataset.split("test")
    answers = network.predict(test_images[..., None].astype("float32"), verbose=0)
    return {
        "test_accuracy": float((answers.argmax(axis=1) == test_labels).mean()),
        "seconds": round(seconds, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", required=True, choices=["conv-32", "conv-64", "cnn-50"])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-xla", dest="xla", action="store_false")
    options = parser.parse_args()
    print(json.dumps(train(options.recipe, options.seed, options.xla)))


if __name__ == "__main__":
    main()
