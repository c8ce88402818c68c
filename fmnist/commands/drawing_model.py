"""Keep a run on the drawings as the model for drawings: `python -m fmnist drawing-model RUN_ID`.

Exit code 0: done. 2: not, with one line on stderr.
"""

from __future__ import annotations

from collections.abc import Sequence

from fmnist.commands.parser import Parser
from fmnist.drawing.keep_drawing_model import keep_drawing_model
from fmnist.engine.client import Engine, EngineError
from fmnist.runs import store
from fmnist.terminal import say


def build_parser() -> Parser:
    parser = Parser(
        prog="python -m fmnist drawing-model",
        description="Make a run trained on drawings the model for drawings.",
    )
    parser.add_argument(
        "runs",
        nargs="+",
        metavar="RUN_ID",
        help="a completed run on the dataset of drawings; of several that differ in their seeds, "
        "the mean of their weights",
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = build_parser()
    options = parser.parse_args(arguments)
    engine = Engine()
    try:
        print(keep_drawing_model([store.load_run(run) for run in options.runs], engine))
    except (EngineError, OSError, ValueError) as error:
        say(f"{parser.prog}: {error}")
        return 2
    finally:
        engine.close()
    return 0
