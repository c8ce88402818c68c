"""Fine-tune the model for drawings on what people corrected.

    python -m fmnist fine-tune [--dataset SLUG] [--runs-dir DIR]
    python -m fmnist fine-tune RUN_DIR

Exit code 0: done. 1: it could not be done. 2: bad input. One line on stderr says why.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from fmnist.commands.ensure_dataset import ensure_dataset
from fmnist.commands.parser import Parser
from fmnist.config import ConfigError
from fmnist.data.dataset import STANDARD
from fmnist.drawing.corrections import CorrectionError
from fmnist.drawing.fine_tune import fine_tune
from fmnist.drawing.fine_tuning_runs import create_fine_tuning
from fmnist.runs import store
from fmnist.runs.process import choose_runs_dir, run_process


def open_run(run_dir: Path) -> store.Run:
    """The run in a folder that the app made for a fine-tuning.

    Raises:
        ConfigError: it is no such folder, it is done, or another process has taken it.
    """
    run = store.reconcile_run(run_dir.resolve())
    if run.damaged or run.fine_tuned is None:
        reason = run.damaged or "it has no taught.json"
        raise ConfigError(f"{run_dir} is not the folder of a fine-tuning run: {reason}.")
    if not run.is_live or run.status.pid not in (None, os.getpid()):
        raise ConfigError(f"{run_dir} was started already: start a new one instead.")
    return run


def build_parser() -> Parser:
    parser = Parser(
        prog="python -m fmnist fine-tune",
        description="Fine-tune the model for drawings on the corrections saved on the "
        "Draw page. The last line of the output is JSON.",
    )
    parser.add_argument(
        "run_dir", nargs="?", type=Path, metavar="RUN_DIR", help="a folder that the app made"
    )
    parser.add_argument(
        "--dataset",
        metavar="SLUG",
        help=f"whose photographs it rehearses and is scored on (default: {STANDARD})",
    )
    parser.add_runs_dir()
    return parser


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = build_parser()
    options = parser.parse_args(arguments)

    def open_or_create() -> store.Run:
        if options.run_dir:
            if options.dataset or options.runs_dir:
                parser.error("RUN_DIR has its own settings: leave out the others")
            return open_run(options.run_dir)
        choose_runs_dir(options.runs_dir)
        slug = options.dataset or STANDARD
        ensure_dataset(sys.stderr, slug)
        try:
            return create_fine_tuning(slug)
        except CorrectionError as error:
            raise ConfigError(str(error)) from error

    return run_process(
        open_or_create,
        lambda run, _: fine_tune(run),
        is_new=not options.run_dir,
        command="fine-tune",
    )
