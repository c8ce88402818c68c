"""Compute in the foreground what a page would have computed in the background.

    python -m fmnist analyse WHAT [RUN_ID] [--data SLUG] [--runs-dir DIR]
    python -m fmnist analyse FOLDER

Exit code 0: done. 1: it could not be done. 2: bad input. One line on stderr says why.
"""

from __future__ import annotations

import importlib
import os
import time
from pathlib import Path

from fmnist.analysis import ANALYSES, NEEDS_RUN
from fmnist.analysis.job import Job, Stopped
from fmnist.commands.parser import Parser
from fmnist.config import ConfigError
from fmnist.data import catalogue
from fmnist.data.dataset import DatasetError
from fmnist.runs import analyses, store
from fmnist.runs.analyses import Analysis
from fmnist.runs.launch import WATCHED_BY
from fmnist.runs.process import (
    TrainingError,
    choose_runs_dir,
    lower_priority,
    record_failure,
)
from fmnist.terminal import say


def build_parser() -> Parser:
    parser = Parser(
        prog="python -m fmnist analyse",
        description="Compute what takes long about a run's model or about a dataset: "
        + "; ".join(f"{name}: {purpose}" for name, purpose in ANALYSES.items())
        + ".",
    )
    parser.add_argument(
        "what", metavar="WHAT", help=f"one of {', '.join(ANALYSES)}; or a folder that the app made"
    )
    parser.add_argument("run", nargs="?", default="", metavar="RUN_ID", help="a run, or `bundled`")
    parser.add_argument("--data", metavar="SLUG", help="the dataset (default: the run's)")
    parser.add_runs_dir()
    return parser


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = build_parser()
    options = parser.parse_args(arguments)
    is_background = os.environ.pop(WATCHED_BY, "") != ""
    choose_runs_dir(options.runs_dir)
    try:
        if options.what in ANALYSES:
            analysis = _create(options.what, options.run, options.data)
        else:
            analysis = _open(Path(options.what))
        if is_background:
            lower_priority()
        _work(analysis)
    except (ConfigError, DatasetError, store.RunsFolderError, store.RunNotFound) as error:
        say(f"{parser.prog}: {error}")
        return 2
    except TrainingError as error:
        say(f"{parser.prog}: {error}")
        return 1
    else:
        print(analysis.folder)
    return 0


def _create(what: str, run_id: str, slug: str | None) -> Analysis:
    if what in NEEDS_RUN and not run_id:
        raise ConfigError(f"{what} is about a run's model: name the run, or `bundled`.")
    if run_id and what not in NEEDS_RUN:
        raise ConfigError(f"{what} is about a dataset: leave out the run, name it with --data.")
    run = store.load_run(run_id) if run_id else None
    data = catalogue.load(slug or (run.config.dataset if run else catalogue.STANDARD))
    analysis = analyses.find_analysis(what, data, run)
    if not analyses.create(analysis):
        raise ConfigError(f"{what} is being computed already.")
    return analysis


def _open(folder: Path) -> Analysis:
    try:
        request = analyses.read_request(folder)
        if request.what not in ANALYSES:
            raise ValueError(f"it asks for {request.what!r}")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(
            f"{folder} is none of {', '.join(ANALYSES)}, nor the folder of one ({reason})."
        ) from error
    return Analysis(request, folder.resolve())


def _work(analysis: Analysis) -> None:
    request, folder = analysis.request, analysis.folder
    with record_failure(folder):
        store.claim_run(folder, status="running", started_at=time.time(), message="starting")
        run = store.load_run(request.run) if request.run else None
        job = Job(folder, catalogue.load(request.dataset), run)
        module = importlib.import_module(f"fmnist.analysis.{request.what.replace('-', '_')}")
        ended = "completed"
        try:
            module.compute(job)
        except Stopped:
            ended = "stopped"
        store.write_status(folder, status=ended, finished_at=time.time(), message="")
