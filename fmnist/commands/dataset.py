"""Imports, lists and deletes datasets: `python -m fmnist dataset`.

    python -m fmnist dataset import PATH… [--name NAME] [--classes A,B,…]
    python -m fmnist dataset list
    python -m fmnist dataset delete SLUG [--yes]

Exit code 0: done. 2: not, with one line on stderr.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from fmnist.commands.parser import Parser
from fmnist.data import catalogue
from fmnist.data.dataset import DatasetError
from fmnist.data.import_names import CLASSES_FILE
from fmnist.data.import_process import import_dataset
from fmnist.plain_text import clean
from fmnist.terminal import draw_progress, say


def build_parser() -> Parser:
    parser = Parser(
        prog="python -m fmnist dataset",
        description="The datasets that the Lab can train on.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="import | list | delete")
    importing = actions.add_parser(
        "import",
        help="add a dataset of your own: ten classes, 28×28 grey pixels",
        description="Add a dataset: the four IDX files, CSV files (a label and 784 pixels in each "
        "row), NumPy arrays, or PNG or JPEG images in a folder for each class; compressed or not, "
        "in a zip or a tar. Names of files, folders and columns say what they are. The last line "
        "of the output is its short name.",
    )
    importing.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="a folder, a zip, or the files"
    )
    importing.add_argument("--name", help="the name shown (default: made from the file's name)")
    importing.add_argument(
        "--classes",
        metavar="A,B,…",
        help=f"ten class names in the order of the labels (default: those in {CLASSES_FILE} "
        "beside the files, of the class folders or of the labels; else the garments for "
        "Fashion-MNIST, and 0 to 9)",
    )
    actions.add_parser("list", help="list all datasets: short name, name, folder")
    deleting = actions.add_parser(
        "delete",
        help="delete a dataset that you imported",
        description="Delete a dataset that you imported. Runs that were trained on it stay, with "
        "their scores.",
    )
    deleting.add_argument("slug", metavar="SLUG", help="its short name, as `list` shows it")
    deleting.add_argument("--yes", action="store_true", help="delete it without asking")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = build_parser()
    options = parser.parse_args(arguments)
    if options.action == "list":
        for entry in catalogue.list_datasets():
            where = entry.folder or "FMNIST_DATA_DIR, the cache or ~/.keras"
            print(f"{entry.slug}\t{clean(entry.name)}\t{where}")
        return 0
    if options.action == "delete":
        return _delete(parser.prog, options.slug, options.yes)
    classes = None if options.classes is None else options.classes.split(",")
    try:
        with draw_progress(sys.stderr) as progress:
            entry, notes = import_dataset(options.paths, options.name, classes, progress)
    except DatasetError as error:
        say(f"{parser.prog}: {error}")
        return 2
    except KeyboardInterrupt:
        say("Interrupted: nothing was imported.")
        return 130
    for note in notes:
        say(note)
    say(f"{entry.name}: fingerprint {entry.fingerprint}, in {entry.folder}")
    print(entry.slug)
    return 0


def _delete(prog: str, slug: str, is_sure: bool) -> int:
    """Delete a dataset, after a question where `is_sure` is False; the exit code."""
    if not is_sure:
        if not sys.stdin.isatty():
            say(f"{prog}: no terminal to ask in: add --yes to delete {slug}")
            return 2
        if input(f"Permanently delete the dataset {slug}? [y/N] ").strip().lower() not in (
            "y",
            "yes",
        ):
            say("Nothing was deleted.")
            return 2
    try:
        catalogue.delete_dataset(slug)
    except DatasetError as error:
        say(f"{prog}: {error}")
        return 2
    say(f"{slug} was deleted.")
    return 0
