"""Layers in words: what each kind does, with the numbers of the one at hand. All plain text."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from fmnist import formats
from fmnist.explain.results import LARGEST_PATCH, SIDE, LayerMaps, LayerOnImage, PatchSearch

_KINDS = {
    "Add": "Addition",
    "Average": "Mean of the views",
    "AveragePooling2D": "Average pooling",
    "BatchNormalization": "Normalisation",
    "Conv2D": "Convolution",
    "Dense": "Dense",
    "DepthwiseConv2D": "Depthwise convolution",
    "GlobalAveragePooling2D": "Mean of each map",
    "GlobalMaxPooling2D": "Largest of each map",
    "MaxPooling2D": "Max pooling",
    "SeparableConv2D": "Separable convolution",
}
_MAIN = {*_KINDS, "Flatten"} - {"BatchNormalization"}


def name_kind(layer: LayerOnImage) -> str:
    """E.g. "Max pooling"; a kind without a name here keeps Keras's."""
    return _KINDS.get(layer.kind, layer.kind)


def is_main_step(layer: LayerOnImage) -> bool:
    """Whether it belongs to the outline of a network; ReLU, scaling and the like do not."""
    return layer.kind in _MAIN


def describe_shape(shape: tuple[int, ...]) -> str:
    """(28, 28, 48) → "28 × 28 × 48"."""
    return " × ".join(formats.count(side) for side in shape)


def describe_layer(layer: LayerOnImage) -> str:
    """One sentence on what it does; nothing for a kind that is not known here."""
    kernel, units = layer.kernel, layer.shape[-1] if layer.shape else 0
    if layer.kind == "Conv2D":
        rows, columns, channels, filters = kernel
        window = f"{rows} × {columns}" + (f" × {channels}" if channels > 1 else "")
        return (
            f"{_number(filters, 'filter')} of {window}: each number is the sum of "
            f"{formats.count(rows * columns * channels)} products."
        )
    if layer.kind == "Dense":
        softmax = " The softmax turns them into probabilities." if _adds_up(layer.maps) else ""
        return (
            f"{_number(units, 'sum')} of {formats.count(kernel[0])} products each: every number "
            f"before it counts.{softmax}"
        )
    if layer.kind in ("MaxPooling2D", "AveragePooling2D"):
        what = "the largest" if layer.kind == "MaxPooling2D" else "the mean"
        return f"Keeps {what} of every {kernel[0]} × {kernel[1]} places of a map."
    return {
        "Add": "Adds the maps from before the last two convolutions to theirs.",
        "Average": "The mean of what the network says of each view of the image.",
        "BatchNormalization": "Brings the numbers of each map to a common mean and spread.",
        "Flatten": f"Writes all {formats.count(math.prod(layer.shape))} numbers in one row.",
        "GlobalAveragePooling2D": "Keeps one number of each map: its mean.",
        "GlobalMaxPooling2D": "Keeps one number of each map: its largest.",
        "ReLU": "Turns what is below zero into 0.",
        "Rescaling": "Brings the pixels to a smaller range.",
        "Softmax": "Turns ten scores into probabilities, which add up to 1.",
    }.get(layer.kind, "")


def describe_cost(layer: LayerOnImage) -> str:
    """Its parameters, multiply-adds and what a place sees, of those that there are."""
    parts = []
    if layer.parameters:
        parts.append(_number(layer.parameters, "parameter"))
    if layer.macs:
        parts.append(_number(layer.macs, "multiply-add"))
    if layer.field and layer.field.size > 1:
        size = layer.field.size
        whole = " (all of the image, and padding)" if size >= 2 * SIDE else ""
        parts.append(f"a place sees {size} × {size} pixels{whole}")
    return " · ".join(parts)


def find_strongest(values: np.ndarray) -> tuple[int, int]:
    """Row and column of the largest of (H, W)."""
    row, column = np.unravel_index(np.argmax(values), values.shape)
    return int(row), int(column)


def label_maps(found: LayerMaps) -> list[str]:
    """A sentence for each map."""
    return [
        f"Filter {number}: from {one.min():.2f} to {one.max():.2f}"
        for number, one in enumerate(found.maps)
    ]


def describe_place(
    layer: LayerOnImage, found: LayerMaps, number: int, row: int, column: int
) -> str:
    """A place of a filter's map: its value, and the pixels that it depends on."""
    said = f"Row {row}, column {column} of filter {number} is {found.maps[number, row, column]:.3f}"
    if layer.field is None:
        return f"{said}."
    top, bottom = layer.field.window(row)
    left, right = layer.field.window(column)
    if (top, bottom, left, right) == (0, SIDE, 0, SIDE):
        return f"{said}. It depends on all of the image."
    return (
        f"{said}. It depends on rows {top} to {bottom - 1} and columns {left} to {right - 1} of "
        "the image."
    )


def describe_patch(search: PatchSearch, target: int, names: Sequence[str]) -> str:
    """What the smallest square does to the answer."""
    best = int(np.argmax(search.before))
    if search.patch is None:
        return (
            f"No square up to {LARGEST_PATCH} × {LARGEST_PATCH}, be it black, grey or white, turns "
            f"{names[best]} into {names[target]}: {formats.count(search.tried)} were tried."
        )
    size, grey = search.patch.size, search.patch.grey
    colour = {0: "black", 255: "white"}.get(grey, f"grey ({grey})")
    before = formats.percent(search.before[best])
    after = formats.percent(search.patch.probabilities[target])
    return (
        f"{size} × {size} {colour} pixels turn {names[best]} ({before}) into {names[target]} "
        f"({after})."
    )


def _adds_up(values: np.ndarray) -> bool:
    """Whether these are ten probabilities."""
    return values.shape == (10,) and bool(values.min() >= 0 and abs(values.sum() - 1) < 1e-3)


def _number(count: int, what: str) -> str:
    return f"{formats.count(count)} {what}{'' if count == 1 else 's'}"
