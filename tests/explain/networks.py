"""Networks whose inside is known by construction, looked into: `python -m tests.explain.networks`.

Prints one JSON object of what `fmnist.explain` finds; the tests beside this run it with oneDNN's
operations and without.
"""

import json
import sys
from typing import Any

import numpy as np

from fmnist.config import TrainConfig
from fmnist.models.keras_import import import_keras


def make_image() -> np.ndarray:
    """A square of 6 × 6 pixels and a line, uint8 (28, 28)."""
    image = np.zeros((28, 28), np.uint8)
    image[4:10, 5:11] = 200
    image[20, 3:24] = 100
    return image


def build_known(softmax: str = "dense", flips: bool = False) -> Any:
    """Two filters: the image itself, and the image one pixel to the right. Class 0 wants the first
    and no second, class 1 the second, class 2 neither of them, the others do not care.
    """
    import keras
    from keras import layers

    image = keras.Input((28, 28, 1), name="image")
    x = layers.Conv2D(2, 3, padding="same", activation="relu", name="conv")(image)
    x = layers.GlobalAveragePooling2D(name="average")(x)
    if softmax == "dense":
        x = layers.Dense(10, activation="softmax", name="ten")(x)
    else:
        x = layers.Softmax()(layers.Dense(10, name="ten")(x))
    model = keras.Model(image, x)
    kernel = np.zeros((3, 3, 1, 2), np.float32)
    kernel[1, 1, 0, 0] = kernel[1, 0, 0, 1] = 1 / 255
    model.get_layer("conv").set_weights([kernel, np.zeros(2, np.float32)])
    weights = np.zeros((2, 10), np.float32)
    weights[:, 0], weights[:, 1], weights[:, 2] = (3, 0), (0, 2), (-1, -1)
    model.get_layer("ten").set_weights([weights, np.zeros(10, np.float32)])
    if not flips:
        return model
    both = [model(image), model(keras.ops.flip(image, axis=2))]
    return keras.Model(image, layers.Average()(both))


def build_edges() -> Any:
    """Two filters: how much brighter it is on the right than on the left, and nothing at all."""
    import keras
    from keras import layers

    image = keras.Input((28, 28, 1), name="image")
    x = layers.Conv2D(2, 3, activation="relu", name="conv")(image)
    x = layers.Dense(10, activation="softmax")(layers.Flatten()(x))
    model = keras.Model(image, x)
    kernel = np.zeros((3, 3, 1, 2), np.float32)
    kernel[:, 0, 0, 0], kernel[:, 2, 0, 0] = -1, 1
    model.get_layer("conv").set_weights([kernel, np.zeros(2, np.float32)])
    return model


def make_edges() -> np.ndarray:
    """Four images, uint8 (4, 28, 28): black; dim, bright on the right from column 20 on, in rows 5
    to 9; bright on the left; and half as bright an edge from column 3 on, in rows 0 to 2.
    """
    images = np.zeros((4, 28, 28), np.uint8)
    images[1, 5:10, 20:] = 255
    images[2, :, :14] = 255
    images[3, :3, 3:] = 102
    return images


def list_models() -> dict[str, Any]:
    """Ones of the Lab, and ones as people import them, with weights above 0: what depends on a
    pixel shows it.
    """
    import keras
    from keras import layers

    from fmnist.imported.inputs import Pixels
    from fmnist.imported.inspect import wrap_model
    from fmnist.models.network import build_model

    configs = {
        "one convolution": TrainConfig(filters=(4,), dense_units=(8,)),
        "strides": TrainConfig(filters=(4,), strides=2, dense_units=()),
        "same, even kernel": TrainConfig(filters=(4, 5), kernel_size=4, padding="same"),
        "residual, both views": TrainConfig(
            filters=(4, 6, 8), padding="same", batch_norm=True, residual_blocks=1, head="max",
            dense_units=(), flip_average=True,
        ),
        "six views in a batch": TrainConfig(
            filters=(4,), padding="same", dense_units=(), flip_average=True, shift_average=True
        ),
        "dense": TrainConfig(architecture="dense", dense_units=(12,)),
    }  # fmt: skip
    models = {name: build_model(config) for name, config in configs.items()}
    models["imported, nested"] = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Rescaling(1 / 255),
            keras.Sequential(
                [
                    layers.ZeroPadding2D(2),
                    layers.DepthwiseConv2D(3, strides=2, depth_multiplier=2),
                    layers.SeparableConv2D(6, 3, dilation_rate=2, activation="tanh"),
                    layers.AveragePooling2D(3, 2),
                ]
            ),
            layers.Flatten(),
            layers.Dense(10, activation="sigmoid"),
        ]
    )
    colours = keras.Sequential(
        [
            keras.Input((28, 28, 3), name="image"),
            layers.Conv2D(4, 5, padding="same", activation="relu", name="first"),
            layers.GlobalMaxPooling2D(),
            layers.Dense(10, name="ten"),
        ]
    )
    pixels = Pixels.of(make_image()[None])
    models["imported, in colour"] = wrap_model(colours, "signed", "logits", pixels)
    for model in models.values():
        rng = np.random.default_rng(0)
        for weight in model.weights:
            if weight.path.split("/")[-1] in ("kernel", "depthwise_kernel", "pointwise_kernel"):
                weight.assign(rng.uniform(0.05, 0.2, weight.shape))
    return models


def measure_fields(traced: Any) -> dict[str, list[Any]]:
    """By layer: the arithmetic's window of a place in the middle, and that of the pixels with a
    gradient, as [first row, after the last, first column, after the last].
    """
    import tensorflow as tf

    from fmnist.explain.layers import run

    # Nothing is ever below 0, so that no gradient is lost; in one image or another, each place
    # that a pooling sees is the largest.
    noise = np.random.default_rng(1).uniform(1, 255, (64, 28, 28, 1)).astype(np.float32)
    found = {}
    for call in traced.shown:
        if len(call.output.shape) != 4:
            continue
        rows, columns = traced.fields[id(call.output)]
        middle = [side // 2 for side in call.output.shape[1:3]]
        images = tf.constant(noise)
        with tf.GradientTape() as tape:
            tape.watch(images)
            outputs, _ = run(traced, images)
            place = outputs[traced.calls.index(call)][:, middle[0], middle[1]]
            total = tf.reduce_sum(place)
        gradient = tape.gradient(total, images, unconnected_gradients="zero")
        seen = np.argwhere(np.asarray(gradient).any(axis=(0, 3)))
        low, high = seen.min(axis=0), seen.max(axis=0) + 1
        real = [int(low[0]), int(high[0]), int(low[1]), int(high[1])]
        said = [*rows.window(middle[0]), *columns.window(middle[1])]
        found[call.layer.name] = [said, real]
    return found


def main() -> None:
    import_keras()
    from fmnist.explain.attribution import compute_cams, compute_occlusion, explain, find_sites
    from fmnist.explain.features import measure_features
    from fmnist.explain.filters import measure
    from fmnist.explain.layers import show_maps, show_network, trace
    from fmnist.models.network import count_macs

    image = make_image()
    known = {}
    for name, model in {
        "dense": build_known(),
        "softmax": build_known("layer"),
        "both views": build_known(flips=True),
    }.items():
        traced = trace(model)
        known[name] = compute_cams(traced, find_sites(traced), image)[0, :3].tolist()
    features = {
        name: measure_features(trace(model), np.stack([image, image[:, ::-1]])).tolist()
        for name, model in {
            "softmax": build_known("layer"),
            "both views": build_known(flips=True),
            "many": build_edges(),
        }.items()
    }
    traced = trace(build_known())
    black = compute_cams(traced, find_sites(traced), np.zeros_like(image))
    plain = build_known()
    probabilities, occlusion = compute_occlusion(lambda x: plain.predict(x, verbose=0), image)
    models = {}
    for name, model in list_models().items():
        traced = trace(model)
        network = show_network(traced, image)
        found = explain(traced, lambda x, model=model: model.predict(x, verbose=0), image)
        models[name] = {
            "layers": [[one.name, one.kind, list(one.shape), one.macs] for one in network.layers],
            "parameters": [network.parameters, model.count_params()],
            "macs": network.macs,
            "views": network.views,
            "counted": count_macs(model),
            "apart": float(np.abs(network.probabilities - found.probabilities).max()),
            "fields": measure_fields(traced),
            "sites": [[site.layer, site.rows, site.columns] for site in found.sites],
            "is_finite": bool(np.isfinite(found.cams).all() and np.isfinite(found.occlusion).all()),
            "cams": list(found.cams.shape),
        }  # fmt: skip
    maps = show_maps(trace(plain), image, "conv")
    edges = measure(trace(build_edges()), make_edges(), "conv")
    json.dump(
        {
            "known": known,
            "features": features,
            "black": [float(black.min()), float(black.max())],
            "occlusion": occlusion.tolist(),
            "probabilities": probabilities.tolist(),
            "models": models,
            "edges": {name: value.tolist() for name, value in vars(edges).items()},
            "maps": maps.maps.tolist(),
            "kernels": None if maps.kernels is None else maps.kernels.tolist(),
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
