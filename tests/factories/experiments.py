"""Runs of an experiment as its trainings would leave them, without any."""

from collections.abc import Sequence
from pathlib import Path

from fmnist import json_files
from fmnist.classroom.experiments import EXPERIMENTS
from fmnist.runs import store
from fmnist.runs.store import Run
from tests.factories import runs as run_factory


def write_runs(
    runs_dir: Path, name: str, accuracies: Sequence[float], status: str = "completed"
) -> list[Run]:
    """Those of the first configs of an experiment, one for each accuracy on the made test images.

    The probabilities of runs with the same seed go wrong on the same images first.
    """
    runs = []
    for place, (config, accuracy) in enumerate(
        zip(EXPERIMENTS[name].configs(), accuracies, strict=False)
    ):
        run_dir = run_factory.write_run(
            runs_dir,
            f"20260102-0304{place:02d}-{config.slug}",
            status,
            epochs=config.epochs,
            accuracy=accuracy,
            seed=config.seed,
        )
        json_files.write_json(run_dir / "config.json", config.to_json())
        runs.append(store.read_run(run_dir))
    return runs
