"""Random changes to training images, a whole batch at a time, as TensorFlow operations."""

from __future__ import annotations

import tensorflow as tf

MAX_SHIFT = 2  # pixels


def augment_images(images: tf.Tensor, augmentation: str, seed: tf.Tensor) -> tf.Tensor:
    """Mirror and move images at random, each on its own.

    Args:
        images: (N, 28, 28), any number type.
        augmentation: "none", "flip" (left to right, one image in two), "shift" (up to 2 pixels in
            each direction, black moves in) or "flip+shift".
        seed: two integers; the same seed gives the same changes.

    Returns:
        Images of the same shape and type.
    """
    kinds = augmentation.split("+")
    count = tf.shape(images)[0]
    rows = tf.range(images.shape[1])[tf.newaxis, :]
    columns = tf.range(images.shape[2])[tf.newaxis, :]
    seeds = tf.random.split(seed, 3)
    if "flip" in kinds:
        is_mirrored = tf.random.stateless_uniform((count, 1), seeds[0]) < 0.5
        columns = tf.where(is_mirrored, columns[:, ::-1], columns)
    if "shift" in kinds:
        images = tf.pad(images, [[0, 0], [MAX_SHIFT, MAX_SHIFT], [MAX_SHIFT, MAX_SHIFT]])
        rows += _offsets(count, seeds[1])
        columns += _offsets(count, seeds[2])
        images = tf.gather(images, rows, axis=1, batch_dims=1)
    if augmentation != "none":
        images = tf.gather(tf.transpose(images, [0, 2, 1]), columns, axis=1, batch_dims=1)
        images = tf.transpose(images, [0, 2, 1])
    return images


def _offsets(count: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Where each image's window starts in the padded image: int32 (N, 1), 0 to 2·MAX_SHIFT."""
    return tf.random.stateless_uniform((count, 1), seed, 0, 2 * MAX_SHIFT + 1, dtype=tf.int32)
