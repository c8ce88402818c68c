"""Make a run of a model that was trained elsewhere.

    python -m fmnist import-model FILE [--name NAME] [--inputs auto|raw|unit|…]
                                  [--outputs auto|probabilities|logits]
                                  [--dataset SLUG] [--runs-dir DIR]
    python -m fmnist import-model RUN_DIR

Exit code 0: done. 1: it could not be done, or was stopped. 2: bad input, or the model is refused.
One line on stderr says why.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any, TextIO

from fmnist.commands.ensure_dataset import ensure_dataset
from fmnist.commands.parser import Parser
from fmnist.config import ConfigError
from fmnist.data.dataset import STANDARD
from fmnist.imported.archive_check import check_file
from fmnist.imported.check import check_and_score
from fmnist.runs import store
from fmnist.runs.imported_record import INPUTS, OUTPUTS, ImportedModel
from fmnist.runs.process import choose_runs_dir, run_process
from fmnist.terminal import say


def open_run(run_dir: Path) -> store.Run:
    """The run in a folder that the app made for an imported model.

    Raises:
        ConfigError: it is no such folder, it is done, or another process has taken it.
    """
    run = store.reconcile_run(run_dir.resolve())
    if run.damaged or run.imported_model is None:
        reason = run.damaged or "it has no own_model.json"
        raise ConfigError(f"{run_dir} is not the folder of an imported model: {reason}.")
    if not run.is_live:
        raise ConfigError(f"{run_dir} is {run.status.status}: import the file again instead.")
    if run.status.pid not in (None, os.getpid()):
        raise ConfigError(f"{run_dir} is being checked by process {run.status.pid} already.")
    return run


def build_parser() -> Parser:
    parser = Parser(
        prog="python -m fmnist import-model",
        description="Import a model trained elsewhere: check it, detect its input and output "
        "format, score it on the test set. The last line of the output is JSON.",
    )
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="a .keras or .h5 file, or a run folder that the app made",
    )
    parser.add_argument("--name", metavar="NAME", help="the name shown (default: the file's name)")
    meanings = "; ".join(f"{name}: {meaning}" for name, meaning in INPUTS.items())
    parser.add_argument(
        "--inputs", choices=INPUTS, help=f"the pixel values it expects ({meanings})"
    )
    parser.add_argument("--outputs", choices=OUTPUTS, help="the format of its ten outputs")
    parser.add_argument(
        "--dataset",
        default=STANDARD,
        metavar="SLUG",
        help="what it is scored on (default: %(default)s)",
    )
    parser.add_runs_dir()
    return parser


def _create_run(options: argparse.Namespace) -> store.Run:
    """A run of the file that the command line names."""
    path: Path = options.file
    if not path.is_file():
        raise ConfigError(f"There is no file {path}.")
    check_file(path, path.name)
    ensure_dataset(sys.stderr, options.dataset)
    choose_runs_dir(options.runs_dir)
    imported_model = ImportedModel(path.name, options.inputs or "auto", options.outputs or "auto")
    name = path.stem[:60] if options.name is None else options.name
    return store.create_import_run(name, imported_model, path.read_bytes(), options.dataset)


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = build_parser()
    options = parser.parse_args(arguments)
    is_new = not options.file.is_dir()

    def open_or_create() -> store.Run:
        if is_new:
            return _create_run(options)
        defaults = vars(parser.parse_args(["FILE"])) | {"file": options.file}
        others = [name for name, value in vars(options).items() if value != defaults[name]]
        if others:
            parser.error(f"RUN_DIR has its own settings: leave out --{others[0].replace('_', '-')}")
        return open_run(options.file)

    def work(run: store.Run, terminal: TextIO | None) -> dict[str, Any]:
        results = check_and_score(run)
        if terminal and (found := store.read_run(run.run_dir).imported_model):
            say(f"Detected: {found.summary}", terminal)
            if not found.fits_well:
                say(found.warning, terminal)
        return results

    return run_process(open_or_create, work, is_new=is_new)
