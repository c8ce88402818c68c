"""What excites the filters of a layer: the highest value of each on each image, and where.

Keras is imported inside the functions: only the engine's process may load it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fmnist.explain.layers import Traced, compute, find_call
from fmnist.explain.results import Excitement


def measure(traced: Traced, images: np.ndarray, name: str) -> Excitement:
    """The highest value of each filter of the layer on each image, uint8 (N, 28, 28), and where.

    Raises ValueError: there is no such layer, or it has no maps.
    """
    highest, places = _compiled(traced, name)(images[..., None].astype(np.float32))
    return Excitement(
        np.asarray(highest, np.float32),
        np.asarray(places, np.int64),
        np.tile(np.arange(len(images))[:, None], (1, highest.shape[1])),
    )


def _compiled(traced: Traced, name: str) -> Any:
    """A function from images float32 (N, 28, 28, 1) to the highest values (N, filters) of a layer,
    and their places, row by row.
    """
    import tensorflow as tf

    key = f"filters of {name}"
    if key not in traced.compiled:
        call = find_call(traced, name)

        @tf.function(input_signature=[tf.TensorSpec((None, 28, 28, 1), tf.float32)])
        def find_highest(images: Any) -> Any:
            maps = tf.cast(compute(traced, images, call)[id(call.output)], tf.float32)
            shape = tf.shape(maps)
            flat = tf.reshape(maps, (shape[0], shape[1] * shape[2], shape[3]))
            return tf.reduce_max(flat, axis=1), tf.argmax(flat, axis=1)

        traced.compiled[key] = find_highest
    return traced.compiled[key]
