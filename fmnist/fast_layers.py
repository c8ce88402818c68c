"""Layers that compute what Keras's own do, sooner: for the network in training, never for a file.

What they learn goes into Keras's own layers before a model is saved or scored.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from keras import layers

from fmnist.config import TrainConfig


class PooledConvolution(layers.Layer):
    """A convolution of a one-channel image, stride 1, and the 2×2 max pooling after it.

    Input (B, 28, 28, 1), output (B, rows / 2, columns / 2, filters). The four positions under a
    pool are four convolutions of stride 2 whose results are compared at once: the map before the
    pooling, by far the largest array of a small network, never exists.
    """

    def __init__(
        self, filters: int, kernel_size: int, *, padding: str, use_bias: bool, **kwargs: Any
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = kernel_size
        self.padding = padding
        self.use_bias = use_bias

    @staticmethod
    def can_compute(config: TrainConfig) -> bool:
        """Whether the first convolution of `config` and its pooling are of this kind."""
        return config.strides == 1 and config.pool == 2

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        shape = (self.kernel_size, self.kernel_size, 1, self.filters)
        self.kernel = self.add_weight(name="kernel", shape=shape, initializer="glorot_uniform")
        if self.use_bias:
            self.bias = self.add_weight(name="bias", shape=(self.filters,), initializer="zeros")

    def call(self, images: tf.Tensor) -> tf.Tensor:
        if self.padding == "same":
            before = (self.kernel_size - 1) // 2
            after = self.kernel_size - 1 - before
            images = tf.pad(images, [[0, 0], [before, after], [before, after], [0, 0]])
        # Without a whole 2×2 under it a last row or column gives nothing, as with max pooling.
        kernel = tf.cast(self.kernel, images.dtype)
        best = None
        for down in (0, 1):
            for right in (0, 1):
                moved = tf.pad(kernel, [[down, 1 - down], [right, 1 - right], [0, 0], [0, 0]])
                found = tf.nn.conv2d(images, moved, 2, "VALID")
                best = found if best is None else tf.maximum(best, found)
        return tf.nn.bias_add(best, tf.cast(self.bias, best.dtype)) if self.use_bias else best


class Convolution(layers.Conv2D):
    """`keras.layers.Conv2D` of stride 1 with a quicker gradient for its input.

    That gradient is itself a convolution, of the output's gradient with the turned kernel; as one
    it takes half the time that TensorFlow's operation for it takes on a CPU.
    """

    @staticmethod
    def can_compute(strides: int, kernel_size: int) -> bool:
        """Whether the gradient of such a convolution is a convolution of stride 1."""
        return strides == 1 and kernel_size % 2 == 1

    def convolution_op(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        padding = self.padding.upper()
        around = [self.kernel_size[0] - 1] * 2 if padding == "VALID" else None
        back = [[0, 0], around, around, [0, 0]] if around else "SAME"

        @tf.custom_gradient
        def convolve(inputs, kernel):
            def differentiate(gradient):
                turned = tf.transpose(kernel[::-1, ::-1], [0, 1, 3, 2])
                kernel_gradient = tf.raw_ops.Conv2DBackpropFilter(
                    input=inputs,
                    filter_sizes=tf.shape(kernel),
                    out_backprop=gradient,
                    strides=[1, 1, 1, 1],
                    padding=padding,
                )
                return tf.nn.conv2d(gradient, turned, 1, back), kernel_gradient

            return tf.nn.conv2d(inputs, kernel, 1, padding), differentiate

        return convolve(inputs, tf.convert_to_tensor(kernel))


class FusedBatchNormalization(layers.BatchNormalization):
    """`keras.layers.BatchNormalization` over a map's channels, in one operation while training.

    Keras computes it in several passes over the map, and in float32 whatever its input is.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if not training:
            return super().call(inputs, training=False, mask=mask)
        output, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=tf.cast(self.gamma, tf.float32),
            offset=tf.cast(self.beta, tf.float32),
            mean=[],
            variance=[],
            epsilon=self.epsilon,
            is_training=True,
        )
        size = tf.cast(tf.size(inputs) / tf.shape(inputs)[-1], tf.float32)
        variance = variance * (size - 1) / size  # it answers for the sample, Keras for the batch
        for moving, now in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + now * (1 - self.momentum))
        return output


def choose_precision(precision: str) -> str:
    """The arithmetic that `precision` means on this computer: "float32" or "bfloat16".

    "auto" is bfloat16 where the processor multiplies in it (AMX), or the GPU (Ampere and newer);
    elsewhere TensorFlow imitates it, at a fraction of the speed.
    """
    if precision != "auto":
        return precision
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:  # the training runs there, whatever the processor can do
        details = map(tf.config.experimental.get_device_details, gpus)
        is_fast = all(gpu.get("compute_capability", (0, 0)) >= (8, 0) for gpu in details)
    else:
        is_fast = "amx_bf16" in _processor_flags()
    return "bfloat16" if is_fast else "float32"


def _processor_flags() -> str:
    try:
        return Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:  # not Linux
        return ""


@contextmanager
def computing_in(precision: str) -> Iterator[None]:
    """Layers built inside compute in a `choose_precision` answer; weights are float32 in either."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
