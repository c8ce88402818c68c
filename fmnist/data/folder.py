"""The folder of an imported or generated dataset: written as a draft, moved when complete, read.

It has the four canonical files and a `dataset.json`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from fmnist.data.dataset import (
    CLASS_NAMES,
    FINGERPRINT,
    STAND_IN,
    STANDARD,
    DatasetError,
    compute_fingerprint,
    write_folder,
)
from fmnist.data.names import check_class_names, require_plain
from fmnist.json_files import read_record

INFO_FILE = "dataset.json"
RESERVED_SLUGS = (STANDARD, STAND_IN)  # of datasets that are not imported


@dataclass(frozen=True)
class DatasetInfo:
    """A dataset that can be chosen. `folder` and `fingerprint` of the standard one are found when
    it is loaded: None and "" here.
    """

    slug: str
    name: str  # as shown
    class_names: tuple[str, ...]
    folder: Path | None = None
    fingerprint: str = ""

    @property
    def is_imported(self) -> bool:
        """Whether it is a person's own data, theirs to delete."""
        return self.slug not in RESERVED_SLUGS


class _Info(msgspec.Struct, frozen=True):
    """What is needed of `dataset.json`."""

    name: str
    class_names: list[str]
    fingerprint: str


def write_dataset(
    folder: Path,
    name: str,
    class_names: Sequence[str],
    arrays: Sequence[np.ndarray],
    source: dict[str, Any],
) -> None:
    """Write all files of a dataset. The classes of the published Fashion-MNIST get their own names,
    whatever is given.

    arrays: train_images, train_labels, test_images, test_labels, as in `Dataset`. source: where
    it came from, plain JSON values.

    Raises DatasetError when a class name is not as it should be, OSError when the folder cannot be
    written.
    """
    class_names, fingerprint = check_class_names(list(class_names)), compute_fingerprint(*arrays)
    if fingerprint == FINGERPRINT:
        class_names = CLASS_NAMES
    write_folder(folder, arrays)
    write_info(folder, name, class_names, fingerprint, arrays, source)


def write_info(
    folder: Path,
    name: str,
    class_names: Sequence[str],
    fingerprint: str,
    arrays: Sequence[np.ndarray],
    source: dict[str, Any],
) -> None:
    """Write the `dataset.json` of a dataset whose files lie in `folder` already."""
    info = {
        "name": name,
        "class_names": class_names,
        "fingerprint": fingerprint,
        "train_images": len(arrays[0]),
        "test_images": len(arrays[2]),
        "source": source,
    }
    text = json.dumps(info, indent=1, ensure_ascii=False)
    (folder / INFO_FILE).write_text(text, encoding="utf-8")


def read_info(folder: Path) -> DatasetInfo:
    """The dataset in a folder, by its `dataset.json`.

    Raises DatasetError when that is damaged.
    """
    path = folder / INFO_FILE
    try:
        info = read_record(path, _Info)
        require_plain("its name", info.name)
        class_names = check_class_names(info.class_names)
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"{path} is damaged ({error}). Delete the folder and import the dataset again."
        ) from error
    return DatasetInfo(folder.name, info.name, class_names, folder, info.fingerprint)
