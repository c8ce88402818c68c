"""How accurate our recipes are after a given time of training: means over seeds, on the test set.

`python -m benchmarks.accuracy [ROW …] [--runs-dir DIR]`: each row is a schedule fixed beforehand on
validation data. Its seconds are those of the run: building, compiling, training and validation; not
the import, the loading of the data or the final scoring. Seed 0 of a recipe as it stands becomes
its line in the table of `benchmarks.recipes` too.

The rows named "against …" need no named hardware: seconds of plain Keras with a notebook's recipe,
as the notebook writes it, over the seconds of ours to the accuracy that it published; both on this
machine, one after the other. Where ours has not reached that accuracy, the row says so.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass

from benchmarks import _command, recipes
from benchmarks._table import ROOT, report
from fmnist.evaluation.evaluate import wilson_interval
from fmnist.recipes import find_recipe
from fmnist.runs.outputs import read_results

TEST_IMAGES = 10_000  # of the real dataset, which these figures are about


@dataclass(frozen=True)
class Row:
    """A command's options, and what it should reach."""

    options: tuple[str, ...]
    seeds: int
    accuracy: str  # goal, and the floor in brackets
    seconds: str


ROWS = {
    "quick": Row(("--recipe", "quick"), 5, "0.918", "45 (90)"),
    "minutes": Row(("--recipe", "balanced", "--epochs", "5"), 5, "0.9308", "90 (180)"),
    "balanced": Row(("--recipe", "balanced"), 3, "0.945 (0.940)", "300"),
    "strong": Row(("--recipe", "strong"), 1, "0.952 (0.948)", "900"),
    "best": Row(("--recipe", "best"), 1, "0.957 (0.953)", "3600"),
    "tiny": Row(("--recipe", "tiny"), 1, "0.940 (0.930)", "900"),
}


@dataclass(frozen=True)
class Ratio:
    """A notebook's recipe, the accuracy it published, and our command for the same accuracy."""

    notebook: str
    published: float
    options: tuple[str, ...]
    goal: str


RATIOS = {
    "against conv-64": Ratio("conv-64", 0.918, ("--recipe", "quick"), "20 (10)"),
    "against cnn-50": Ratio("cnn-50", 0.9308, ("--recipe", "balanced"), "reported only"),
}


def train(row: Row, seed: int, runs_dir: str) -> dict[str, float]:
    """`test_accuracy` and `seconds` of one run."""
    run = _command.train((*row.options, "--seed", str(seed)), runs_dir)
    results = read_results(run)
    print(f"seed {seed}: {results['test_accuracy']:.4f}, {results['seconds']:.1f} s", flush=True)
    if seed == 0 and find_recipe(run.config):
        recipes.keep(recipes.read_line(run))
    return results


def train_plain(name: str, *options: str) -> dict[str, float]:
    """`test_accuracy` and `seconds` of `benchmarks.plain_keras`."""
    command = [sys.executable, "-m", "benchmarks.plain_keras", "--recipe", name, *options]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def measure_ratio(name: str, ratio: Ratio) -> None:
    """Ours first, then plain Keras without XLA and as its defaults are, which is slower."""
    with tempfile.TemporaryDirectory() as scratch:
        ours = read_results(_command.train(ratio.options, scratch))
    command = f"fmnist.training.train {' '.join(ratio.options)}"
    reached = "reached" if ours["test_accuracy"] >= ratio.published else "NOT reached"
    report(f"{name}: {command}, test accuracy", ours["test_accuracy"], "", str(ratio.published))
    report(f"{name}: {command}, seconds", ours["seconds"], "s", "reported only")
    for label, options in (("without XLA", ("--no-xla",)), ("as its defaults are", ())):
        plain = train_plain(ratio.notebook, *options)
        about = f"{name}: plain Keras {label}"
        report(f"{about}, test accuracy", plain["test_accuracy"], "", "reported only")
        report(f"{about}, seconds", plain["seconds"], "s", "reported only")
        times = plain["seconds"] / ours["seconds"]
        report(f"{about} over ours ({ratio.published} {reached})", times, "×", ratio.goal)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW")
    parser.add_argument("--runs-dir", help="keep the run folders there")
    options = parser.parse_args()
    names = options.rows
    unknown = sorted(set(names) - {*ROWS, *RATIOS})
    if unknown:
        parser.error(f"no row {', '.join(unknown)}: there are {', '.join([*ROWS, *RATIOS])}")
    for name in names or [*ROWS, *RATIOS]:
        if name in RATIOS:
            measure_ratio(name, RATIOS[name])
            continue
        row = ROWS[name]
        with tempfile.TemporaryDirectory() as scratch:
            runs_dir = options.runs_dir or scratch
            results = [train(row, seed, runs_dir) for seed in range(row.seeds)]
        accuracies = [result["test_accuracy"] for result in results]
        command = f"fmnist.training.train {' '.join(row.options)}, {row.seeds} seeds from 0"
        report(f"{name}: test accuracy, {command}", statistics.mean(accuracies), "", row.accuracy)
        if row.seeds > 1:
            report(f"{name}: standard deviation", statistics.stdev(accuracies), "", "reported only")
        else:
            low, high = wilson_interval(round(accuracies[0] * TEST_IMAGES), TEST_IMAGES)
            report(f"{name}: 95 % interval, from", low, "", "reported only")
            report(f"{name}: 95 % interval, to", high, "", "reported only")
        slowest = max(result["seconds"] for result in results)
        report(f"{name}: seconds of the slowest seed", slowest, "s", row.seconds)


if __name__ == "__main__":
    main()
