"""What people corrected: a drawing or a picture, what the model predicted, and what it really is.

They lie in `corrections.jsonl` in the runs folder, a correction a line, oldest first. A drawing is
kept as its strokes, so that it can be opened again and is prepared anew whenever the preparation
changes; a picture as the 28 × 28 pixels that the model saw. A line that cannot be read is left
where it is, and costs no other.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fmnist.data.idx import SIDE
from fmnist.drawing.strokes import MAX_LINK, Drawing, DrawingError, from_link, render, to_link
from fmnist.json_files import parse_json
from fmnist.json_lines import JsonLines
from fmnist.runs.store import runs_dir

MAX_CORRECTIONS = 1000
MAX_FILE_BYTES = 8_000_000  # the largest 1,000 corrections have 7 MB
CANVAS_PAPER = 0  # the grey level that drawings are drawn on

_FIELDS = {"label", "answered", "made_at", "drawing", "pixels"}
_LATEST = 1e11  # Unix seconds; more is no time


class CorrectionError(ValueError):
    """What was given is no correction, or cannot be kept; the message says why in one sentence."""


@dataclass(frozen=True)
class Correction:
    """One corrected prediction. Either `drawing` or `pixels` is empty."""

    label: int  # what it is, 0 to 9
    predicted: int  # what the model predicted, 0 to 9
    made_at: float  # Unix seconds
    drawing: Drawing = ()
    pixels: bytes = b""  # of a picture: 28 × 28 grey levels, as the model saw them

    @property
    def key(self) -> str:
        """Names what is shown: the same drawing, corrected twice, is one correction."""
        return hashlib.sha256(to_link(self.drawing).encode() + self.pixels).hexdigest()[:16]

    @property
    def image(self) -> np.ndarray:
        """What the model sees of it, uint8 (28, 28)."""
        if self.drawing:
            # Only now: it brings SciPy, and the first page of a server asks for the corrections.
            from fmnist.drawing.preprocess import sketch_to_image

            return sketch_to_image(render(self.drawing), CANVAS_PAPER).image
        return np.frombuffer(self.pixels, np.uint8).reshape(SIDE, SIDE)


@dataclass(frozen=True)
class CorrectionsFile:
    """What the file holds: corrections, oldest first, and how many lines cannot be read."""

    corrections: tuple[Correction, ...] = ()
    unreadable: int = 0


def correct(
    label: int, predicted: int, drawing: Drawing = (), image: np.ndarray | None = None
) -> Correction:
    """A correction made now, of a drawing or else of a picture's image, uint8 (28, 28).

    Raises CorrectionError when a label is not 0 to 9, or nothing is shown.
    """
    pixels = b"" if drawing or image is None else image.tobytes()
    return _check(Correction(label, predicted, round(time.time(), 3), drawing, pixels))


# -- the file -------------------------------------------------------------------------------------


def corrections_file() -> Path:
    return runs_dir() / "corrections.jsonl"


def read_corrections() -> CorrectionsFile:
    """Everything kept; nothing where there is no file.

    Raises CorrectionError when the file is there and cannot be read at all.
    """
    path = corrections_file()
    try:
        stat = path.stat()
    except OSError:
        return _read_cached(path, 0, 0)
    return _read_cached(path, stat.st_mtime_ns, stat.st_size)


@functools.lru_cache(maxsize=8)
def _read_cached(path: Path, _written_at: int, _size: int) -> CorrectionsFile:
    """Looked into only when it is new: a page asks at every click."""
    corrections, unreadable = _LINES.read(path)
    return CorrectionsFile(tuple(corrections.values()), len(unreadable))


def add(*new: Correction) -> None:
    """Keep corrections; one about the same drawing or picture takes the earlier one's place.

    Raises CorrectionError beyond MAX_CORRECTIONS, and when the file cannot be read or written.
    """

    def change(kept: dict[str, Correction]) -> None:
        for correction in new:
            kept.pop(correction.key, None)
            kept[correction.key] = correction
        if len(kept) > MAX_CORRECTIONS:
            raise CorrectionError(
                f"That would make {len(kept):,} corrections; at most {MAX_CORRECTIONS:,} are "
                "kept. Remove some first."
            )

    _LINES.change(corrections_file(), change)


def remove(key: str) -> None:
    """Forget one correction; nothing happens where it is gone already.

    Raises CorrectionError when the file cannot be read or written.
    """
    _LINES.change(corrections_file(), lambda kept: kept.pop(key, None))


def clear() -> None:
    """Forget them all, and what could not be read.

    Raises CorrectionError when the file cannot be removed.
    """
    try:
        corrections_file().unlink(missing_ok=True)
    except OSError as error:
        raise _LINES.cannot(corrections_file(), "removed", error) from error


# -- JSON -----------------------------------------------------------------------------------------


def to_json(corrections: Iterable[Correction]) -> bytes:
    """A file to take elsewhere, which `from_json` reads."""
    values = [_to_values(correction) for correction in corrections]
    return json.dumps({"corrections": values}, indent=1).encode("ascii")


def from_json(data: bytes) -> tuple[Correction, ...]:
    """The corrections in a file that `to_json` wrote.

    Raises CorrectionError for any other file: all of it is taken, or nothing.
    """
    if len(data) > MAX_FILE_BYTES:
        raise CorrectionError(
            f"The file has {len(data) / 1e6:.1f} MB; corrections have at most "
            f"{MAX_FILE_BYTES / 1e6:.0f} MB. Choose a file that was exported on this page."
        )
    try:
        content = parse_json(data)
    except ValueError:
        content = None
    match content:
        case {"corrections": [*values]} if len(values) <= MAX_CORRECTIONS:
            pass
        case {"corrections": [*values]}:
            raise CorrectionError(
                f"The file has {len(values):,} corrections; at most {MAX_CORRECTIONS:,} are kept."
            )
        case _:
            raise CorrectionError(
                "The file holds no corrections: choose one that was exported on this page."
            )
    corrections = []
    for number, value in enumerate(values, start=1):
        try:
            corrections.append(_from_values(value))
        except ValueError as error:
            raise CorrectionError(
                f"Correction {number} of the file cannot be used: {error} Nothing was taken."
            ) from None
    return tuple(corrections)


def _to_values(correction: Correction) -> dict[str, Any]:
    return {
        "label": correction.label,
        "answered": correction.predicted,
        "made_at": correction.made_at,
        "drawing": to_link(correction.drawing) if correction.drawing else "",
        "pixels": base64.b64encode(correction.pixels).decode("ascii"),
    }


def _from_values(values: Any) -> Correction:
    if not isinstance(values, dict) or values.keys() != _FIELDS:
        raise CorrectionError(f"expected an object with {', '.join(sorted(_FIELDS))}.")
    link, pixels, made_at = values["drawing"], values["pixels"], values["made_at"]
    if not isinstance(link, str) or not isinstance(pixels, str) or len(link + pixels) > MAX_LINK:
        raise CorrectionError("its drawing and its pixels are no short texts.")
    if type(made_at) not in (int, float) or not 0 <= made_at < _LATEST:
        raise CorrectionError("its made_at is no time in seconds.")
    try:
        drawing, content = from_link(link) if link else (), base64.b64decode(pixels, validate=True)
    except DrawingError as error:
        raise CorrectionError(str(error)) from None
    except ValueError:
        raise CorrectionError("its pixels are not written in base64.") from None
    return _check(Correction(values["label"], values["answered"], float(made_at), drawing, content))


def _check(correction: Correction) -> Correction:
    for name, label in (("label", correction.label), ("answered", correction.predicted)):
        if type(label) is not int or not 0 <= label <= 9:
            raise CorrectionError(f"its {name} is {str(label)[:20]!r}, not a class from 0 to 9.")
    if correction.drawing:
        is_sound = not (correction.pixels or all(stroke.erases for stroke in correction.drawing))
    else:
        is_sound = len(correction.pixels) == SIDE * SIDE and any(correction.pixels)
    if not is_sound:
        raise CorrectionError(
            f"it shows nothing: expected the strokes of a drawing, or {SIDE} × {SIDE} pixels."
        )
    return correction


_LINES = JsonLines("corrections", 2 * MAX_FILE_BYTES, _from_values, _to_values, CorrectionError)
