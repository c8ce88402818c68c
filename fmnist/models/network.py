"""From a `TrainConfig` to a plain Keras network, its layer table and its cost.

Keras is imported inside the functions: the command line needs this module before it may load it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from fmnist.config import TrainConfig
from fmnist.models.feature_maps import (
    CLASS_COUNT,
    IMAGE_SIDE,
    check_architecture,
    convolved_side,
    pooled_side,
)

if TYPE_CHECKING:
    import keras

NORM_MOMENTUM = 0.9  # Keras's 0.99 forgets the first steps too slowly for a run of a few epochs
EMA_MOMENTUM = 0.99  # a step; of averaged weights, and so of the statistics that go with them


def build_model(config: TrainConfig) -> keras.Model:
    """The model of `config` as it is saved, with fresh weights and not compiled.

    Input (None, 28, 28, 1), raw values 0 to 255, any number type; output float32 (None, 10)
    softmax probabilities. Only layers that ship with Keras, so that the saved model opens anywhere.
    It is `build_network`'s network, or with `flip_average` and `shift_average` the mean of what
    that predicts for several views of the image; its weights are the network's, in the same order.

    Raises:
        ConfigError: the feature map would vanish.
    """
    network = build_network(config)
    if not config.flip_average and not config.shift_average:
        return network
    from keras import Input, Model, ops

    image = Input((IMAGE_SIDE, IMAGE_SIDE, 1), name="image")
    views = [image]
    if config.shift_average:
        padded = ops.pad(image, ((0, 0), (1, 1), (1, 1), (0, 0)))
        views += [
            padded[:, down : down + IMAGE_SIDE, right : right + IMAGE_SIDE]
            for down, right in ((0, 1), (2, 1), (1, 0), (1, 2))
        ]
    if config.flip_average:
        views += [ops.flip(view, axis=2) for view in views]
    # One batch of all views: one image alone would leave the processor idle most of the time.
    probabilities = network(ops.concatenate(views, axis=0))
    by_view = ops.reshape(probabilities, (len(views), -1, CLASS_COUNT))
    return Model(image, ops.mean(by_view, axis=0), name=f"{network.name}_views")


def build_network(config: TrainConfig, *, fast: bool = False) -> keras.Model:
    """The network of `config`, which sees each image once.

    - dense: flatten → (dense, relu → dropout) per entry of `dense_units` → softmax.
    - cnn: a block per entry of `filters` → `head` → dropout (`head_dropout`) → (dense, relu) per
      entry of `dense_units` → softmax. A block is convolution, relu → max pooling → dropout. The
      `dropout` of a cnn stays with its convolutions, as in the notebooks: with those that
      `dropout_after` says. A map that is smaller than the pool is not pooled.
    - With `batch_norm` a block is convolution → max pooling → normalisation → relu → dropout:
      pooling first leaves a quarter of the numbers to normalise.
    - `residual_blocks` follow each block's relu: x + two convolutions of x, the map's size kept
      (He et al. 2015, https://arxiv.org/abs/1512.03385).

    Args:
        fast: build it from the layers of `fast_layers`, which compute the same sooner in a
            training, but are not Keras's own. The weights are the same, in the same order.

    Raises:
        ConfigError: the feature map would vanish.
    """
    check_architecture(config)
    from keras import Input, Model, layers

    image = Input((IMAGE_SIDE, IMAGE_SIDE, 1), name="image")
    x = layers.Rescaling(1 / 255, name="rescaling")(image)
    dropout_after_dense = 0.0
    if config.architecture == "cnn":
        x = _add_convolutions(x, config, fast)
        x = {
            "flatten": layers.Flatten,
            "average": layers.GlobalAveragePooling2D,
            "max": layers.GlobalMaxPooling2D,
        }[config.head](name=config.head)(x)
        if config.head_dropout:
            x = layers.Dropout(config.head_dropout, name="head_dropout")(x)
    else:
        dropout_after_dense = config.dropout
        x = layers.Flatten(name="flatten")(x)
    for number, units in enumerate(config.dense_units, start=1):
        x = layers.Dense(units, activation="relu", name=f"dense_{number}")(x)
        if dropout_after_dense:
            x = layers.Dropout(dropout_after_dense, name=f"dropout_{number}")(x)
    # Whatever the rest computes in, probabilities and the loss are float32.
    x = layers.Dense(CLASS_COUNT, activation="softmax", name="probabilities", dtype="float32")(x)
    return Model(image, x, name=config.slug.replace("-", "_"))


def _add_convolutions(x: Any, config: TrainConfig, fast: bool) -> Any:
    """The blocks of a cnn on top of `x`."""
    from keras import layers

    Normalization = layers.BatchNormalization
    if fast:
        from fmnist.models import fast_layers

        Normalization = fast_layers.FusedBatchNormalization

    def choose_convolution(rows: int) -> type[layers.Conv2D]:
        if fast and fast_layers.Convolution.can_compute(config, rows):
            return fast_layers.Convolution
        return layers.Conv2D

    def normalise(x: Any, name: str) -> Any:
        momentum = EMA_MOMENTUM if config.weight_averaging else NORM_MOMENTUM
        return Normalization(momentum=momentum, name=f"{name}norm")(x)

    count = len(config.filters)
    dropped = {"all": count, "inner": count - 1, "first": 1}[config.dropout_after]
    for number, filters in enumerate(config.filters, start=1):
        common = {
            "padding": config.padding,
            "use_bias": not config.batch_norm,
            "name": f"conv_{number}",
        }
        side = convolved_side(config, x.shape[1])
        is_pooled = pooled_side(config, side) < side
        if fast and is_pooled and fast_layers.PooledConvolution.can_compute(config):
            x = fast_layers.PooledConvolution(
                filters, config.kernel_size, config.strides, pool=config.pool, **common
            )(x)
        else:
            activation = None if config.batch_norm else "relu"
            x = choose_convolution(x.shape[1])(
                filters, config.kernel_size, config.strides, activation=activation, **common
            )(x)
            if is_pooled:
                x = layers.MaxPooling2D(config.pool, name=f"pool_{number}")(x)
        if config.batch_norm:
            x = normalise(x, f"conv_{number}_")
            x = layers.ReLU(name=f"relu_{number}")(x)
        for block in range(1, config.residual_blocks + 1):
            x = _add_residual_block(
                x, config, choose_convolution, normalise, f"residual_{number}_{block}"
            )
        if config.dropout and number <= dropped:
            x = layers.Dropout(config.dropout, name=f"dropout_{number}")(x)
    return x


def _add_residual_block(
    x: Any, config: TrainConfig, choose_convolution: Any, normalise: Any, name: str
) -> Any:
    """x + two convolutions of x, each with its relu."""
    from keras import layers

    inside = x
    for half in "ab":
        inside = choose_convolution(x.shape[1])(
            x.shape[-1],
            config.kernel_size,
            padding="same",
            use_bias=not config.batch_norm,
            name=f"{name}_conv_{half}",
        )(inside)
        if config.batch_norm:
            inside = normalise(inside, f"{name}_{half}_")
        inside = layers.ReLU(name=f"{name}_relu_{half}")(inside)
    return layers.Add(name=f"{name}_add")([x, inside])


def list_fast_layers(model: keras.Model) -> list[str]:
    """The kinds of layers of `fast_layers` in a network, by name; none in a saved one."""
    from fmnist.models import fast_layers

    kinds = {type(layer) for layer in model.layers}
    return sorted(kind.__name__ for kind in kinds if kind.__module__ == fast_layers.__name__)


def count_macs(model: keras.Model) -> int:
    """Multiply-accumulate operations of the model's convolutions and dense layers for one image.

    Biases, activations, normalisation and pooling are left out, as is usual.
    """
    from keras import layers

    macs = 0
    for layer in model.layers:
        if isinstance(layer, layers.Conv2D):
            rows, columns, _ = layer.output.shape[1:]
            macs += rows * columns * math.prod(layer.kernel.shape)
        elif isinstance(layer, layers.Dense):
            macs += math.prod(layer.kernel.shape)
    return macs
