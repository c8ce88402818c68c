"""Which pixels speak for a class: Grad-CAM, and what happens when a part is covered.

Grad-CAM: Selvaraju et al. 2017, https://arxiv.org/abs/1610.02391. Occlusion: Zeiler and Fergus
2014, https://arxiv.org/abs/1311.2901. TensorFlow is imported inside the functions: only the
engine's process may load it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from fmnist.explain.layers import Call, Traced, is_convolution, run
from fmnist.explain.results import SIDE, Attribution, ReceptiveField, Site

CLASSES = 10
PATCH = 8  # pixels on a side of the black square
STEP = 4  # pixels between two of its places
_SMALLEST = 1e-7  # probability whose logarithm is taken


def explain(
    traced: Traced, predict: Callable[[np.ndarray], np.ndarray], image: np.ndarray
) -> Attribution:
    """Grad-CAM and occlusion for all classes of an image, uint8 (28, 28).

    Of several views in one batch, Grad-CAM is of the image as it is; occlusion is of them all.

    predict: from uint8 (N, 28, 28, 1) to probabilities float32 (N, 10).
    """
    sites = find_sites(traced)
    probabilities, occlusion = compute_occlusion(predict, image)
    return Attribution(
        sites=tuple(Site(call.layer.name, *call.output.shape[1:3]) for call in sites),
        cams=compute_cams(traced, sites, image),
        occlusion=occlusion,
        probabilities=probabilities,
    )


def find_sites(traced: Traced) -> list[Call]:
    """Where Grad-CAM can look: for each size of maps that a convolution makes, the last of them.

    That is after the activation or the addition that follows the convolution in the same size.
    """
    found: dict[tuple[int, int], Call] = {}
    convolved: set[tuple[int, int]] = set()
    for call in traced.shown:
        shape = call.output.shape
        if len(shape) != 4 or shape[1] * shape[2] < 2:
            continue
        size = shape[1:3]
        if is_convolution(call.layer):
            is_last = size not in convolved or _activates(call.layer)
            convolved.add(size)
        else:
            is_last = size in convolved and _activates(call.layer)
        if is_last:
            found.pop(size, None)  # the order is that of the last ones
            found[size] = call
    return list(found.values())


def compute_cams(traced: Traced, sites: list[Call], image: np.ndarray) -> np.ndarray:
    """float32 (sites, 10, 28, 28), 0 or more: Grad-CAM of each class at each of `find_sites`.

    A map is weighted by how much the class's score (before the softmax) rises with it, on average
    over its places; what lowers the score counts as 0. A class that nothing speaks for has an
    all-zero map. Where the network looks at the mirror image too, both are added up.
    """
    cams = np.zeros((len(sites), CLASSES, SIDE, SIDE), np.float32)
    if not sites:
        return cams
    if "cams" not in traced.compiled:
        traced.compiled["cams"] = _compile_cams(traced, sites)
    images = np.repeat(image[None, ..., None], CLASSES, axis=0).astype(np.float32)
    for number, found in enumerate(traced.compiled["cams"](images)):
        total = np.nan_to_num(np.asarray(found, np.float32))
        rows, columns = traced.fields[id(sites[number].output)]
        cams[number] = enlarge(np.maximum(total, 0), rows, columns)
    return cams


def _compile_cams(traced: Traced, sites: list[Call]) -> Callable[[np.ndarray], Any]:
    """A function from ten times an image, float32 (10, 28, 28, 1), to a map (10, H, W) of each
    site; of image c, for class c. Compiled it takes a sixth of the time.
    """
    import tensorflow as tf

    looks = [[each for each in traced.calls if each.layer is site.layer] for site in sites]

    @tf.function(input_signature=[tf.TensorSpec((CLASSES, SIDE, SIDE, 1), tf.float32)])
    def compute(images: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(images)
            outputs, answers = run(traced, images)
            by_call = dict(zip(map(id, traced.calls), outputs, strict=True))
            scores = _compute_scores(traced, by_call, answers)
            own = tf.reduce_sum(tf.linalg.diag_part(scores))
        tensors = [[by_call[id(call)] for call in calls] for calls in looks]
        gradients = tape.gradient(own, tensors, unconnected_gradients="zero")
        return [
            tf.add_n(
                [
                    _weigh(maps, slopes, traced.mirrored[call.view])
                    for call, maps, slopes in zip(*each, strict=True)
                ]
            )
            for each in zip(looks, tensors, gradients, strict=True)
        ]

    return compute


def _weigh(maps: Any, slopes: Any, is_mirrored: bool) -> Any:
    """(N, H, W): the maps, each by its mean slope, added up."""
    import tensorflow as tf

    weights = tf.reduce_mean(tf.cast(slopes, tf.float32), axis=(1, 2), keepdims=True)
    cam = tf.reduce_sum(weights * tf.cast(maps, tf.float32), axis=-1)
    return tf.reverse(cam, axis=[2]) if is_mirrored else cam


def compute_occlusion(
    predict: Callable[[np.ndarray], np.ndarray], image: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The probabilities float32 (10,), and by how much each falls when a part is painted black.

    The latter is float32 (10, 28, 28): for a pixel, the mean over all places of the square that
    cover it. All of them are one call of `predict`; those over black change nothing and are
    spared.
    """
    corners = range(STEP - PATCH, SIDE, STEP)
    covered = np.zeros((len(corners) ** 2, SIDE, SIDE), np.float32)
    for number, (row, column) in enumerate(itertools.product(corners, repeat=2)):
        covered[number, max(row, 0) : row + PATCH, max(column, 0) : column + PATCH] = 1
    images = np.where(covered, 0, image).astype(np.uint8)
    changed = (images != image).any(axis=(1, 2))
    answers = predict(np.concatenate([image[None], images[changed]])[..., None])
    probabilities = answers[0]
    falls = np.zeros((len(images), CLASSES), np.float32)
    falls[changed] = probabilities - answers[1:]
    total = np.tensordot(falls.T, covered, axes=1)
    return probabilities, (total / covered.sum(axis=0)).astype(np.float32)


def enlarge(
    maps: np.ndarray, rows: ReceptiveField | None, columns: ReceptiveField | None
) -> np.ndarray:
    """Maps (N, H, W) laid over the image, (N, 28, 28): each place in the middle of what it sees.

    Between those, linear interpolation; where it is unknown what they see, they are spread evenly.
    """
    return _spread(maps.shape[1], rows) @ maps @ _spread(maps.shape[2], columns).T


def _spread(count: int, seen: ReceptiveField | None) -> np.ndarray:
    """(28, count): how much of each place goes to each pixel."""
    even = (np.arange(count) + 0.5) * SIDE / count - 0.5
    centres = even if seen is None else np.array([seen.centre(place) for place in range(count)])
    pixels = np.arange(SIDE)
    shares = [np.interp(pixels, centres, np.eye(count)[place]) for place in range(count)]
    return np.stack(shares, axis=1).astype(np.float32)


def _activates(layer: Any) -> bool:
    if type(layer).__name__ in ("Activation", "Add", "ELU", "LeakyReLU", "PReLU", "ReLU"):
        return True
    return getattr(getattr(layer, "activation", None), "__name__", "linear") != "linear"


def _compute_scores(traced: Traced, by_call: dict[int, Any], answers: Any) -> Any:
    """What the softmax is taken of, (N, 10), summed over the views; else log probabilities."""
    import tensorflow as tf

    total: Any = None
    outputs = {id(call.output): by_call[id(call)] for call in traced.calls}
    for call in traced.calls:
        layer = call.layer
        is_softmax = getattr(getattr(layer, "activation", None), "__name__", "") == "softmax"
        if len(call.inputs) != 1 or getattr(call.output, "shape", ())[1:] != (CLASSES,):
            continue
        before = outputs.get(id(call.inputs[0]))
        if before is None:
            continue
        before = tf.cast(before, tf.float32)
        if type(layer).__name__ == "Dense" and is_softmax:
            bias = 0.0 if layer.bias is None else tf.cast(layer.bias, tf.float32)
            scores = before @ tf.cast(layer.kernel, tf.float32) + bias
        elif type(layer).__name__ == "Softmax" or is_softmax:
            scores = before
        else:
            continue
        total = scores if total is None else total + scores
    if total is None:
        return tf.math.log(tf.cast(answers, tf.float32) + _SMALLEST)
    return total
