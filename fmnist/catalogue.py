"""Which datasets there are: the standard one, then those a person has imported.

An imported dataset is a folder of `datasets_dir()` with the four canonical files and a
`dataset.json`. It is a person's data, so it lies beside the runs and not in the cache.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fmnist.config import DATASET_SLUG
from fmnist.dataset import (
    CLASS_NAMES,
    STANDARD,
    Dataset,
    DatasetError,
    check_class_names,
    compute_fingerprint,
    load_dataset,
    load_folder,
    require_plain,
    write_folder,
)

INFO_FILE = "dataset.json"
RESERVED_SLUGS = (STANDARD, "stand-in")  # of datasets that are not imported


@dataclass(frozen=True)
class Entry:
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


def datasets_dir() -> Path:
    """The folder of imported datasets: `FMNIST_DATASETS_DIR`, or `datasets` beside the app."""
    return Path(os.environ.get("FMNIST_DATASETS_DIR") or Path(__file__).parent.parent / "datasets")


def list_datasets() -> list[Entry]:
    """The standard dataset, whether it is here or not, then the sound imported ones by name."""
    imported = []
    with contextlib.suppress(OSError):
        for folder in datasets_dir().iterdir():
            with contextlib.suppress(DatasetError):
                imported.append(_read_entry(folder))
    standard = Entry(STANDARD, "Fashion-MNIST", CLASS_NAMES)
    return [standard, *sorted(imported, key=lambda entry: entry.name.casefold())]


def find_dataset(slug: str) -> Entry:
    """The dataset with this short name.

    Raises DatasetError when there is none, or its `dataset.json` is damaged.
    """
    for entry in list_datasets():
        if entry.slug == slug:
            return entry
    if not DATASET_SLUG.fullmatch(slug) or not (datasets_dir() / slug).is_dir():
        raise DatasetError(
            f"There is no dataset {slug[:60]!r} in {datasets_dir()}; there are "
            f"{', '.join(entry.slug for entry in list_datasets())}."
        )
    return _read_entry(datasets_dir() / slug)


def load(slug: str = STANDARD) -> Dataset:
    """Load a dataset by its short name.

    Raises DatasetMissing when the standard one's files are not there, and DatasetError when there
    is no such dataset, a file is wrong, or the files are not those that were imported.
    """
    entry = find_dataset(slug)
    if entry.folder is None:
        return load_dataset()
    arrays, fingerprint = load_folder(entry.folder)
    if fingerprint != entry.fingerprint:
        raise DatasetError(
            f"The files in {entry.folder} are not those that were imported: their fingerprint is "
            f"{fingerprint}, expected {entry.fingerprint}. Delete the folder and import again."
        )
    return Dataset(
        entry.name, fingerprint, entry.folder, **arrays, class_names=entry.class_names, slug=slug
    )


def find_by_fingerprint(fingerprint: str, preferred: Sequence[str] = ()) -> str | None:
    """The short name of the dataset with these bytes; of several, the first of `preferred`."""
    for entry in sorted(
        list_datasets(), key=lambda entry: [entry.slug != slug for slug in preferred]
    ):
        with contextlib.suppress(DatasetError):
            if (entry.fingerprint or load(entry.slug).fingerprint) == fingerprint:
                return entry.slug
    return None


def check_name(name: str) -> str:
    """A dataset's name without spaces around it.

    Raises DatasetError when it is empty, too long, has signs of another kind, or is taken.
    """
    name = " ".join(name.split())
    require_plain("The dataset's name", name)
    if name.casefold() in (entry.name.casefold() for entry in list_datasets()):
        raise DatasetError(f"There is already a dataset called {name!r}: choose another name.")
    return name


def add_dataset(
    name: str,
    class_names: Sequence[str],
    arrays: Sequence[np.ndarray],
    source: dict[str, Any],
) -> Entry:
    """Keep a dataset as a folder of `datasets_dir()`, which appears in one move.

    arrays: train_images, train_labels, test_images, test_labels, as in `Dataset`. source: where
    it came from, plain JSON values.

    Raises DatasetError when a name is not as it should be, or the folder cannot be written.
    """
    name, class_names = check_name(name), check_class_names(list(class_names))
    fingerprint = compute_fingerprint(*arrays)
    info = {
        "name": name,
        "class_names": class_names,
        "fingerprint": fingerprint,
        "train_images": len(arrays[0]),
        "test_images": len(arrays[2]),
        "source": source,
    }
    parent = datasets_dir()
    try:
        parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".new-", dir=parent))
        try:
            write_folder(draft, arrays)
            text = json.dumps(info, indent=1, ensure_ascii=False)
            (draft / INFO_FILE).write_text(text, encoding="utf-8")
            draft.chmod(0o755)
            folder = draft.rename(parent / _free_slug(name))
        finally:
            shutil.rmtree(draft, ignore_errors=True)  # nothing is left of it when it was moved
    except OSError as error:
        raise DatasetError(
            f"The datasets folder {parent} cannot be written ({error.strerror or error}). Free "
            "some space, allow writing there, or name another folder in FMNIST_DATASETS_DIR."
        ) from error
    return Entry(folder.name, name, class_names, folder, fingerprint)


def delete_dataset(slug: str) -> None:
    """Remove the folder of an imported dataset, damaged or not. Runs that saw the data stay.

    Raises DatasetError when no imported dataset has this short name, or its folder cannot be
    removed.
    """
    folder = datasets_dir() / slug if DATASET_SLUG.fullmatch(slug) else None
    if folder is None or slug in RESERVED_SLUGS or not folder.is_dir():
        raise DatasetError(
            f"There is no imported dataset {slug[:60]!r} in {datasets_dir()}: only those can be "
            "deleted."
        )
    try:
        doomed = Path(tempfile.mkdtemp(prefix=".deleted-", dir=folder.parent))
        folder.rename(doomed / slug)  # at once gone from every list, even if removal takes a while
        shutil.rmtree(doomed)
    except OSError as error:
        raise DatasetError(
            f"{error.filename or folder} cannot be deleted ({error.strerror or error}). Allow "
            "writing there, or delete it by hand."
        ) from error


def _free_slug(name: str) -> str:
    """The name in small letters, digits and hyphens; with a number where that is taken."""
    stem = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:34].strip("-") or "dataset"
    taken = {*RESERVED_SLUGS, *(path.name for path in datasets_dir().iterdir())}
    numbered = (stem if number == 1 else f"{stem}-{number}" for number in range(1, len(taken) + 2))
    return next(slug for slug in numbered if slug not in taken)


def _read_entry(folder: Path) -> Entry:
    if not DATASET_SLUG.fullmatch(folder.name) or folder.name in RESERVED_SLUGS:
        raise DatasetError(f"{folder.name[:60]!r} is no short name of a dataset.")
    path = folder / INFO_FILE
    try:
        info = json.loads(path.read_text(encoding="utf-8"))
        name, fingerprint = info["name"], info["fingerprint"]
        if not isinstance(name, str) or not isinstance(fingerprint, str):
            raise TypeError("name and fingerprint are texts")
        require_plain("its name", name)
        class_names = check_class_names(info["class_names"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DatasetError(
            f"{path} is damaged ({error}). Delete the folder and import the dataset again."
        ) from error
    return Entry(folder.name, name, class_names, folder, fingerprint)
