"""Compare a run with its receipt: is it still what was trained, and can it be had again?

    python -m fmnist verify RUN_ID_OR_DIR [--retrain]

Exit code 0: identical, or within tolerance. 1: different. 2: no answer (no receipt, no dataset,
bad arguments), with one line on stderr.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from fmnist.commands.find_run import find_run
from fmnist.commands.parser import Parser
from fmnist.runs.process import TrainingError
from fmnist.terminal import say
from fmnist.training.verify import verify


@contextlib.contextmanager
def _without_logs() -> Iterator[TextIO]:
    """Standard error goes nowhere meanwhile: TensorFlow says much on it before it can be told not
    to. Yields the terminal itself.
    """
    sys.stderr.flush()
    terminal = os.fdopen(os.dup(2), "w", encoding="utf-8", errors="replace")
    with terminal, Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
        try:
            yield terminal
        finally:
            os.dup2(terminal.fileno(), 2)


def build_parser() -> Parser:
    parser = Parser(
        prog="python -m fmnist verify",
        description="Compare a run with its receipt, and its saved probabilities with what the "
        "saved model says now.",
    )
    parser.add_argument("run", metavar="RUN_ID_OR_DIR", help="a run's id or folder, or `bundled`")
    parser.add_argument(
        "--retrain",
        action="store_true",
        help="train the same settings again, into a temporary folder, and compare with that",
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = build_parser()
    options = parser.parse_args(arguments)
    try:
        run = find_run(options.run)
        if run.is_live:
            raise ValueError(f"{run.run_id} is still {run.status.status}: wait for its end.")
        with _without_logs() as terminal:
            verdict = verify(run, retrain=options.retrain, terminal=terminal)
    except (ValueError, TrainingError) as error:
        say(f"{parser.prog}: {error}")
        return 2
    except OSError as error:
        say(f"{parser.prog}: a file cannot be read or written: {error}")
        return 2
    print(f"{run.run_id}: {verdict.outcome}. {verdict.sentence}")
    return 0 if verdict.is_good else 1
