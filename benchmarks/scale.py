"""A sweep on a Ray cluster on this computer: speed-up of two nodes, and what each trial costs.

`python -m benchmarks.scale`: the same trials of the real dataset, one core each, on a cluster of
one node and then of two; no node has dataset or code before. `--simulate` only computes how long
1,000 trials take on 100 nodes, from the overheads measured last (benchmarks/scale.json) and what
`_simulation.py` assumes.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks._simulation import Outcome, Overheads, Simulation
from benchmarks._table import ROOT, report
from fmnist.config import TrainConfig
from fmnist.runs import outputs, store
from fmnist.sweeps import ray_cluster
from fmnist.sweeps.driver import drive
from fmnist.sweeps.ray_cluster import RayRunner
from fmnist.sweeps.space import Axis
from fmnist.sweeps.sweep import Sweep, create_sweep
from tests.factories.cluster import Cluster
from tests.waits import wait_for

MEASURED = ROOT / "benchmarks" / "scale.json"
BASE = TrainConfig(filters=(8,), kernel_size=3, dense_units=(16,), epochs=2, batch_size=128)
TRIALS = 4
Took = dict[str, list[float]]  # by call, and `trained` and `around` by trial: seconds
# Of the simulated laboratory.
NODES, MANY, TRAINED_FOR, SPREAD = 100, 1000, 300.0, 0.3
DATA_ON_100_NODES = 20.0  # s; assumed: 30 MB from node to node, seven times one after another
DRIVE = 0.04  # s of the driver for each of 1,000 trials that take no time: folders, Optuna, tables
NOTICE = 15.0  # s; Ray's own: five health checks, three seconds apart


class _Timed(RayRunner):
    """Keeps how long this process works in each of its calls."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.took: dict[str, list[float]] = defaultdict(list)

    def start(self, run: store.Run) -> None:
        with self._timing("start"):
            super().start(run)

    def _ask(self) -> None:
        with self._timing("look"):
            super()._ask()

    def _collect(self) -> None:
        with self._timing("look"):
            super()._collect()

    def _take_in(self, *arguments: Any) -> None:
        with self._timing("answer"):
            super()._take_in(*arguments)

    def _finish(self, *arguments: Any) -> None:
        with self._timing("collect"):
            super()._finish(*arguments)

    @contextmanager
    def _timing(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.took[name].append(time.perf_counter() - began)


def measure(nodes: int) -> tuple[float, Took]:
    """Seconds from the first trial's start to the last one's end, and what took how long."""
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["FMNIST_RUNS_DIR"] = scratch
        cluster = Cluster()
        try:
            for _ in range(nodes - 1):
                cluster.add_node()
            wait_for(cluster.is_ready, "the cluster", give_up=cluster.why_it_ended)
            axis = Axis("dropout", values=tuple(round(0.1 * n, 1) for n in range(TRIALS)))
            state = create_sweep(Sweep(BASE, (axis,), on=cluster.address))
            runner = _Timed(cluster.address)
            wait_for(lambda: runner.capacity() == nodes, f"{nodes} nodes")
            began = time.perf_counter()
            drive(state.folder, runner)
            seconds = time.perf_counter() - began
            print(f"{nodes} nodes: {seconds:.1f} s", flush=True)
        finally:
            cluster.close()
        runs = store.list_runs()
        if [run.status.status for run in runs] != ["completed"] * TRIALS:
            raise SystemExit(f"not all completed: {[run.status.message for run in runs]}")
        trained = [outputs.read_results(run)["seconds"] for run in runs]
        whole = [(run.status.finished_at or 0) - (run.status.queued_at or 0) for run in runs]
        around = [end - training for end, training in zip(whole, trained, strict=True)]
        return seconds, {**runner.took, "trained": trained, "around": around}


def measure_all(rounds: int) -> None:
    ray_cluster._COLLECT = 0.0  # what is waited for is no work
    found: dict[int, list[tuple[float, Took]]] = {1: [], 2: []}
    for _ in range(rounds):
        for nodes in found:
            found[nodes].append(measure(nodes))
    # Of each the quickest: others use the cores as well.
    (one, first), (two, second) = (min(each, key=lambda each: each[0]) for each in found.values())
    report(f"{TRIALS} trials on one node of one core", one, "s", "reported only")
    report(f"{TRIALS} trials on two such nodes", two, "s", "reported only")
    report("speed-up of the second node", one / two, "×", "1.6")
    report("training alone, one node", statistics.median(first["trained"]), "s", "reported only")
    report("training alone, two nodes", statistics.median(second["trained"]), "s", "reported only")
    send = statistics.median(first["start"][1:] + second["start"][1:])
    collect = statistics.median(first["collect"] + second["collect"])
    *later, first_on_node = sorted(first["around"])
    data = max(first_on_node - statistics.median(later), 0.0)
    overheads = {
        "send": send,
        "start": (one - sum(first["trained"]) - data) / TRIALS - send - collect,
        "data": data,
        "collect": collect,
        "look": sum(first["look"] + second["look"]) / len(first["answer"] + second["answer"]),
    }
    for name, seconds in overheads.items():
        report(f"overhead of a trial: {name}", seconds, "s", "reported only")
    expected = Simulation([statistics.median(first["trained"])] * TRIALS, 2, Overheads(**overheads))
    report("two such nodes, as simulated", expected.run().seconds, "s", "reported only")
    MEASURED.write_text(json.dumps(overheads, indent=1) + "\n", encoding="utf-8")


def simulate(nodes: int, trials: int, losses: int, overheads: Overheads) -> Outcome:
    """Trials of five minutes on average, some shorter and some longer; the same every time."""
    dice = random.Random(0)
    seconds = [TRAINED_FOR * dice.lognormvariate(-(SPREAD**2) / 2, SPREAD) for _ in range(trials)]
    ideal = sum(seconds) / nodes
    lost = {name: dice.uniform(0, ideal) for name in dice.sample(range(nodes), losses)}
    return Simulation(seconds, nodes, overheads, losses=lost).run()


def simulate_all() -> None:
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    assumed = {"data": DATA_ON_100_NODES, "send": measured["send"] + DRIVE, "notice": NOTICE}
    overheads = Overheads(**{**measured, **assumed})
    for nodes, losses in ((1, 0), (10, 0), (20, 0), (50, 0), (NODES, 0), (NODES, 5), (200, 0)):
        found = simulate(nodes, MANY, losses, overheads)
        lost = f", {losses} of them lost" if losses else ""
        print(
            f"{MANY} trials on {nodes:>3} nodes{lost}: {found.seconds / 60:7.1f} min, speed-up "
            f"{found.speed_up():6.1f}, driver busy {100 * found.busy:5.1f} %, lost trainings "
            f"{found.lost}"
        )
        if nodes == NODES:
            report(
                f"simulated: {MANY} trials of 5 min on {nodes} nodes{lost}",
                found.seconds / 60,
                "min",
                "reported only",
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulate", action="store_true", help="compute, measure nothing")
    parser.add_argument("--rounds", type=int, default=2, help="of which the quickest counts")
    options = parser.parse_args()
    if options.simulate:
        simulate_all()
    else:
        measure_all(options.rounds)


if __name__ == "__main__":
    main()
