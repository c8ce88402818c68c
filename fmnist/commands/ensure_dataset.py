"""A dataset is on this computer before a command that needs it makes a run."""

from __future__ import annotations

from typing import TextIO

from fmnist.data import catalogue
from fmnist.data.dataset import STAND_IN, STANDARD, DatasetError, DatasetMissing
from fmnist.data.download import download_dataset
from fmnist.terminal import draw_progress, say

_WITHOUT_DATA = f"To try it on generated look-alikes meanwhile, add --dataset {STAND_IN}."


def ensure_dataset(terminal: TextIO, slug: str = STANDARD) -> None:
    """Have the dataset on this computer, showing how far it is: where it is absent, the standard
    one is downloaded and the stand-in generated.

    Raises:
        DatasetError: there is no such dataset, a file is wrong, or it cannot be had.
    """
    if slug == STAND_IN:
        say(
            "Making the stand-in once: generated look-alikes, so no figure below is about the "
            "real dataset.",
            terminal,
        )
        with draw_progress(terminal) as progress:
            catalogue.make_standin(progress)
    try:
        catalogue.load(slug)
        return
    except DatasetMissing as missing:
        if not missing.can_download:
            raise DatasetError(f"{missing} {_WITHOUT_DATA}") from None
        say(f"Downloading Fashion-MNIST to {missing.folder}", terminal)

    def say_whole_file(name: str, done: int, total: int) -> None:
        if done == total:
            say(f"{name}: {total / 1e6:.1f} MB", terminal)

    try:
        with draw_progress(terminal, in_bytes=True) as progress:
            download_dataset(progress=progress or say_whole_file)
    except DatasetError as error:
        raise DatasetError(f"{error} {_WITHOUT_DATA}") from None
    catalogue.load(slug)
