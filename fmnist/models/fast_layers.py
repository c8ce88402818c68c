"""Layers that compute what Keras's own do, sooner: for the network in training, never for a file.

What they learn goes into Keras's own layers before a model is saved or scored.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import layers

from fmnist.config import TrainConfig

_SMALL_MAP = 7  # rows; on a map of 14 Keras's own gradient is quicker


class PooledConvolution(layers.Conv2D):
    """A convolution, its relu and the max pooling after it, with one gradient for the three.

    Input (B, rows, columns, channels), output the pooled map. A pooled value is that of one place
    of the map, so the gradients of the relu and of the bias are computed from the pooled map: a
    quarter of the numbers with a pool of 2.
    """

    def __init__(self, filters: int, kernel_size: int, strides: int, *, pool: int, **kwargs: Any):
        super().__init__(filters, kernel_size, strides, **kwargs)
        self.pool = pool

    @staticmethod
    def can_compute(config: TrainConfig) -> bool:
        """Whether relu follows the convolutions of `config` at once, so that pooling may follow."""
        return not config.batch_norm

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        batch, rows, columns, channels = super().compute_output_shape(input_shape)
        return batch, rows // self.pool, columns // self.pool, channels

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        padding = self.padding.upper()
        strides = [1, *self.strides, 1]
        window = [1, self.pool, self.pool, 1]

        @tf.custom_gradient
        def convolve(
            inputs: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor
        ) -> tuple[tf.Tensor, Any]:
            found = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(inputs, kernel, strides, padding), bias))
            pooled = tf.nn.max_pool2d(found, window, window, "VALID")

            def differentiate(gradient: tf.Tensor) -> tuple[tf.Tensor, ...]:
                gradient = tf.raw_ops.ReluGrad(gradients=gradient, features=pooled)
                of_map = tf.raw_ops.MaxPoolGrad(
                    orig_input=found,
                    orig_output=pooled,
                    grad=gradient,
                    ksize=window,
                    strides=window,
                    padding="VALID",
                )
                common = {"out_backprop": of_map, "strides": strides, "padding": padding}
                of_inputs = tf.raw_ops.Conv2DBackpropInput(
                    input_sizes=tf.shape(inputs), filter=kernel, **common
                )
                of_kernel = tf.raw_ops.Conv2DBackpropFilter(
                    input=inputs, filter_sizes=tf.shape(kernel), **common
                )
                return of_inputs, of_kernel, tf.reduce_sum(gradient, [0, 1, 2])

            return pooled, differentiate

        return convolve(inputs, tf.convert_to_tensor(self.kernel), tf.convert_to_tensor(self.bias))


class Convolution(layers.Conv2D):
    """`keras.layers.Conv2D` with a quicker gradient of its kernel, on small maps in bfloat16.

    That gradient is itself a convolution, with the images as channels: of the input, turned so that
    its channels are the images, by the output's gradient as the kernel.
    """

    @staticmethod
    def can_compute(config: TrainConfig, rows: int) -> bool:
        """Whether it is quicker for the convolutions of `config` on a map of so many rows."""
        return (
            rows <= _SMALL_MAP
            and config.strides == 1
            and config.padding == "same"
            and config.kernel_size % 2 == 1
            and keras.config.dtype_policy().compute_dtype == "bfloat16"
        )

    def convolution_op(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        before = self.kernel_size[0] // 2
        around = [[0, 0], [before, before], [before, before], [0, 0]]

        @tf.custom_gradient
        def convolve(inputs: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, Any]:
            def differentiate(gradient: tf.Tensor) -> tuple[tf.Tensor, ...]:
                of_inputs = tf.raw_ops.Conv2DBackpropInput(
                    input_sizes=tf.shape(inputs),
                    filter=kernel,
                    out_backprop=gradient,
                    strides=[1, 1, 1, 1],
                    padding="SAME",
                )
                images, by = (
                    tf.transpose(inputs, [3, 1, 2, 0]),
                    tf.transpose(gradient, [1, 2, 0, 3]),
                )
                of_kernel = tf.nn.conv2d(images, by, 1, around)
                return of_inputs, tf.transpose(of_kernel, [1, 2, 0, 3])

            return tf.nn.conv2d(inputs, kernel, 1, "SAME"), differentiate

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
