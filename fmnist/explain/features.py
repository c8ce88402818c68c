"""What a network makes of an image before it decides: the numbers its last layer weighs.

Keras is imported inside the functions: only the engine's process may load it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fmnist.explain.layers import Call, Traced, compute

MOST = 1024  # features that are given as they are
_PROJECTED = 256  # numbers that more of them become


def measure_features(traced: Traced, images: np.ndarray) -> np.ndarray:
    """The inputs of the last layer with weights, float32 (N, features), for uint8 (N, 28, 28).

    A network without a hidden layer gives the pixels. More than `MOST` features are projected to
    256 by a random matrix, always the same, which keeps distances within a tenth or so (Johnson and
    Lindenstrauss 1984): 10,000 images of them would not fit into memory.
    """
    return np.asarray(_compiled(traced)(images[..., None].astype(np.float32)), np.float32)


def _compiled(traced: Traced) -> Any:
    import tensorflow as tf

    if "features" not in traced.compiled:
        wanted = _last_with_weights(traced).inputs[0]
        calls = [call for call in traced.calls if call.output is wanted]
        before = calls[0] if calls else None

        @tf.function(input_signature=[tf.TensorSpec((None, 28, 28, 1), tf.float32)])
        def find(images: Any) -> Any:
            values = (
                {id(traced.image): images} if before is None else compute(traced, images, before)
            )
            flat = tf.reshape(tf.cast(values[id(wanted)], tf.float32), (tf.shape(images)[0], -1))
            return flat if projection is None else flat @ projection

        size = int(np.prod(wanted.shape[1:]))
        rng = np.random.default_rng(0)
        projection = (
            rng.standard_normal((size, _PROJECTED), np.float32) / np.float32(_PROJECTED) ** 0.5
            if size > MOST
            else None
        )
        traced.compiled["features"] = find
    return traced.compiled["features"]


def _last_with_weights(traced: Traced) -> Call:
    """Of what sees the image itself; the last layer of all where none has weights."""
    first_view = [call for call in traced.calls if call.view == 0 and call.inputs]
    weighing = [call for call in first_view if getattr(call.layer, "weights", None)]
    return (weighing or first_view)[-1]
