"""A dataset: its four files, its arrays, its splits, its fingerprint; where Fashion-MNIST lies.

Xiao, Rasul and Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning
Algorithms", 2017, https://arxiv.org/abs/1708.07747. The file format is that of MNIST (IDX).
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs

from fmnist.data.idx import DatasetError, read_idx, write_idx
from fmnist.files import drafting_folder, move

CLASS_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)

# File name -> MD5 as published in the dataset's README.
FILES = {
    "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
    "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
    "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
}

# What `compute_fingerprint` gives for the published files.
FINGERPRINT = "ca3ab2a37f845e1b"

STANDARD = "fashion-mnist"  # the slug of the dataset that the Lab is about
STAND_IN = "stand-in"  # the slug of the look-alikes that are generated where that cannot be had
_ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")  # in the order of FILES


Progress = Callable[[str, int, int], None]  # what is being read, how much of how much


class DatasetMissing(DatasetError):
    """One or more of the four files are not there.

    `folder` is where they are to be put; `can_download` says whether `download_dataset` would
    help (it would not when FMNIST_DATA_DIR names the folder).
    """

    def __init__(self, message: str, folder: Path, can_download: bool):
        super().__init__(message)
        self.folder = folder
        self.can_download = can_download


@dataclass(frozen=True, eq=False)
class Dataset:
    """The four arrays, read-only, in the files' order.

    Images are uint8 (N, 28, 28), 0 black to 255 white; labels uint8 (N,), 0 to 9.
    `name` is as shown; that of the standard dataset is "fashion-mnist" when the bytes are the
    published ones, else "custom". `class_names` are ten, in the order of the labels. `slug` is the
    short name in an address and in a `TrainConfig`.
    """

    name: str
    fingerprint: str
    folder: Path
    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    class_names: tuple[str, ...] = CLASS_NAMES
    slug: str = STANDARD

    def split(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """(images, labels) of "train" or "test"."""
        if name == "train":
            return self.train_images, self.train_labels
        if name == "test":
            return self.test_images, self.test_labels
        raise ValueError(f"split is {name!r}; expected 'train' or 'test'")


def cache_dir() -> Path:
    """FMNIST_CACHE_DIR, or the platform's cache folder; holds only what can be had again."""
    chosen = os.environ.get("FMNIST_CACHE_DIR")
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("fmnist-lab"))


def load_dataset(folder: Path | None = None) -> Dataset:
    """Load the standard dataset from `folder`, or from the first place with all four files.

    The places: FMNIST_DATA_DIR (if set, no other), `<cache>/fashion-mnist`,
    `~/.keras/datasets/fashion-mnist`. Nothing is downloaded. The decompressed arrays are kept in
    the cache and memory-mapped from then on.

    Raises DatasetMissing when files are not there, DatasetError when a file is wrong.
    """
    folder = find_folder() if folder is None else _require(Path(folder), "The folder")
    arrays, fingerprint = load_folder(folder)
    name = STANDARD if fingerprint == FINGERPRINT else "custom"
    return Dataset(name, fingerprint, folder, **arrays)


def find_folder() -> Path:
    """Where the standard dataset lies: the first of `load_dataset`'s places with all four files.

    Raises DatasetMissing when there is none.
    """
    chosen = os.environ.get("FMNIST_DATA_DIR")
    if chosen:
        return _require(Path(chosen), "FMNIST_DATA_DIR names")
    downloads = cache_dir() / "fashion-mnist"
    places = (downloads, Path.home() / ".keras" / "datasets" / "fashion-mnist")
    for place in places:
        if not missing_files(place):
            return place
    raise DatasetMissing(
        f"Fashion-MNIST was not found in {' or '.join(str(place) for place in places)}. "
        f"Put these four files into {downloads}: {', '.join(FILES)}. "
        "Or set FMNIST_DATA_DIR to a folder that has them.",
        folder=downloads,
        can_download=True,
    )


def missing_files(folder: Path) -> list[str]:
    """Those of the four files that are not in `folder`, compressed or not."""
    return [name for name in FILES if _find_file(folder, name) is None]


def find_file(folder: Path, name: str) -> Path:
    """Where one of the four files lies in `folder`: as published, or unpacked.

    The published name where there is neither.
    """
    return _find_file(folder, name) or folder / name


def _find_file(folder: Path, name: str) -> Path | None:
    plain = name.removesuffix(".gz")
    spellings = (name, plain, plain.replace("-idx", ".idx"))  # the last one is Kaggle's
    places = (folder / spelt for spelt in spellings)
    return next((place for place in places if place.is_file()), None)


def _require(folder: Path, subject: str) -> Path:
    missing = missing_files(folder)
    if not missing:
        return folder
    lack = f"which lacks {', '.join(missing)}" if folder.is_dir() else "which is not a folder"
    raise DatasetMissing(
        f"{subject} {folder}, {lack}. Put these four files into it: {', '.join(FILES)}; unpacked "
        "ones work too.",
        folder=folder,
        can_download=False,
    )


def load_folder(folder: Path) -> tuple[dict[str, Any], str]:
    """The arrays of the four files in `folder`, by `Dataset`'s names, and their fingerprint.

    Raises DatasetError when a file is wrong.
    """
    try:
        return _load_cached(folder)
    except FileNotFoundError as error:
        raise DatasetError(f"{error.filename} is missing: put it back, or import again.") from None


def _load_cached(folder: Path) -> tuple[dict[str, np.ndarray], str]:
    cached = cache_dir() / "arrays" / _arrays_key(folder)
    try:
        arrays, fingerprint = _read_cached(cached)
    except (OSError, ValueError, EOFError):  # not cached yet, or damaged
        arrays = read_folder(folder)
        fingerprint = compute_fingerprint(*arrays.values())
        try:
            _write_cache(cached, arrays, fingerprint)
            arrays, fingerprint = _read_cached(cached)
        except OSError:
            # A cache that cannot be written costs time on the next start, nothing else.
            for array in arrays.values():
                array.flags.writeable = False
    return arrays, fingerprint


def _arrays_key(folder: Path) -> str:
    identity = [str(folder.resolve())]
    for name in FILES:
        stat = find_file(folder, name).stat()
        identity.append(f"{name} {stat.st_size} {stat.st_mtime_ns}")
    return hashlib.sha256("\n".join(identity).encode()).hexdigest()[:16]


def _read_cached(cached: Path) -> tuple[dict[str, np.ndarray], str]:
    fingerprint = (cached / "fingerprint.txt").read_text(encoding="ascii")
    # np.asarray drops the memmap subclass, whose every slice costs Python time.
    arrays = {
        name: np.asarray(np.load(cached / f"{name}.npy", mmap_mode="r", allow_pickle=False))
        for name in _ARRAYS
    }
    return arrays, fingerprint


def _is_readable(cached: Path) -> bool:
    try:
        _read_cached(cached)
    except (OSError, ValueError, EOFError):
        return False
    return True


def _write_cache(cached: Path, arrays: dict[str, np.ndarray], fingerprint: str) -> None:
    """Write the arrays as one folder that appears under its final name only when complete."""
    cached.parent.mkdir(parents=True, exist_ok=True)
    with drafting_folder(cached.parent, f"{cached.name}-") as draft:
        for name, array in arrays.items():
            np.save(draft / f"{name}.npy", array)
        (draft / "fingerprint.txt").write_text(fingerprint, encoding="ascii")
        if cached.exists() and not _is_readable(cached):
            shutil.rmtree(cached)
        if not cached.exists():  # else another process was first, with the same bytes
            move(draft, cached)


def read_folder(folder: Path) -> dict[str, np.ndarray]:
    """The arrays of the four files in `folder`, by `Dataset`'s names, read from the files.

    Raises DatasetError when a file is wrong, FileNotFoundError when one is not there.
    """
    paths = [find_file(folder, name) for name in FILES]
    for path in paths:
        _refuse_swapped(path)
    arrays = [_read_file(path) for path in paths]
    require_same_count(paths[0], len(arrays[0]), paths[1].name, len(arrays[1]))
    require_same_count(paths[2], len(arrays[2]), paths[3].name, len(arrays[3]))
    return dict(zip(_ARRAYS, arrays, strict=True))


def write_folder(folder: Path, arrays: Sequence[np.ndarray]) -> None:
    """Write the four canonical files of train_images, train_labels, test_images, test_labels.

    The same arrays give the same bytes: there is no time and no name in the gzip headers.
    """
    for name, array in zip(FILES, arrays, strict=True):
        with (folder / name).open("wb") as raw:
            write_idx(raw, array)


def _refuse_swapped(path: Path) -> None:
    digest = compute_md5(path)
    for name, md5 in FILES.items():
        if digest == md5 and name != path.name:
            raise DatasetError(f"{path} has the content of {name}: give each file its own name.")


def compute_md5(path: Path) -> str:
    """A file's MD5, in hex digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _read_file(path: Path) -> np.ndarray:
    try:
        with path.open("rb") as raw:
            return read_idx(raw, path, path.stat().st_size, is_images="images" in path.name)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror or error}.") from error


def require_same_count(images_name: object, images: int, labels_name: str, labels: int) -> None:
    """Raise a DatasetError unless there are as many labels as images, and at least one."""
    if images != labels:
        raise DatasetError(
            f"{images_name} has {images:,} images and {labels_name} has {labels:,} labels; "
            "expected as many labels as images. Were train and t10k files swapped?"
        )
    if not images:
        raise DatasetError(f"{images_name} has no images; expected at least one.")


def compute_fingerprint(*arrays: np.ndarray) -> str:
    """First 16 hex digits of the SHA-256 over the arrays' bytes, in the order given."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:16]
