"""Images per second of our training against plain `keras.Model.fit`, the two taking turns.

`python -m benchmarks.throughput [--recipe NAME …] [--rounds N]`: same network, batch size and
optimizer, after a warm-up, on the real dataset. Each has a process of its own, as a training has;
only one works at a time. Plain Keras gets float32 arrays in memory and computes in float32. Its
defaults compile a network with XLA, which is slow for convolutions on a CPU, so it is measured
without XLA too.
"""

from __future__ import annotations

import argparse
import functools
import math
import multiprocessing
import statistics
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

import keras
import numpy as np

from benchmarks._table import report
from fmnist import train
from fmnist.config import TrainConfig
from fmnist.dataset import load_dataset
from fmnist.memory import keep_freed_memory
from fmnist.models import build_network
from fmnist.processor import choose_precision, computing_in
from fmnist.recipes import RECIPES

TARGET_SECONDS = 8.0  # of one turn


class StepTimer(keras.callbacks.Callback):
    """Seconds from the end of the first step, which traces the graph, to the end of the last."""

    def on_train_batch_end(self, batch, logs=None):
        now = time.perf_counter()
        if batch == 0:
            self.began = now
        self.seconds = now - self.began


def make_plain(
    config: TrainConfig, images: np.ndarray, labels: np.ndarray, **options: bool
) -> Callable:
    """A function that trains plain Keras for a number of steps; it returns images per second."""
    network = build_network(config)
    train.compile_model(network, config, 10**6)
    network.compile(
        optimizer=network.optimizer,
        loss="categorical_crossentropy",
        metrics=["accuracy"],
        **options,
    )
    pixels = images[..., None].astype("float32")
    targets = keras.utils.to_categorical(labels, 10)

    def run(steps: int) -> float:
        count = steps * config.batch_size
        taken = np.arange(count) % len(pixels)
        timer = StepTimer()
        network.fit(
            pixels[taken],
            targets[taken],
            batch_size=config.batch_size,
            callbacks=[timer],
            verbose=0,
        )
        return (count - config.batch_size) / timer.seconds

    return run


def make_ours(config: TrainConfig, images: np.ndarray, labels: np.ndarray) -> Callable:
    """The same for the network and the batches that a training of ours has."""
    with computing_in(choose_precision(config.precision)):
        network = build_network(config, fast=True)
    train.compile_model(network, config, 10**6)
    batches = train.make_training_batches(images, labels, config)

    def run(steps: int) -> float:
        timer = StepTimer()
        network.fit(batches, steps_per_epoch=steps, callbacks=[timer], shuffle=False, verbose=0)
        return (steps - 1) * config.batch_size / timer.seconds

    return run


CONTENDERS: dict[str, Callable[..., Callable]] = {
    "ours": make_ours,
    "plain Keras": make_plain,
    "plain Keras without XLA": functools.partial(make_plain, jit_compile=False),
}


def serve(turns: Connection, name: str, who: str) -> None:
    """In a process of its own: train as many steps as asked for, answer with images per second."""
    if who == "ours":
        keep_freed_memory()
    config = RECIPES[name].config
    images, labels = load_dataset().split("train")
    # Whole batches only, so that every step has the same size and no graph is traced twice.
    whole = len(images) // config.batch_size * config.batch_size
    run = CONTENDERS[who](config, images[:whole], labels[:whole])
    while steps := turns.recv():
        turns.send(run(steps))


def measure(name: str, rounds: int) -> None:
    config = RECIPES[name].config
    context = multiprocessing.get_context("spawn")
    workers = {}
    for who in CONTENDERS:
        workers[who], theirs = context.Pipe()
        context.Process(target=serve, args=(theirs, name, who), daemon=True).start()

    def run(who: str, steps: int) -> float:
        workers[who].send(steps)
        return workers[who].recv()

    steps = {}
    for who in CONTENDERS:
        run(who, 6)
        steps[who] = max(4, math.ceil(TARGET_SECONDS * run(who, 6) / config.batch_size))
    turns = [{who: run(who, steps[who]) for who in CONTENDERS} for _ in range(rounds)]
    for turn in workers.values():
        turn.send(0)
    precision = choose_precision(config.precision)
    for who in CONTENDERS:
        rate = statistics.median(turn[who] for turn in turns)
        about = f"{who} ({precision})" if who == "ours" else who
        report(f"{name}: {about}", rate, "images/s", "reported only")
    for who in list(CONTENDERS)[1:]:
        ratio = statistics.median(turn["ours"] / turn[who] for turn in turns)
        report(f"{name}: ours against {who}, median of {rounds} turns", ratio, "×", "3.0")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", nargs="+", default=["conv-64", "balanced"], choices=RECIPES)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    for name in options.recipe:
        measure(name, options.rounds)


if __name__ == "__main__":
    main()
