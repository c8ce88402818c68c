"""Where a run's model fails: its worst slices, and its accuracy on spoiled images.

`python -m benchmarks.weak_spots [RUN_ID]`: `bundled` where none is named. Robustness is measured
first where that has not been done; it takes half an hour for the bundled run on two cores.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from benchmarks._table import ROOT, report
from fmnist.analysis.robustness import read_robustness
from fmnist.data import catalogue
from fmnist.data.dataset import Dataset
from fmnist.evaluation.corruptions import CORRUPTIONS
from fmnist.evaluation.evaluate import Evaluation, evaluate
from fmnist.evaluation.slices import compute_slices, describe_worst
from fmnist.runs import analyses, outputs
from fmnist.runs.store import Run, load_run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", nargs="?", default="bundled", metavar="RUN_ID")
    run = load_run(parser.parse_args().run)
    data = catalogue.load(run.config.dataset)
    measure_slices(data, evaluate(data.test_labels, outputs.read_probabilities(run)))
    measure_robustness(run, data)


def measure_slices(data: Dataset, evaluation: Evaluation) -> None:
    found = compute_slices(evaluation, data.test_images)
    for one in found.worst_of_each:
        low, high = (100 * end for end in one.interval)
        print(describe_worst(one, data.class_names))
        print(f"{'':<4}95 % interval {low:.1f} to {high:.1f}, adjusted p {one.adjusted:.2g}")
    report("slices compared", found.tested, "", "none")
    report("slices with more errors than their others", len(found.significant), "", "none")


def measure_robustness(run: Run, data: Dataset) -> None:
    analysis = analyses.find_analysis("robustness", data, run)
    if not analysis.is_done:
        command = [sys.executable, "-m", "fmnist", "analyse", "robustness", run.run_id]
        subprocess.run(command, cwd=ROOT, check=True)
    found = read_robustness(analysis.folder)
    assert found is not None
    for name, corruption in CORRUPTIONS.items():
        for value, accuracy in zip(corruption.values, found.accuracies(name), strict=True):
            figure = f"accuracy, {corruption.name.lower()} {value:g} {corruption.unit}"
            report(figure, 100 * accuracy, "%", "none")
    report("mean accuracy on spoiled images", 100 * found.mean_accuracy, "%", "none")


if __name__ == "__main__":
    main()
