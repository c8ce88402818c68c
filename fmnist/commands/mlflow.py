"""Send a run to an MLflow server, as each training does where one is named.

    MLFLOW_TRACKING_URI=http://… python -m fmnist mlflow RUN_ID_OR_DIR

Exit code 0: the server has it. 1: it does not, with one line on stderr. 2: bad input.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence

from fmnist.commands.find_run import find_run
from fmnist.commands.parser import Parser
from fmnist.export.tracking import LONGEST, TrackingError, send
from fmnist.terminal import say


def build_parser() -> Parser:
    parser = Parser(
        prog="python -m fmnist mlflow",
        description="Send a run's settings, curves, scores and small files to the MLflow server "
        "that MLFLOW_TRACKING_URI names.",
    )
    parser.add_argument("run", metavar="RUN_ID_OR_DIR", help="a run's id or folder, or `bundled`")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = build_parser()
    options = parser.parse_args(arguments)

    def give_up() -> None:
        say(f"{parser.prog}: MLflow did not answer within {LONGEST:.0f} s.")
        os._exit(1)  # whatever it waits for

    watchdog = threading.Timer(LONGEST, give_up)
    watchdog.daemon = True
    watchdog.start()
    try:
        run = find_run(options.run)
        print(f"MLflow has {run.run_id} as run {send(run)}.")
    except ValueError as error:
        say(f"{parser.prog}: {error}")
        return 2
    except TrackingError as error:
        say(f"{parser.prog}: {error}")
        return 1
    finally:
        watchdog.cancel()
    return 0
