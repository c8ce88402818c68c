"""The receptive field of a layer by arithmetic, from what its inputs see.

After Dumoulin and Visin 2016, https://arxiv.org/abs/1603.07285, and Araujo et al. 2019,
https://distill.pub/2019/computing-receptive-fields.
"""

from __future__ import annotations

import math
from typing import Any

from fmnist.explain.results import ReceptiveField

Axes = tuple[ReceptiveField | None, ReceptiveField | None]  # along rows and along columns

WHOLE_IMAGE: Axes = (None, None)
# Each place of these sees what the same place of their inputs sees.
_PLACE_BY_PLACE = {
    "Activation", "Add", "Average", "BatchNormalization", "Concatenate", "Dropout", "ELU",
    "GaussianNoise", "Identity", "LeakyReLU", "Maximum", "Minimum", "Multiply", "Normalization",
    "PReLU", "ReLU", "Rescaling", "Softmax", "SpatialDropout2D", "Subtract",
}  # fmt: skip


def follow(
    kind: str, layer: Any, inputs: list[ReceptiveField | None], place: tuple[Any, ...]
) -> ReceptiveField | None:
    """What a place of a layer's output sees along one axis; None for the whole image or unknown.

    kind: the name of the layer's class, or "image". inputs: of the layer's inputs along the same
    axis. place: the length of the first input along the axis, and which axis it is (0 rows, 1
    columns).
    """
    if kind == "image":
        return ReceptiveField(1, 1, 0)
    if not inputs or any(each is None for each in inputs):
        return None
    known = [each for each in inputs if each is not None]
    length, axis = place
    if kind in _PLACE_BY_PLACE:
        return _unite(known)
    if kind == "ZeroPadding2D":
        return _slide(known[0], 1, 1, layer.padding[axis][0])
    if kind == "Cropping2D":
        return _slide(known[0], 1, 1, -layer.cropping[axis][0])
    if kind in ("Conv2D", "DepthwiseConv2D", "SeparableConv2D"):
        size = (layer.kernel_size[axis] - 1) * layer.dilation_rate[axis] + 1
        stride = layer.strides[axis]
    elif kind in ("MaxPooling2D", "AveragePooling2D"):
        size, stride = layer.pool_size[axis], layer.strides[axis]
    else:
        return None
    before = 0
    if layer.padding == "same":
        before = max((math.ceil(length / stride) - 1) * stride + size - length, 0) // 2
    return _slide(known[0], size, stride, before)


def _slide(seen: ReceptiveField, size: int, stride: int, before: int) -> ReceptiveField:
    """A window of `size` places, moved by `stride`, with `before` places of padding in front."""
    return ReceptiveField(
        seen.size + (size - 1) * seen.jump, seen.jump * stride, seen.first - before * seen.jump
    )


def _unite(seen: list[ReceptiveField]) -> ReceptiveField | None:
    """All that any of the inputs sees."""
    if len({each.jump for each in seen}) != 1:
        return None
    first = min(each.first for each in seen)
    last = max(each.first + each.size for each in seen)
    return ReceptiveField(last - first, seen[0].jump, first)
