"""Make drawings from the photographs, as a dataset: `python -m fmnist drawings`.

Exit code 0: done. 2: not, with one line on stderr.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from fmnist.commands.parser import Parser
from fmnist.data import catalogue
from fmnist.data.dataset import CLASS_NAMES, DatasetError, load_dataset
from fmnist.drawing.synthetic import NAME, TEST_SEED, TRAIN_SEED, make_drawings
from fmnist.terminal import draw_progress, say


def build_parser() -> Parser:
    return Parser(
        prog="python -m fmnist drawings",
        description="Make drawings from the photographs, as a dataset: about six minutes. The last "
        "line is its short name.",
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = build_parser()
    parser.parse_args(arguments)
    try:
        catalogue.check_name(NAME)
        data = load_dataset()
        with draw_progress(sys.stderr) as progress:
            arrays = (
                make_drawings(data.train_images, data.train_labels, TRAIN_SEED, progress=progress),
                data.train_labels,
                make_drawings(
                    data.test_images, data.test_labels, TEST_SEED, nonsense=0, progress=progress
                ),
                data.test_labels,
            )
        source = {"photographs": data.fingerprint, "made_by": parser.prog}
        print(catalogue.add_dataset(NAME, CLASS_NAMES, arrays, source).slug)
    except DatasetError as error:
        say(f"{parser.prog}: {error}")
        return 2
    except KeyboardInterrupt:
        say("Interrupted: nothing was made.")
        return 130
    return 0
