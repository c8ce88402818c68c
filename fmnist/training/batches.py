"""The images of a training as TensorFlow takes them, batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fmnist.config import TrainConfig
from fmnist.training.scoring import SCORING_BATCH

if TYPE_CHECKING:
    import numpy as np
    import tensorflow as tf


def make_training_batches(
    images: np.ndarray, labels: np.ndarray, config: TrainConfig
) -> tf.data.Dataset:
    """Endless epochs of (images uint8 (B, 28, 28, 1), targets float32 (B, 10)), shuffled anew each.

    The images stay uint8 in memory; a batch is gathered, augmented and one-hot encoded as a whole.
    Label smoothing changes these targets alone, so that the validation loss stays the plain
    cross-entropy, as the test loss is. The same seed gives the same batches. With
    `augmented_copies` an epoch has every image unchanged too.
    """
    import tensorflow as tf

    from fmnist.training.augment import augment_images

    with tf.device("CPU"):
        all_images = tf.constant(images)
        all_targets = tf.one_hot(labels, 10)
    if config.label_smoothing:
        all_targets = all_targets * (1 - config.label_smoothing) + config.label_smoothing / 10

    def make_epoch(epoch: tf.Tensor) -> tf.data.Dataset:
        order = tf.random.experimental.stateless_shuffle(
            tf.range(config.epoch_images(len(labels))), [config.seed, tf.cast(epoch, tf.int32)]
        )
        batches = tf.data.Dataset.from_tensor_slices(order).batch(config.batch_size)
        return tf.data.Dataset.zip(batches, tf.data.Dataset.counter(epoch * 2**32))

    def make_batch(numbers: tf.Tensor, batch_number: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        indices = numbers % len(labels)
        batch = tf.gather(all_images, indices)
        seed = tf.stack([tf.cast(config.seed, tf.int64), batch_number])
        changed = augment_images(batch, config.augmentation, seed)
        if config.augmented_copies:
            is_original = (numbers < len(labels))[:, tf.newaxis, tf.newaxis]
            changed = tf.where(is_original, batch, changed)
        return changed[..., tf.newaxis], tf.gather(all_targets, indices)

    return _untuned(tf.data.Dataset.counter().flat_map(make_epoch).map(make_batch).prefetch(4))


def make_validation_batches(images: np.ndarray, labels: np.ndarray) -> tf.data.Dataset:
    """(images uint8 (B, 28, 28, 1), targets float32 (B, 10)) in order, nothing changed."""
    import tensorflow as tf

    with tf.device("CPU"):
        data = tf.data.Dataset.from_tensor_slices((images[..., None], tf.one_hot(labels, 10)))
    return _untuned(data.batch(SCORING_BATCH).cache().prefetch(2))


def _untuned(batches: tf.data.Dataset) -> tf.data.Dataset:
    """The same batches without TensorFlow's tuning of the pipeline, which has nothing to tune here.

    Its thread sleeps longer and longer, and the end of a training waited for it, up to a minute.
    """
    import tensorflow as tf

    options = tf.data.Options()
    options.autotune.enabled = False
    return batches.with_options(options)
