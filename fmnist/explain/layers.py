"""The layers of a Keras model in the order an image meets them, and what each makes of it.

Keras is imported inside the functions: only the engine's process may load it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from fmnist.explain.connections import connect
from fmnist.explain.fields import WHOLE_IMAGE, Axes, follow
from fmnist.explain.results import LayerMaps, LayerOnImage, NetworkOnImage

if TYPE_CHECKING:
    import keras

PREVIEWS = 6  # maps of a layer in the overview
MAX_SIDE = 64  # of a map that is shown
MAX_UNITS = 16_384  # of a vector that is shown
MAX_MAPS = 1024  # of a layer
# What changes nothing in a prediction, and what only turns the image for a second look at it.
HIDDEN = (
    "ActivityRegularization", "Dropout", "Flip", "GaussianDropout", "GaussianNoise", "InputLayer",
    "SpatialDropout2D",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Call:
    """One layer applied once. view: 0 the first time, 1 the second … (a network may look at an
    image and at its mirror image)."""

    layer: Any
    given: tuple[Any, Any]  # arguments, by position and by name, with Keras tensors in them
    inputs: list[Any]  # those Keras tensors
    output: Any
    view: int


@dataclass(eq=False)
class Traced:
    """A model taken apart: models inside it are opened, so that all its layers are in one list.

    Where a model asks the network inside it about several views of the image in one batch, it is
    that network alone, and `whole` is the model. image, answer: Keras tensors, the first and the
    last; `calls` has those between.
    """

    image: Any
    answer: Any = None
    whole: keras.Model | None = None
    views_in_batch: int = 1
    calls: list[Call] = field(default_factory=list)
    fields: dict[int, Axes] = field(default_factory=dict)  # by tensor
    mirrored: tuple[bool, ...] = (False,)  # by view
    compiled: dict[str, Any] = field(default_factory=dict)  # what is computed often, by name

    @property
    def shown(self) -> list[Call]:
        """What an image meets, once each, without what changes nothing in a prediction."""
        return [
            call
            for call in self.calls
            if call.view == 0
            and type(call.layer).__name__ not in HIDDEN
            and not isinstance(call.output, list)
        ]


def trace(model: keras.Model) -> Traced:
    """Take a model apart that goes from (None, 28, 28, 1) to (None, 10).

    An inner model that cannot be opened (a class of its own) stays one layer.
    """

    traced, entered = _take_apart(model)
    inside = _only_inside(model)
    given = [x for inner, x in entered if inner is inside]
    if len(given) == 1 and given[0].shape[1:] == (28, 28, 1):
        views = len(compute(traced, np.zeros((1, 28, 28, 1), np.float32))[id(given[0])])
        if views > 1:
            traced, entered = _take_apart(inside)
            traced.whole, traced.views_in_batch = model, views
    traced.mirrored = _find_mirrored(traced, entered)
    return traced


def _take_apart(model: Any) -> tuple[Traced, list[tuple[Any, Any]]]:
    """Also, each model with what it was given, the same one as often as it was called."""
    import keras

    traced = Traced(keras.Input((28, 28, 1), name="image"))
    traced.fields[id(traced.image)] = (follow("image", None, [], (28, 0)),) * 2
    called: Counter[int] = Counter()
    entered: list[tuple[Any, Any]] = []

    def visit(layer: Any, given: Any, output: Any) -> None:
        inputs = [x for x in keras.tree.flatten(given) if keras.backend.is_keras_tensor(x)]
        reached = [traced.fields.get(id(x), WHOLE_IMAGE) for x in inputs]
        outputs = keras.tree.flatten(output)
        for each in outputs:
            traced.fields[id(each)] = _follow(layer, inputs, each, reached)
        # Each is kept: tensors are told apart by their id. What gives several shows none.
        one = outputs[0] if len(outputs) == 1 else outputs
        traced.calls.append(Call(layer, given, inputs, one, called[id(layer)]))
        called[id(layer)] += 1

    traced.answer = _walk(model, traced.image, visit, lambda *each: entered.append(each))
    return traced, entered


def _only_inside(model: keras.Model) -> Any:
    """The one model inside another; None where there is none, or more."""
    import keras

    inside = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    return inside[0] if len(inside) == 1 else None


def compute(traced: Traced, images: Any, last: Call | None = None) -> dict[int, Any]:
    """The values of all Keras tensors, by their ids, for float32 images (N, 28, 28, 1).

    last: the call after which nothing more is needed.
    """
    import keras
    import tensorflow as tf

    values = {id(traced.image): tf.convert_to_tensor(images)}
    for call in traced.calls:
        args, kwargs = keras.tree.map_structure(lambda x: values.get(id(x), x), call.given)
        found = keras.tree.flatten(call.layer(*args, **kwargs))
        wanted = call.output if isinstance(call.output, list) else [call.output]
        values.update(zip(map(id, wanted), found, strict=True))
        if call is last:
            break
    return values


def run(traced: Traced, images: Any) -> tuple[list[Any], Any]:
    """The output of every call, and the probabilities, for float32 images (N, 28, 28, 1)."""
    import keras

    values = compute(traced, images)
    outputs = [
        keras.tree.map_structure(lambda x: values[id(x)], call.output) for call in traced.calls
    ]
    return outputs, values[id(traced.answer)]


def _walk(
    model: keras.Model, image: Any, visit: Callable[..., None], enter: Callable[..., None]
) -> Any:
    """Send a Keras tensor that stands for images through a model and those inside it.

    Tells `visit` of each layer, what it is given and what it makes of it, and `enter` of each
    model and what that is given. Returns the model's output.
    """
    import keras

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(layer, keras.Sequential) and len(args) == 1:
            enter(layer, args[0])
            x = args[0]
            for each in layer.layers:
                x = call(each, x)
            return x
        if isinstance(layer, keras.Model) and _is_functional(layer):
            tensors = keras.tree.flatten(args[0])
            enter(layer, tensors[0])
            return connect(layer, tensors, call)
        output = layer(*args, **kwargs)
        visit(layer, (args, kwargs), output)
        return output

    (answer,) = keras.tree.flatten(call(model, image))
    return answer


def _is_functional(model: keras.Model) -> bool:
    """Whether its layers and what connects them are known: a class of its own hides them."""
    try:
        return bool(model.inputs and model.outputs)
    except (AttributeError, ValueError):
        return False


def show_network(traced: Traced, image: np.ndarray) -> NetworkOnImage:
    """Every layer on an image, uint8 (28, 28)."""
    pixels = image[None, ..., None].astype(np.float32)
    outputs, answer = run(traced, pixels)
    by_call = dict(zip(map(id, traced.calls), outputs, strict=True))
    shown = [_show(traced, call, by_call[id(call)]) for call in traced.shown]
    views = len(traced.mirrored) * traced.views_in_batch
    if traced.whole is not None:
        answer = traced.whole(pixels)
        mean = np.asarray(answer, np.float32)[0]
        shown.append(LayerOnImage("views", "Average", mean.shape, 0, 0, (), None, mean, ()))
    return NetworkOnImage(tuple(shown), np.asarray(answer, np.float32)[0], views=views)


def show_maps(traced: Traced, image: np.ndarray, name: str) -> LayerMaps:
    """All maps of the layer of this name on an image, uint8 (28, 28), and its kernels.

    Raises:
        ValueError: there is no such layer, or its output is no map that can be shown.
    """
    call = find_call(traced, name)
    output = compute(traced, image[None, ..., None].astype(np.float32), call)[id(call.output)]
    maps = np.moveaxis(np.asarray(output, np.float32)[0], -1, 0)[:MAX_MAPS]
    return LayerMaps(maps, _kernels(call.layer))


def find_call(traced: Traced, name: str) -> Call:
    """The first call of the layer of this name; raises ValueError as `show_maps` does."""
    call = next((call for call in traced.shown if call.layer.name == name), None)
    shape = tuple(call.output.shape[1:]) if call else ()
    if call is None or len(shape) != 3 or max(shape[:2]) > MAX_SIDE:
        raise ValueError(f"The model has no layer “{name[:60]}” whose maps can be shown.")
    return call


def count_macs(layer: Any, inputs: tuple[int | None, ...], output: tuple[int | None, ...]) -> int:
    """Multiply-adds of one layer for one image; shapes with their batch axis."""
    kernels = [
        getattr(layer, name, None) for name in ("kernel", "depthwise_kernel", "pointwise_kernel")
    ]
    sizes = [math.prod(kernel.shape) for kernel in kernels if kernel is not None]
    kind = type(layer).__name__
    if not sizes or not (kind == "Dense" or "Conv" in kind):
        return 0
    if "Transpose" in kind:
        return math.prod(inputs[1:-1]) * sum(sizes)  # type: ignore[arg-type]
    return math.prod(output[1:-1]) * sum(sizes)  # type: ignore[arg-type]


def is_convolution(layer: Any) -> bool:
    """Whether it slides kernels over a map."""
    return "Conv2D" in type(layer).__name__


def _show(traced: Traced, call: Call, output: Any) -> LayerOnImage:
    layer, shape = call.layer, tuple(call.output.shape[1:])
    values = np.asarray(output, np.float32)[0]
    channels: tuple[int, ...] = ()
    maps = np.zeros(0, np.float32)
    if len(shape) == 3 and max(shape[:2]) <= MAX_SIDE:
        strength = np.maximum(values, 0).mean(axis=(0, 1))
        channels = tuple(int(place) for place in np.argsort(-strength, kind="stable")[:PREVIEWS])
        maps = np.moveaxis(values[..., list(channels)], -1, 0)
    elif len(shape) == 1 and shape[0] <= MAX_UNITS:
        maps = values
    rows, columns = traced.fields[id(call.output)]
    is_square = rows is not None and rows == columns and len(shape) == 3
    kernel = getattr(layer, "kernel", getattr(layer, "depthwise_kernel", None))
    return LayerOnImage(
        name=layer.name,
        kind=type(layer).__name__,
        shape=shape,
        parameters=layer.count_params() if hasattr(layer, "count_params") else 0,
        macs=count_macs(layer, call.inputs[0].shape, call.output.shape) if call.inputs else 0,
        kernel=tuple(getattr(layer, "pool_size", ()) if kernel is None else kernel.shape),
        field=rows if is_square else None,
        maps=maps,
        channels=channels,
    )


def _kernels(layer: Any) -> np.ndarray | None:
    """float32 (rows, columns, channels in, filters) of a plain convolution."""
    if type(layer).__name__ != "Conv2D":
        return None
    return np.asarray(layer.kernel, np.float32)


def _follow(layer: Any, inputs: list[Any], output: Any, reached: list[Axes]) -> Axes:
    """What the output sees of the image, along rows and columns."""
    if len(output.shape) != 4 or any(len(x.shape) != 4 for x in inputs):
        return WHOLE_IMAGE
    rows, columns = (
        follow(
            type(layer).__name__,
            layer,
            [axes[axis] for axes in reached],
            (inputs[0].shape[1 + axis] if inputs else None, axis),
        )
        for axis in (0, 1)
    )
    return rows, columns


def _find_mirrored(traced: Traced, entered: list[tuple[Any, Any]]) -> tuple[bool, ...]:
    """Of each view, whether it is of the mirror image: tried on noise."""
    views = 1 + max((call.view for call in traced.calls), default=0)
    noise = np.random.default_rng(0).integers(0, 256, (1, 28, 28, 1)).astype(np.float32)
    for model, _ in entered:
        given = [x for inner, x in entered if inner is model]
        if len(given) != views or views == 1 or len(given[0].shape) != 4:
            continue
        values = compute(traced, noise)
        first, *others = (np.asarray(values[id(x)]) for x in given)
        return (
            False,
            *(
                each.shape == first.shape
                and not np.array_equal(each, first)
                and np.allclose(each, first[:, :, ::-1])
                for each in others
            ),
        )
    return (False,) * views
