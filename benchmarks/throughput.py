"""Images per second of our training against plain `keras.Model.fit`, all taking turns.

`python -m benchmarks.throughput [--recipe NAME …] [--rounds N]`: same network, batch size and
optimizer, after a warm-up, on the real dataset. Each has a process of its own, as a training has;
only one works at a time. Plain Keras gets float32 arrays in memory and computes in float32, once
with TensorFlow's oneDNN operations and once without; not with XLA, which is slow for convolutions
on a CPU; the ratio is to the better of the two. `ONEDNN_MAX_CPU_ISA=AVX2` before the command shows
what an older processor does.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

import numpy as np

from benchmarks._table import report
from fmnist.config import TrainConfig
from fmnist.data.dataset import load_dataset
from fmnist.models.keras_import import import_keras
from fmnist.models.network import build_network, list_fast_layers
from fmnist.models.processor import ONEDNN, choose_precision, computing_in, processor_flags
from fmnist.recipes import RECIPES
from fmnist.training.batches import make_training_batches
from fmnist.training.memory import keep_freed_memory
from fmnist.training.train import compile_model

TARGET_SECONDS = 8.0  # of one turn
FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16")  # told with each figure
# By recipe and by what ours computes in; the floor in brackets.
GOALS = {
    ("conv-64", "bfloat16"): "2.5 (1.8)",
    ("balanced", "bfloat16"): "1.6 (1.25)",
    ("conv-64", "float32"): "1.5 (1.15)",
    ("balanced", "float32"): "1.15 (1.0)",
}
SETTINGS = {"ours": None, "plain Keras, oneDNN on": "1", "plain Keras, oneDNN off": "0"}
Run = Callable[[int], float]  # a number of steps → images per second


def make_timer():
    """A Keras callback that takes the `seconds` from the end of the first step, which traces the
    graph, to the end of the last.
    """
    import keras

    class StepTimer(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            now = time.perf_counter()
            if batch == 0:
                self.began = now
            self.seconds = now - self.began

    return StepTimer()


def make_plain(config: TrainConfig, images: np.ndarray, labels: np.ndarray) -> Run:
    """A function that trains plain Keras for a number of steps."""
    import keras

    network = build_network(config)
    compile_model(network, config, 10**6)
    pixels = images[..., None].astype("float32")
    targets = keras.utils.to_categorical(labels, 10)

    def run(steps: int) -> float:
        count = steps * config.batch_size
        taken = np.arange(count) % len(pixels)
        timer = make_timer()
        network.fit(
            pixels[taken],
            targets[taken],
            batch_size=config.batch_size,
            callbacks=[timer],
            verbose=0,
        )
        return (count - config.batch_size) / timer.seconds

    return run


def make_ours(config: TrainConfig, images: np.ndarray, labels: np.ndarray) -> tuple[str, Run]:
    """The same for the network and the batches that a training of ours has, and what it uses."""
    precision = choose_precision(config.precision)
    with computing_in(precision):
        network = build_network(config, fast=True)
    compile_model(network, config, 10**6)
    batches = make_training_batches(images, labels, config)

    def run(steps: int) -> float:
        timer = make_timer()
        network.fit(batches, steps_per_epoch=steps, callbacks=[timer], shuffle=False, verbose=0)
        return (steps - 1) * config.batch_size / timer.seconds

    return ", ".join([precision, *list_fast_layers(network)]), run


def serve(turns: Connection, name: str, who: str) -> None:
    """In a process of its own: tell what is used, then train as many steps as asked for and answer
    with images per second.
    """
    if who == "ours":
        keep_freed_memory()
    import_keras()
    config = RECIPES[name].config
    images, labels = load_dataset().split("train")
    # Whole batches only, so that every step has the same size and no graph is traced twice.
    whole = len(images) // config.batch_size * config.batch_size
    uses = "float32"
    if who == "ours":
        uses, run = make_ours(config, images[:whole], labels[:whole])
    else:
        run = make_plain(config, images[:whole], labels[:whole])
    turns.send(uses)
    while steps := turns.recv():
        turns.send(run(steps))


def start(name: str, who: str) -> Connection:
    """A process for one of `SETTINGS`, whose environment has the setting from its first line on."""
    ours, theirs = multiprocessing.Pipe()
    before = os.environ.get(ONEDNN)
    if SETTINGS[who] is not None:
        os.environ[ONEDNN] = SETTINGS[who]
    try:
        multiprocessing.get_context("spawn").Process(
            target=serve, args=(theirs, name, who), daemon=True
        ).start()
    finally:
        if before is None:
            os.environ.pop(ONEDNN, None)
        else:
            os.environ[ONEDNN] = before
    return ours


def measure(name: str, rounds: int) -> None:
    config = RECIPES[name].config
    workers = {who: start(name, who) for who in SETTINGS}
    uses = {who: worker.recv() for who, worker in workers.items()}

    def run(who: str, steps: int) -> float:
        workers[who].send(steps)
        return workers[who].recv()

    steps = {}
    for who in SETTINGS:
        run(who, 6)
        steps[who] = max(4, math.ceil(TARGET_SECONDS * run(who, 6) / config.batch_size))
    turns = [{who: run(who, steps[who]) for who in SETTINGS} for _ in range(rounds)]
    for worker in workers.values():
        worker.send(0)
    for who in SETTINGS:
        rate = statistics.median(turn[who] for turn in turns)
        report(f"{name}: {who} ({uses[who]})", rate, "images/s", "reported only")
    plain = [who for who in SETTINGS if who != "ours"]
    ratio = statistics.median(turn["ours"] / max(turn[who] for who in plain) for turn in turns)
    held_to = os.environ.get("ONEDNN_MAX_CPU_ISA")
    able = f"held to {held_to}" if held_to else " ".join(f for f in FLAGS if f in processor_flags())
    goal = GOALS.get((name, uses["ours"].split(",")[0]), "reported only")
    report(
        f"{name}: ours against the better plain Keras, median of {rounds} turns ({able})",
        ratio,
        "×",
        goal,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", nargs="+", default=["conv-64", "balanced"], choices=RECIPES)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    for name in options.recipe:
        measure(name, options.rounds)


if __name__ == "__main__":
    main()
