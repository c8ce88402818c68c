"""Make look-alikes of Fashion-MNIST where the real dataset cannot be had.

    python -m fmnist standin DIR [--seed N]

makes the four canonical files in DIR: 60,000 + 10,000 generated images. Exit code 0: done. 2: not,
with one line on stderr.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from fmnist.commands.parser import Parser
from fmnist.data import standin
from fmnist.data.dataset import DatasetError
from fmnist.terminal import draw_progress, say

_MAX_SEED = 2**32 - 1


def build_parser() -> Parser:
    parser = Parser(
        prog="python -m fmnist standin",
        description="Make 60,000 + 10,000 look-alikes of Fashion-MNIST, as the four canonical "
        "files. Good for trying the Lab, not for accuracy figures.",
    )
    parser.add_argument(
        "folder", type=Path, metavar="DIR", help="the folder; made if it does not exist"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="default: 0")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = build_parser()
    options = parser.parse_args(arguments)
    if not 0 <= options.seed <= _MAX_SEED:
        parser.error(f"--seed is {options.seed}; expected 0 to {_MAX_SEED}")
    try:
        with draw_progress(sys.stderr) as progress:
            standin.write_standin(options.folder, options.seed, progress)
    except DatasetError as error:
        say(f"{parser.prog}: {error}")
        return 2
    except KeyboardInterrupt:
        say("Interrupted: nothing was made.")
        return 130
    counts = f"{standin.TRAIN_IMAGES:,} + {standin.TEST_IMAGES:,} look-alikes"
    print(f"{counts}, seed {options.seed}: {options.folder}")
    return 0
