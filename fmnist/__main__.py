"""The Lab's commands: `python -m fmnist COMMAND …`.

A command's module, and TensorFlow where it needs that, is imported only when it is called.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import sys
from collections.abc import Sequence
from typing import NamedTuple

from fmnist.commands.parser import Parser
from fmnist.terminal import say

PROG = "python -m fmnist"


class Command(NamedTuple):
    """What `--help` says of a command."""

    purpose: str
    example: str  # what follows its name


COMMANDS = {
    "train": Command("train a model and score it on the test set", "--recipe quick --epochs 3"),
    "predict": Command("classify pictures, one JSON line per file", "photo.png"),
    "dataset": Command("import, list or delete datasets", "import mine.zip --name Mine"),
    "sweep": Command("try many settings and seeds, and compare", "--grid filters=16,32,64"),
    "standin": Command("generate look-alikes of the dataset", "some/folder"),
    "import-model": Command("import and score a model trained elsewhere", "theirs.keras"),
    "verify": Command("compare a run with its receipt: identical or not", "bundled"),
    "mlflow": Command("send a run to the MLflow server of MLFLOW_TRACKING_URI", "RUN_ID"),
    "model-card": Command("print a run's model card as Markdown", "bundled"),
    "analyse": Command("compute what takes long about a model or dataset", "near-duplicates"),
    "drawings": Command("make the dataset of drawings from the photographs", ""),
    "fine-tune": Command("fine-tune the model for drawings on the corrections", ""),
    "drawing-model": Command("make a run the model for drawings", "RUN_ID"),
}


def build_parser() -> Parser:
    parser = Parser(
        prog=PROG,
        usage=f"{PROG} COMMAND …",
        description="The Fashion-MNIST Lab from the command line.",
        epilog=f"commands:\n{_list_commands()}\n\n{PROG} COMMAND --help lists a command's options.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", metavar="COMMAND", help=argparse.SUPPRESS)
    return parser


def _list_commands() -> str:
    width = max(map(len, COMMANDS))
    lines = []
    for name, command in COMMANDS.items():
        example = f"{PROG} {name} {command.example}".rstrip()
        lines += [f"  {name:{width}}  {command.purpose}", f"  {'':{width}}  {example}"]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    name = build_parser().parse_args(arguments[:1]).command
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, n=1)
        advice = f"did you mean {near[0]}?" if near else f"choose one of {', '.join(COMMANDS)}."
        say(f"{PROG}: there is no command {name!r}: {advice}")
        return 2
    module = importlib.import_module(f"fmnist.commands.{name.replace('-', '_')}")
    return module.main(arguments[1:])


if __name__ == "__main__":
    sys.exit(main())
