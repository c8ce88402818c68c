"""A finished sweep's folder as its driver would leave it, without any run."""

import time
from pathlib import Path

from msgspec.structs import asdict

from fmnist import json_files
from fmnist.config import TrainConfig
from fmnist.runs.status import Status
from fmnist.sweeps.results import IMPORTANCE, Trial, write_trials
from fmnist.sweeps.space import parse_range, parse_values
from fmnist.sweeps.sweep import FOLDER, Sweep

SWEEP_ID = "20260106-030405-made"


def write_sweep(runs_dir: Path, sweep_id: str = SWEEP_ID) -> Path:
    """Five trials over two settings, one of them pruned; returns the folder."""
    folder = runs_dir / FOLDER / sweep_id
    folder.mkdir(parents=True)
    axes = (parse_values("filters", "8,16"), parse_range("learning_rate", "1e-4:1e-2:log"))
    sweep = Sweep(TrainConfig(), axes, "tpe", (0, 1), trials=5, prune=True, name="Made sweep")
    json_files.write_json(folder / "sweep.json", sweep.to_json())
    status = Status("completed", queued_at=time.time(), finished_at=time.time())
    json_files.write_json(folder / "status.json", asdict(status))
    rates = ("0.0001", "0.0005", "0.001", "0.005", "0.01")
    write_trials(
        folder,
        [
            Trial(
                number,
                "pruned" if number == 3 else "completed",
                {"filters": ("8", "16")[number % 2], "learning_rate": rate},
                0.8 + 0.02 * number,
                0.01,
                0.79 + 0.02 * number,
                0.01,
                10,
                42.0,
            )
            for number, rate in enumerate(rates)
        ],
    )
    json_files.write_json(folder / IMPORTANCE, {"learning_rate": 0.8, "filters": 0.2})
    return folder
