"""What reporting costs a training: conv-64 with and without the callbacks, alternating in one run.

`python -m benchmarks.callbacks [--rounds 40]`: images per second of `fit` on the real dataset; each
round trains the same number of steps twice, in changing order. The checkpoint is left out: it is
written once an epoch at most, and these epochs are a tenth of a real one.
"""

from __future__ import annotations

import argparse
import math
import statistics
import tempfile
import time
from pathlib import Path

import keras
from msgspec.structs import asdict

from benchmarks._table import report
from fmnist import json_files
from fmnist.config import TrainConfig
from fmnist.data.dataset import load_dataset
from fmnist.models.network import build_model
from fmnist.runs import store
from fmnist.training.batches import make_training_batches, make_validation_batches
from fmnist.training.callbacks import DivergenceGuard, RunReporter, StopWatcher
from fmnist.training.train import compile_model

STEPS = 60
VALIDATION_IMAGES = 250


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40, help="pairs of trainings measured")
    rounds = parser.parse_args().rounds
    config = TrainConfig(filters=(64,))
    images, labels = load_dataset().split("train")
    model = build_model(config)
    compile_model(model, config, STEPS)
    data = (
        make_training_batches(images, labels, config),
        make_validation_batches(images[:VALIDATION_IMAGES], labels[:VALIDATION_IMAGES]),
    )
    with tempfile.TemporaryDirectory() as scratch:
        run_dir = Path(scratch)
        status = store.Status("running")
        json_files.write_json(run_dir / "status.json", asdict(status))
        fit(model, data, None)  # traces the graph
        speeds: dict[bool, list[float]] = {True: [], False: []}
        for number in range(rounds):
            for reports in (True, False) if number % 2 else (False, True):
                watchers = make_callbacks(run_dir, config) if reports else None
                speeds[reports].append(fit(model, data, watchers))
    costs = [
        1 - with_ / without for with_, without in zip(speeds[True], speeds[False], strict=True)
    ]
    without, with_ = statistics.median(speeds[False]), statistics.median(speeds[True])
    print(f"images/s without {without:,.0f}, with {with_:,.0f} (medians)")
    error = 100 * statistics.stdev(costs) / math.sqrt(rounds)
    print(f"standard error of the mean cost: {error:.2f} points")
    report("images per second lost to the callbacks (mean)", 100 * statistics.mean(costs), "%", "2")
    report("the same, median", 100 * statistics.median(costs), "%", "2")


def make_callbacks(run_dir: Path, config: TrainConfig) -> list[keras.callbacks.Callback]:
    return [
        DivergenceGuard(config.learning_rate),
        RunReporter(run_dir, STEPS * config.batch_size, config.batch_size),
        StopWatcher(run_dir),
    ]


def fit(model: keras.Model, data: tuple, watchers: list | None) -> float:
    """Images per second of one training of STEPS steps (and a validation of one batch)."""
    batches, validation = data
    began = time.perf_counter()
    model.fit(
        batches,
        validation_data=validation,
        steps_per_epoch=STEPS,
        shuffle=False,  # the batches come shuffled
        verbose=0,
        callbacks=watchers,
    )
    return STEPS * 128 / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
