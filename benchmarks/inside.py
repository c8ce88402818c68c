"""How long the steps of Inside take for the bundled run, and how long thirty people at once wait.

`python -m benchmarks.inside [--times 40]`: from a call to the engine until its answer, of a warm
model, each time of another test image; the last of thirty who ask why at the same moment, each of
an image of their own, and all of the same one; what filters look for, the first time and after.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from collections.abc import Callable

import numpy as np
import psutil

from benchmarks._lab import percentile
from benchmarks._table import report
from fmnist.data.dataset import load_dataset
from fmnist.engine import explanations, filters
from fmnist.engine.client import Engine
from fmnist.runs import reader
from fmnist.runs.store import BUNDLED_DIR
from pages._inside import ask
from pages._shared import engine as shared

PEOPLE = 30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=40, help="measurements of each step")
    times = parser.parse_args().times
    engine, data, run = shared.get(), load_dataset(), reader.read_run(BUNDLED_DIR)
    images, model = data.test_images, run.file("model.keras")
    network = explanations.ask_network(engine, model, images[0])
    deepest = [layer.name for layer in network.layers if layer.maps.ndim == 3][-1]
    measure(
        "change: image before and after", times, lambda i: engine.predict(model, images[[0, i]])
    )
    measure(
        "layers: all of them", times, lambda i: explanations.ask_network(engine, model, images[i])
    )
    measure(
        "layers: one of them",
        times,
        lambda i: explanations.ask_maps(engine, model, images[i], "conv_2"),
    )
    measure(
        "why: Grad-CAM and covered squares",
        times,
        lambda i: explanations.ask_attribution(engine, model, images[i]),
    )
    measure(
        "change: the smallest patch",
        times,
        lambda i: explanations.ask_patch(engine, model, images[i], i % 10),
    )
    ask_at_once(
        "each of another image",
        engine,
        lambda i: explanations.ask_attribution(engine, model, images[1000 + i]),
    )
    written_at = model.stat().st_mtime_ns
    ask_at_once(
        "all of one image", engine, lambda i: ask._attribution(str(model), written_at, images[2000])
    )
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["FMNIST_CACHE_DIR"] = scratch
        for layer in ("conv_1", deepest):
            macs = network.macs_until(layer)
            for state, unit, goal in (("first time", "s", "10"), ("after", "s", "0.3")):
                started = time.perf_counter()
                filters.find_exciting(run, data, layer, macs, engine)
                took = time.perf_counter() - started
                report(f"inside, what the filters of {layer} look for, {state}", took, unit, goal)
    engine.close()


def measure(step: str, times: int, call: Callable[[int], object]) -> None:
    call(0)
    delays = []
    for number in range(1, times + 1):
        started = time.perf_counter()
        call(number)
        delays.append(1000 * (time.perf_counter() - started))
    report(f"inside, {step} (median)", float(np.median(delays)), "ms", "300")
    report(f"inside, {step} (P95)", percentile(delays, 0.95), "ms", "300")


def ask_at_once(whose: str, engine: Engine, call: Callable[[int], object]) -> None:
    """Also what the engine's process worked for it, which does not depend on others' work."""
    process = psutil.Process(engine.pid)
    worked = cpu_seconds(process)
    ended: list[float] = []
    started = time.perf_counter()

    def go(number: int) -> None:
        call(number)
        ended.append(time.perf_counter() - started)

    people = [threading.Thread(target=go, args=(number,)) for number in range(PEOPLE)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    report(f"inside, why: the last of {PEOPLE} people, {whose}", max(ended), "s", "3")
    worked = cpu_seconds(process) - worked
    report(f"inside, why: processor time for {PEOPLE} people, {whose}", worked, "s", "6")


def cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


if __name__ == "__main__":
    main()
