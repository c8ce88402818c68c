"""Whether a network can be built at all: plain arithmetic over a `TrainConfig`, without Keras.

Apart from `network.py`, so that the page can ask before a start without coming near TensorFlow.
"""

from __future__ import annotations

import math

from fmnist.config import ConfigError, TrainConfig

IMAGE_SIDE = 28  # pixels


def feature_map_sizes(config: TrainConfig) -> list[int]:
    """Side (pixels) of the square feature map after each convolution, pooling included.

    Empty for a dense network. Plain arithmetic, so that a page can ask before anything is built.

    Raises:
        ConfigError: a kernel or a pool is larger than the map it is to be laid on.
    """
    if config.architecture == "dense":
        return []
    sizes = []
    side = IMAGE_SIDE
    for number, _ in enumerate(config.filters, start=1):
        if config.padding == "valid" and config.kernel_size > side:
            raise ConfigError(
                f"Convolution {number} has a {config.kernel_size}×{config.kernel_size} kernel, but "
                f"the feature map before it is only {side}×{side}: use fewer convolutions, a "
                "smaller kernel, pool or stride, or padding 'same'."
            )
        span = side if config.padding == "same" else side - config.kernel_size + 1
        side = math.ceil(span / config.strides)
        if config.pool > side:
            raise ConfigError(
                f"The {config.pool}×{config.pool} pooling after convolution {number} is larger "
                f"than the feature map of {side}×{side}: use fewer convolutions, a smaller pool "
                "or stride, or padding 'same'."
            )
        side //= config.pool
        sizes.append(side)
    return sizes


def check_architecture(config: TrainConfig) -> None:
    """Raise a ConfigError with one sentence when `config` contradicts itself.

    Its network cannot be built, or a setting needs another that is off.
    """
    feature_map_sizes(config)
    if config.weight_decay and config.optimizer not in ("adamw", "sgd"):
        raise ConfigError(
            f"Weight decay is for adamw and sgd: with {config.optimizer} set it to 0, or choose "
            "adamw."
        )
    is_alone = config.architecture == "cnn" and len(config.filters) == 1
    if config.dropout and config.dropout_after == "inner" and is_alone:
        raise ConfigError(
            "Dropout between convolutions needs two of them at least: add one, or drop after the "
            "last one too."
        )
    if config.augmented_copies and config.augmentation == "none":
        raise ConfigError(
            "Augmented copies need an augmentation: choose one, or set the copies to 0."
        )
