"""Print a run's model card, or bundle the run with its card.

    python -m fmnist model-card RUN_ID_OR_DIR [--bundle]

Exit code 0: done. 2: not, with one line on stderr.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

from fmnist.commands.find_run import find_run
from fmnist.commands.parser import Parser
from fmnist.data import catalogue
from fmnist.evaluation.model_card import compute_model_card
from fmnist.evaluation.model_card_text import format_model_card, write_model_card
from fmnist.runs import outputs
from fmnist.runs.bundle import bundle_run
from fmnist.runs.store import Run
from fmnist.terminal import say


def find_scored_run(run: str) -> Run:
    """The run with this id, or in this folder.

    Raises ValueError with one sentence when there is none that is sound.
    """
    found = find_run(run)
    if found.damaged:
        raise ValueError(f"{run} has no model card: {found.damaged}.")
    if not found.has_scores:
        raise ValueError(
            f"{run} is {found.status.status} and has no scores, so it has no model card."
        )
    return found


def build_parser() -> Parser:
    parser = Parser(
        prog="python -m fmnist model-card",
        description="Print a run's model card as Markdown.",
    )
    parser.add_argument("run", metavar="RUN_ID_OR_DIR", help="a run's id or folder, or `bundled`")
    parser.add_argument(
        "--bundle",
        action="store_true",
        help="copy the run, with its card, to the folder that comes with the package instead",
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = build_parser()
    options = parser.parse_args(arguments)
    try:
        run = find_scored_run(options.run)
        data = catalogue.load(run.config.dataset)
        fingerprint = outputs.read_environment(run).get("dataset_fingerprint")
        if fingerprint != data.fingerprint:
            raise ValueError(
                f"{options.run} was scored on other data (fingerprint {fingerprint}) than "
                f"{data.folder} holds ({data.fingerprint}): set FMNIST_DATA_DIR to its folder."
            )
        if options.bundle:
            print(bundle_run(run, functools.partial(write_model_card, labels=data.test_labels)))
        else:
            print(format_model_card(compute_model_card(run, data.test_labels)), end="")
    except ValueError as error:
        say(f"{parser.prog}: {error}")
        return 2
    except OSError as error:
        say(f"{parser.prog}: a file cannot be read or written: {error}")
        return 2
    return 0
