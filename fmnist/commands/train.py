"""Train a model and score it: `python -m fmnist train`.

A run folder is made (or given), waits in the queue, and only then is TensorFlow loaded: a queued
run costs next to nothing.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any, TextIO

from fmnist.commands.config_options import add_config_options, add_recipe, read_config
from fmnist.commands.ensure_dataset import ensure_dataset
from fmnist.commands.parser import Parser
from fmnist.config import ConfigError
from fmnist.export import tracking
from fmnist.json_files import read_bytes
from fmnist.models.feature_maps import check_architecture
from fmnist.runs import store
from fmnist.runs.imported_record import MAX_FILE_BYTES
from fmnist.runs.launch import WATCHED_BY
from fmnist.runs.process import choose_runs_dir, record_failure, run_process
from fmnist.runs.queue import begin
from fmnist.training.memory import keep_freed_memory
from fmnist.training.train import train_and_evaluate

# -- options --------------------------------------------------------------------------------------


def build_parser() -> Parser:
    """The command line; one option for each field of `TrainConfig`, with its bounds."""
    parser = Parser(
        prog="python -m fmnist train",
        description="Train a model on Fashion-MNIST, or on another dataset, and score it on the "
        "test set. The last line of the output is JSON.",
    )
    parser.add_argument(
        "run_dir", nargs="?", type=Path, metavar="RUN_DIR", help="a queued run's folder"
    )
    add_recipe(parser)
    parser.add_argument(
        "--start-from",
        type=Path,
        metavar="MODEL.keras",
        default=argparse.SUPPRESS,
        help="start from the weights of a model with the same layers, instead of random ones",
    )
    parser.add_runs_dir(default=argparse.SUPPRESS)
    add_config_options(parser)
    return parser


def read_start(path: Path) -> bytes:
    """The file of a model whose weights a training is to start from.

    Raises:
        ConfigError: it cannot be read, or is too large.
    """
    try:
        return read_bytes(path, MAX_FILE_BYTES)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{path} cannot be read as a model to start from: give a .keras file of at most "
            f"{MAX_FILE_BYTES / 1e6:.0f} MB."
        ) from error


# -- before a training ----------------------------------------------------------------------------


def open_run(run_dir: Path) -> store.Run:
    """The run in a folder that somebody else made, not yet trained.

    Raises:
        ConfigError: it is no run folder, its training has already begun, or another process
            has taken it and waits in the queue.
    """
    run = store.reconcile_run(run_dir.resolve())
    if run.damaged:
        raise ConfigError(f"{run_dir} is not a run that can be trained: {run.damaged}.")
    # Whoever watches this process has let the run begin, and holds its place.
    is_ours = run.status.pid in (None, os.getpid(), os.getppid())
    if run.status.status != "queued" and not (run.is_training and is_ours):
        raise ConfigError(f"{run_dir} is {run.status.status}: only a queued run can be trained.")
    if not is_ours:
        raise ConfigError(
            f"{run_dir} already belongs to process {run.status.pid} on {run.status.host}, which "
            "waits in the queue: let it go on, or stop that run first."
        )
    check_architecture(run.config)
    return run


# -- command line ---------------------------------------------------------------------------------


def train_run(run: store.Run, terminal: TextIO | None) -> dict[str, Any]:
    """Train in this process, and leave the folder with a status that says how it ended.

    Raises:
        ConfigError, DatasetError, TrainingError: see `process.record_failure`.
    """
    with record_failure(run.run_dir):
        begin(run.run_dir)
        results = train_and_evaluate(run.config, run.run_dir, terminal=terminal)
    if results:
        tracking.start_sending(run)
    return results


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = build_parser()
    options = vars(parser.parse_args(arguments))
    run_dir = options["run_dir"]
    if WATCHED_BY in os.environ:  # this process trains, and does nothing else
        keep_freed_memory()

    def open_or_create() -> store.Run:
        if run_dir:
            others = [name.replace("_", "-") for name in options if name != "run_dir"]
            if others:
                parser.error(f"RUN_DIR has its own settings: leave out --{others[0]}")
            return open_run(run_dir)
        config = read_config(options)
        choose_runs_dir(options.get("runs_dir"))
        start = read_start(options["start_from"]) if "start_from" in options else None
        ensure_dataset(sys.stderr, config.dataset)  # better told before a run is made
        return store.create_run(config, start=start)

    return run_process(
        open_or_create,
        train_run,
        is_new=not run_dir,
        failed="The training failed",
        command="train",
    )
