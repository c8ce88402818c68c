"""How accurate our recipes are after a given time of training: means over seeds, on the test set.

`python -m benchmarks.accuracy [ROW …] [--runs-dir DIR]`: each row is a schedule fixed beforehand on
validation data. Its seconds are those of the run: building, compiling, training and validation; not
the import, the loading of the data or the final scoring. Seed 0 of a recipe as it stands becomes
its line in the table of `benchmarks.recipes` too.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from dataclasses import dataclass

from benchmarks import _command, recipes
from benchmarks._table import report
from fmnist.evaluate import wilson_interval
from fmnist.recipes import find_recipe
from fmnist.run_files import read_results

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


def train(row: Row, seed: int, runs_dir: str) -> dict[str, float]:
    """`test_accuracy` and `seconds` of one run."""
    run = _command.train((*row.options, "--seed", str(seed)), runs_dir)
    results = read_results(run)
    print(f"seed {seed}: {results['test_accuracy']:.4f}, {results['seconds']:.1f} s", flush=True)
    if seed == 0 and find_recipe(run.config):
        recipes.keep(recipes.read_line(run))
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW")
    parser.add_argument("--runs-dir", help="keep the run folders there")
    options = parser.parse_args()
    names = options.rows
    unknown = sorted(set(names) - set(ROWS))
    if unknown:
        parser.error(f"no row {', '.join(unknown)}: there are {', '.join(ROWS)}")
    for name in names or ROWS:
        row = ROWS[name]
        with tempfile.TemporaryDirectory() as scratch:
            runs_dir = options.runs_dir or scratch
            results = [train(row, seed, runs_dir) for seed in range(row.seeds)]
        accuracies = [result["test_accuracy"] for result in results]
        command = f"fmnist.train {' '.join(row.options)}, {row.seeds} seeds from 0"
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
