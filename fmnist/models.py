"""From a `TrainConfig` to a plain Keras network, its layer table and its cost.

Keras is imported inside the functions: the command line needs this module before it may load it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from fmnist.config import TrainConfig
from fmnist.feature_maps import IMAGE_SIDE, check_architecture

if TYPE_CHECKING:
    import keras

CLASS_COUNT = 10


def build_model(config: TrainConfig) -> keras.Model:
    """The network of `config`, with fresh weights and not compiled.

    Input (None, 28, 28, 1), raw values 0 to 255, any number type; output float32 (None, 10)
    softmax probabilities. Only layers that ship with Keras, so that the saved model opens anywhere.

    - dense: flatten → (dense, relu → dropout) per entry of `dense_units` → softmax.
    - cnn: (convolution, relu → max pooling → dropout) per entry of `filters` → flatten →
      (dense, relu) per entry of `dense_units` → softmax. The dropout of a cnn stays with its
      convolutions, as in the notebooks.

    Raises:
        ConfigError: the feature map would vanish.
    """
    check_architecture(config)
    from keras import Input, Sequential, layers

    stack: list[keras.Layer] = [
        Input((IMAGE_SIDE, IMAGE_SIDE, 1), name="image"),
        layers.Rescaling(1 / 255, name="rescaling"),
    ]
    dropout_after_dense = 0.0
    if config.architecture == "cnn":
        for number, filters in enumerate(config.filters, start=1):
            stack.append(
                layers.Conv2D(
                    filters,
                    config.kernel_size,
                    strides=config.strides,
                    padding=config.padding,
                    activation="relu",
                    name=f"conv_{number}",
                )
            )
            if config.pool > 1:
                stack.append(layers.MaxPooling2D(config.pool, name=f"pool_{number}"))
            if config.dropout:
                stack.append(layers.Dropout(config.dropout, name=f"dropout_{number}"))
    else:
        dropout_after_dense = config.dropout
    stack.append(layers.Flatten(name="flatten"))
    for number, units in enumerate(config.dense_units, start=1):
        stack.append(layers.Dense(units, activation="relu", name=f"dense_{number}"))
        if dropout_after_dense:
            stack.append(layers.Dropout(dropout_after_dense, name=f"dropout_{number}"))
    stack.append(layers.Dense(CLASS_COUNT, activation="softmax", name="probabilities"))
    return Sequential(stack, name=config.slug.replace("-", "_"))


def describe_model(model: keras.Model) -> list[dict[str, Any]]:
    """The layer table: one dict per layer with `layer`, `kind`, `output_shape`, `parameters`.

    `output_shape` is a list without the batch axis, e.g. [26, 26, 64].
    """
    return [
        {
            "layer": layer.name,
            "kind": type(layer).__name__,
            "output_shape": list(layer.output.shape[1:]),
            "parameters": layer.count_params(),
        }
        for layer in model.layers
    ]


def count_macs(model: keras.Model) -> int:
    """Multiply-accumulate operations of the model's convolutions and dense layers for one image.

    Biases, activations and pooling are left out, as is usual.
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
