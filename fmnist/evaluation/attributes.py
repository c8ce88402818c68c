"""What can be measured on an image without any model: brightness, area, shape, symmetry, edges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

LIT = 32  # of 255: what is darker counts as background
_NARROW_EDGE = 32  # of 255: a smaller step between neighbours is shading, not an edge


@dataclass(frozen=True)
class Attribute:
    """One number per image. low, high: what an image is called whose number is among the lowest or
    the highest third; unit: what the number is.
    """

    low: str
    high: str
    unit: str
    measure: Callable[[np.ndarray], np.ndarray]


def measure_brightness(images: np.ndarray) -> np.ndarray:
    """Mean value of the lit pixels, 0 to 255; 0 where none is lit. Images are uint8 (N, H, W)."""
    lit = images >= LIT
    return _ratio((images * lit).sum(axis=(1, 2)), lit.sum(axis=(1, 2)))


def measure_area(images: np.ndarray) -> np.ndarray:
    """Fraction of the pixels that are lit, 0 to 1."""
    return (images >= LIT).mean(axis=(1, 2))


def measure_aspect(images: np.ndarray) -> np.ndarray:
    """Width of the box around the lit pixels, divided by its height; 0 where none is lit."""
    lit = images >= LIT
    (top, bottom), (left, right) = (_ends(lit, axis) for axis in (2, 1))
    return _ratio(right - left, bottom - top)


def measure_symmetry(images: np.ndarray) -> np.ndarray:
    """1 less the mean difference between the lit box and its mirror image, as a fraction of its
    mean: 1 for what equals its mirror image, 0 where nothing is lit.
    """
    count, height, width = images.shape
    left, right = _ends(images >= LIT, 1)
    mirrored = (left + right - 1)[:, None] - np.arange(width)  # the column on the other side
    inside = (mirrored >= 0) & (mirrored < width)
    places = np.broadcast_to(np.clip(mirrored, 0, width - 1)[:, None], (count, height, width))
    other = np.take_along_axis(images, places, axis=2) * inside[:, None]
    apart = np.abs(images.astype(np.int16) - other).sum(axis=(1, 2))
    both = images.sum(axis=(1, 2), dtype=np.int64) + other.sum(axis=(1, 2), dtype=np.int64)
    return np.where(right > left, 1 - _ratio(apart, both), 0.0)


def measure_edges(images: np.ndarray) -> np.ndarray:
    """Edges within the item: of its neighbouring lit pixels, the fraction that differ by an eighth
    of the range or more.
    """
    edges, pairs = np.zeros(len(images)), np.zeros(len(images))
    for first, second in (
        (images[:, 1:], images[:, :-1]),
        (images[:, :, 1:], images[:, :, :-1]),
    ):
        both = (first >= LIT) & (second >= LIT)
        step = np.abs(first.astype(np.int16) - second)
        edges += ((step >= _NARROW_EDGE) & both).sum(axis=(1, 2))
        pairs += both.sum(axis=(1, 2))
    return _ratio(edges, pairs)


def _ends(lit: np.ndarray, across: int) -> tuple[np.ndarray, np.ndarray]:
    """The first place with lit pixels and the one after the last, looking across an axis of bool
    (N, H, W); 0 and 0 where none is lit.
    """
    seen = np.asarray(lit.any(axis=across))
    some = seen.any(axis=1)
    first = seen.argmax(axis=1)
    after = seen.shape[1] - seen[:, ::-1].argmax(axis=1)
    return np.where(some, first, 0), np.where(some, after, 0)


def _ratio(value: np.ndarray, by: np.ndarray) -> np.ndarray:
    return np.divide(value, by, out=np.zeros(len(value)), where=by > 0)


ATTRIBUTES: dict[str, Attribute] = {
    "brightness": Attribute("dark", "bright", "mean of the lit pixels", measure_brightness),
    "area": Attribute("small", "large", "fraction of pixels lit", measure_area),
    "aspect": Attribute("narrow", "wide", "width divided by height", measure_aspect),
    "symmetry": Attribute(
        "lopsided", "symmetric", "likeness to its mirror image", measure_symmetry
    ),
    "edges": Attribute("plain", "patterned", "edges within the item", measure_edges),
}


def measure(images: np.ndarray) -> np.ndarray:
    """All attributes of images uint8 (N, H, W), in the order of `ATTRIBUTES`: float64 (N, 5)."""
    return np.stack([each.measure(images) for each in ATTRIBUTES.values()], axis=1)
