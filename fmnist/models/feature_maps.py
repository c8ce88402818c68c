"""What a network looks like from its `TrainConfig`: plain arithmetic, without Keras.

Apart from `network.py`, so that a page can say what a setting does without coming near TensorFlow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from fmnist.config import ConfigError, TrainConfig

IMAGE_SIDE = 28  # pixels
CLASS_COUNT = 10

Kind = Literal[
    "image", "convolution", "pooling", "residual", "flatten", "average", "max", "dense", "output"
]


class MapTooSmall(ConfigError):
    """A kernel does not fit the map it is to be laid on; with padding 'same' every one does."""


@dataclass(frozen=True)
class Stage:
    """One stop on an image's way through a network: what it has become, and what that took.

    `shape` is (rows, columns, channels) of a map, (units,) of a vector. A normalisation belongs
    to the convolution before it; what leaves the shape as it is otherwise (relu, dropout) to none.
    `macs` are the multiply-accumulate operations of one image, counted as `network.count_macs`
    does.
    """

    kind: Kind
    shape: tuple[int, ...]
    parameters: int = 0
    macs: int = 0


def list_stages(config: TrainConfig) -> list[Stage]:
    """The stages of the network of `config`, from the image to the ten classes.

    Raises:
        MapTooSmall: a kernel is larger than the map it is to be laid on.
    """
    stages = [Stage("image", (IMAGE_SIDE, IMAGE_SIDE, 1))]
    if config.architecture == "cnn":
        for number, filters in enumerate(config.filters, start=1):
            stages += _convolve(stages[-1].shape, config, number, filters)
    shape = stages[-1].shape
    is_flat = config.architecture == "dense" or config.head == "flatten"
    kind: Kind = "flatten" if is_flat else config.head  # type: ignore[assignment]
    stages.append(Stage(kind, (math.prod(shape),) if is_flat else (shape[-1],)))
    for units in config.dense_units:
        stages.append(_connect("dense", stages[-1].shape[0], units))
    stages.append(_connect("output", stages[-1].shape[0], CLASS_COUNT))
    return stages


def count_parameters(stages: list[Stage]) -> int:
    """The numbers that the whole network is made of."""
    return sum(stage.parameters for stage in stages)


def count_macs(stages: list[Stage]) -> int:
    """Multiply-accumulate operations of the whole network for one image."""
    return sum(stage.macs for stage in stages)


def convolved_side(config: TrainConfig, side: int) -> int:
    """Side of a map after a convolution, in pixels."""
    span = side if config.padding == "same" else side - config.kernel_size + 1
    return math.ceil(span / config.strides)


def pooled_side(config: TrainConfig, side: int) -> int:
    """Side of a map after the pooling; one that is smaller than the pool is left as it is."""
    return side // config.pool if side >= config.pool else side


def _convolve(
    before: tuple[int, ...], config: TrainConfig, number: int, filters: int
) -> list[Stage]:
    """A block: the convolution, its pooling where there is one, its residual blocks."""
    side, _, channels = before
    kernel = config.kernel_size
    if config.padding == "valid" and kernel > side:
        raise MapTooSmall(
            f"Convolution {number} has a {kernel}×{kernel} kernel, but the feature map before it "
            f"is only {side}×{side}: use fewer convolutions, a smaller kernel, pool or stride, or "
            "padding 'same'."
        )
    side = convolved_side(config, side)
    # A bias per filter, or a normalisation's four numbers.
    extra = 4 if config.batch_norm else 1
    weights = kernel * kernel * channels * filters
    stages = [
        Stage(
            "convolution",
            (side, side, filters),
            weights + extra * filters,
            side * side * weights,
        )
    ]
    pooled = pooled_side(config, side)
    if pooled != side:
        stages.append(Stage("pooling", (pooled, pooled, filters)))
    weights = kernel * kernel * filters * filters
    stages += config.residual_blocks * [
        Stage(
            "residual",
            (pooled, pooled, filters),
            2 * (weights + extra * filters),
            2 * pooled * pooled * weights,
        )
    ]
    return stages


def _connect(kind: Kind, inputs: int, units: int) -> Stage:
    return Stage(kind, (units,), inputs * units + units, inputs * units)


def check_architecture(config: TrainConfig) -> None:
    """Raise a ConfigError with one sentence when `config` contradicts itself.

    Its network cannot be built, or a setting needs another that is off.
    """
    list_stages(config)
    if config.weight_decay and config.optimizer not in ("adamw", "sgd"):
        raise ConfigError(
            "Weight decay works with AdamW and SGD only: choose one of them, or set the weight "
            "decay to 0."
        )
    is_alone = config.architecture == "cnn" and len(config.filters) == 1
    if config.dropout and config.dropout_after == "inner" and is_alone:
        raise ConfigError(
            "Dropout between convolutions needs at least two of them: add one, or drop after the "
            "last one too."
        )
    if config.augmented_copies and config.augmentation == "none":
        raise ConfigError(
            "Augmented copies need an augmentation: choose one, or set the copies to 0."
        )
