"""Random changes to training images, a whole batch at a time, as TensorFlow operations."""

from __future__ import annotations

import tensorflow as tf

MAX_SHIFT = 2  # pixels
ERASE_SIDES = (6, 12)  # pixels, both possible


def augment_images(images: tf.Tensor, augmentation: str, seed: tf.Tensor) -> tf.Tensor:
    """Mirror and move images at random, each on its own.

    Args:
        images: (N, 28, 28), any number type.
        augmentation: "none", "flip" (left to right, one image in two), "shift" (up to 2 pixels in
            each direction, black moves in) or several joined by "+"; "erase" blacks out a square
            of 6 to 12 pixels somewhere in one image in two, cut off where it leaves the image
            (DeVries and Taylor 2017, https://arxiv.org/abs/1708.04552, for one image in two as in
            Zhong et al. 2017, https://arxiv.org/abs/1708.04896).
        seed: two integers; the same seed gives the same changes.

    Returns:
        Images of the same shape and type.
    """
    kinds = augmentation.split("+")
    count = tf.shape(images)[0]
    rows = tf.range(images.shape[1])[tf.newaxis, :]
    columns = tf.range(images.shape[2])[tf.newaxis, :]
    seeds = tf.random.split(seed, 5)
    if "flip" in kinds:
        is_mirrored = tf.random.stateless_uniform((count, 1), seeds[0]) < 0.5
        columns = tf.where(is_mirrored, columns[:, ::-1], columns)
    if "shift" in kinds:
        images = tf.pad(images, [[0, 0], [MAX_SHIFT, MAX_SHIFT], [MAX_SHIFT, MAX_SHIFT]])
        rows += _offsets(count, seeds[1])
        columns += _offsets(count, seeds[2])
        images = tf.gather(images, rows, axis=1, batch_dims=1)
    if {"flip", "shift"} & set(kinds):
        images = tf.gather(tf.transpose(images, [0, 2, 1]), columns, axis=1, batch_dims=1)
        images = tf.transpose(images, [0, 2, 1])
    if "erase" in kinds:
        is_black = _squares(count, images.shape[1], seeds[3], seeds[4])
        images = tf.where(is_black, tf.zeros_like(images), images)
    return images


def _squares(count: tf.Tensor, side: int, where_seed: tf.Tensor, size_seed: tf.Tensor) -> tf.Tensor:
    """What to black out: bool (N, side, side), all False in one image in two."""
    low, high = ERASE_SIDES
    size = tf.random.stateless_uniform(
        (count, 1), size_seed, 2 * low - high - 1, high + 1, tf.int32
    )
    size = tf.where(size < low, 0, size)  # as many numbers below `low` as from it on
    middle = tf.random.stateless_uniform((count, 2), where_seed, 0, side, dtype=tf.int32)
    start = middle - size // 2
    place = tf.range(side)[tf.newaxis, :]
    rows, columns = (
        (place >= start[:, axis : axis + 1]) & (place < start[:, axis : axis + 1] + size)
        for axis in (0, 1)
    )
    return rows[:, :, tf.newaxis] & columns[:, tf.newaxis, :]


def _offsets(count: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Where each image's window starts in the padded image: int32 (N, 1), 0 to 2·MAX_SHIFT."""
    return tf.random.stateless_uniform((count, 1), seed, 0, 2 * MAX_SHIFT + 1, dtype=tf.int32)
