"""NumPy's arrays become images and labels: .npy files, and those that .npz archives are made of."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from tokenize import TokenError  # of a header with many brackets, from Python 3.12 on
from typing import BinaryIO

import numpy as np

from fmnist.data.idx import MAX_IMAGES, SIDE, DatasetError
from fmnist.data.import_csv_files import TellRead
from fmnist.data.import_names import spell_plainly
from fmnist.data.import_parts import Part, Scale
from fmnist.data.import_roles import IMAGES, LABELS, Item, Pair
from fmnist.data.import_source import MAX_BYTES, Member

_PIXELS = SIDE * SIDE
_SHAPES = ((_PIXELS,), (SIDE, SIDE), (SIDE, SIDE, 1), (1, SIDE, SIDE))  # of one image
_ROWS = 4096  # images converted at once
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def find_arrays(members: Sequence[Member]) -> list[Item]:
    """The arrays among the members that hold images or labels, by their shapes.

    Raises DatasetError for one that is damaged, holds Python's objects, or has another shape.
    """
    items = []
    for member in members:
        if spell_plainly(member.name).endswith(".npy"):
            with member.unpacked() as stream:
                shape, _, _ = _read_header(stream, member)
            items.append(
                Item(member, IMAGES if len(shape) > 1 and shape[1:] in _SHAPES else LABELS, shape)
            )
    return items


def read_arrays(pairs: Sequence[Pair], tell: TellRead) -> list[Part]:
    """The images and labels of arrays. Raises DatasetError, naming the file."""
    parts = []
    for pair in pairs:
        images, labels = (_read_array(m, tell(m.name)) for m in pair.members)
        scale = Scale()
        pixels = images.reshape(len(images), _PIXELS)
        blocks = [
            scale.take(pixels[start : start + _ROWS], _describe(pair.images.member, images))
            for start in range(0, len(pixels), _ROWS)
        ]
        whole = scale.join(blocks).reshape(-1, SIDE, SIDE) if blocks else images
        parts.append(
            Part(pair.names, pair.split, whole, _to_labels(labels, pair.members[-1]), scale.found)
        )
    return parts


def _describe(member: Member, images: np.ndarray) -> Callable[[], str]:
    return lambda: (
        f"{member.where} has pixels from {images.min():g} to {images.max():g}; expected whole "
        "numbers from 0 to 255, or 0 to 1."
    )


def _read_header(stream: BinaryIO, member: Member) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, whether it is in Fortran's order, and type of an array of images or labels."""
    try:
        shape, is_fortran, dtype = _HEADERS[np.lib.format.read_magic(stream)](stream)
    except (ValueError, KeyError, TokenError) as error:
        raise DatasetError(f"{member.where} is not a NumPy array that can be read.") from error
    if dtype.hasobject or dtype.kind not in "biufUS":
        raise DatasetError(
            f"{member.where} holds {'Python objects' if dtype.hasobject else dtype}, not numbers: "
            "save it as an array of numbers."
        )
    count = shape[0] if shape else 0
    if not (shape[1:] in _SHAPES or shape[1:] in ((), (1,), (10,))) or not shape:
        raise DatasetError(
            f"{member.where} is an array of the shape {shape}; expected images (N, {SIDE}, {SIDE}) "
            "or labels (N,)."
        )
    if count > MAX_IMAGES or math.prod(shape) * dtype.itemsize > MAX_BYTES:
        raise DatasetError(
            f"{member.where} says that it has {count:,} entries; at most {MAX_IMAGES:,} can be "
            "used."
        )
    return shape, is_fortran, dtype


def _read_array(member: Member, tell_read: Callable[[int], None]) -> np.ndarray:
    with member.unpacked(tell_read) as stream:
        shape, is_fortran, dtype = _read_header(stream, member)
        content = stream.read(math.prod(shape) * dtype.itemsize)
    if len(content) < math.prod(shape) * dtype.itemsize:
        raise DatasetError(f"{member.where} is cut short: expected the shape {shape}.")
    array = np.frombuffer(content, dtype)
    return array.reshape(shape, order="F" if is_fortran else "C")


def _to_labels(values: np.ndarray, member: Member) -> np.ndarray | list[str]:
    """Labels as uint8 (N,), those of one column for each class included; words as a list."""
    if values.dtype.kind in "US":
        return [str(word) for word in values.reshape(-1).astype(str)]
    if values.shape[1:] == (10,):
        if (values.sum(axis=1) != 1).any() or (values.max(axis=1) != 1).any():
            raise DatasetError(
                f"{member.where} has ten columns that do not have a single 1 in each row."
            )
        return values.argmax(axis=1).astype(np.uint8)
    values = values.reshape(-1)
    is_wrong = ~((values >= 0) & (values <= 9) & (values == np.rint(values)))
    if is_wrong.any():
        first = int(np.argmax(is_wrong))
        raise DatasetError(
            f"{member.where} has the label {values[first]:g} (number {first + 1:,}); expected "
            "labels 0 to 9."
        )
    return values.astype(np.uint8)
