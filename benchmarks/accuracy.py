"""How accurate our recipes are after a given time of training: means over seeds, on the test set.

`python -m benchmarks.accuracy [ROW …]`: each row is a schedule fixed beforehand on validation data.
Its seconds are those of the run: building, compiling, training and validation; not the import, the
loading of the data or the final scoring.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from dataclasses import dataclass

from benchmarks import _command
from benchmarks._table import report
from fmnist.evaluate import wilson_interval

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
    "minutes": Row(("--recipe", "balanced", "--epochs", "4"), 5, "0.9308", "90 (180)"),
    "balanced": Row(("--recipe", "balanced"), 3, "0.945 (0.940)", "300"),
    "strong": Row(("--recipe", "strong"), 1, "0.952 (0.948)", "900"),
    "best": Row(("--recipe", "best"), 1, "0.957 (0.953)", "3600"),
    "tiny": Row(("--recipe", "tiny"), 1, "0.940 (0.930)", "900"),
}


def train(options: tuple[str, ...], seed: int) -> dict[str, float]:
    """`test_accuracy` and `seconds` of one run."""
    with tempfile.TemporaryDirectory() as scratch:
        result = _command.train((*options, "--seed", str(seed)), scratch)
    print(f"seed {seed}: {result['test_accuracy']:.4f}, {result['seconds']:.1f} s", flush=True)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW")
    names = parser.parse_args().rows
    unknown = sorted(set(names) - set(ROWS))
    if unknown:
        parser.error(f"no row {', '.join(unknown)}: there are {', '.join(ROWS)}")
    for name in names or ROWS:
        row = ROWS[name]
        results = [train(row.options, seed) for seed in range(row.seeds)]
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
