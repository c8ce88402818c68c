"""The weights in an HDF5 file: bounded and inside the file, before anything allocates for them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import h5py

from fmnist.imported.archive_check import MAX_WEIGHT_BYTES
from fmnist.imported.config_check import ModelRefused

_MOST_OBJECTS = 20_000  # groups and arrays; a network of 1,000 layers has 5,000
_NOT_WEIGHTS = ("optimizer", "optimizer_weights", "metrics", "seed_generator")


@dataclass(frozen=True)
class Declared:
    """The arrays of numbers that a file says it holds for the network, optimizers left out."""

    numbers: int  # of floating point
    size: int  # bytes of all, optimizers included


@contextlib.contextmanager
def open_weights(path: Path, name: str) -> Iterator[h5py.File]:
    """The HDF5 file at `path`, which is part of what the person calls `name`.

    Raises:
        ModelRefused: it is damaged.
    """
    try:
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, KeyError, RuntimeError, UnicodeDecodeError) as error:
        raise ModelRefused(
            f"{name} is damaged or cut short: its weights cannot be read. Copy or save it again."
        ) from error


def check_weights(file: h5py.File, name: str) -> Declared:
    """Refuse links, data that lies elsewhere, and arrays larger than `MAX_WEIGHT_BYTES` in all.

    Only what the file *says* is read, none of the arrays.

    Raises:
        ModelRefused: with one sentence.
    """
    numbers = size = objects = 0
    waiting: list[tuple[h5py.Group, str]] = [(file, "")]
    seen = {_address(file)}
    while waiting:
        group, place = waiting.pop()
        for key in group:
            objects += 1
            where = f"{place}/{key}"
            link = group.get(key, getlink=True)
            if not isinstance(link, h5py.HardLink):
                raise ModelRefused(f"{name} is refused: {where[:80]} in its weights is a link.")
            item = group[key]
            if _address(item) in seen or objects > _MOST_OBJECTS:
                raise ModelRefused(
                    f"{name} is refused: its weights hold {where[:80]} twice, or more than "
                    f"{_MOST_OBJECTS:,} groups and arrays."
                )
            seen.add(_address(item))
            if isinstance(item, h5py.Group):
                waiting.append((item, where))
            elif isinstance(item, h5py.Dataset):
                bytes_of_it = _require_inside(item, where, name)
                size += bytes_of_it
                if item.dtype.kind == "f" and not any(
                    part in _NOT_WEIGHTS for part in where.split("/")
                ):
                    numbers += item.size
                if size > MAX_WEIGHT_BYTES:
                    raise ModelRefused(
                        f"{name} declares weights of {size / 1e6:,.0f} MB or more; the limit is "
                        f"{MAX_WEIGHT_BYTES / 1e6:,.0f} MB. Import a smaller model."
                    )
    return Declared(numbers, size)


def _require_inside(array: h5py.Dataset, where: str, name: str) -> int:
    """The bytes that an array takes in memory, where all of it lies in this file."""
    if array.is_virtual or array.external:
        raise ModelRefused(
            f"{name} is refused: {where[:80]} in its weights is stored in another file."
        )
    return int(array.size or 0) * array.dtype.itemsize


def _address(item: h5py.Group | h5py.Dataset) -> tuple[int, int]:
    info = h5py.h5o.get_info(item.id)
    return info.fileno, info.addr


def read_texts(file: h5py.File) -> tuple[str | bytes | None, str]:
    """The JSON of the network in an HDF5 file's attributes, None without one, and Keras's version.

    A file of weights alone has none.
    """
    config, version = file.attrs.get("model_config"), file.attrs.get("keras_version", "")
    version = version.decode("utf-8", "replace") if isinstance(version, bytes) else version
    is_text = isinstance(config, str | bytes)
    return config if is_text else None, version[:20] if isinstance(version, str) else ""
