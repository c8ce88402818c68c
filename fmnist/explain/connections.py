"""How the layers of a functional Keras model are connected, read from its configuration.

A functional model that is called hides the tensors between its layers; its configuration, which is
what a saved model holds, says which layer is given what.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

_Place = tuple[str, int, int]  # name of a layer, which of its calls, which of its outputs


def connect(model: keras.Model, tensors: list[Any], call: Callable[..., Any]) -> Any:
    """Send Keras tensors, one for each input, through a functional model; returns its outputs.

    call: is given each layer with its arguments, and returns what the layer makes of them.
    """
    import keras

    config = model.get_config()
    known: dict[_Place, Any] = dict(zip(_places(config["input_layers"]), tensors, strict=True))
    layers = {each.name: each for each in model.operations}
    waiting = [
        (each["name"], number, node["args"], node["kwargs"])
        for each in config["layers"]
        for number, node in enumerate(each["inbound_nodes"])
    ]
    while waiting:
        ready = [each for each in waiting if all(one in known for one in _needs(each[2:]))]
        if not ready:
            raise ValueError(f"The layers of {model.name} wait for each other.")
        for name, number, args, kwargs in ready:
            output = call(layers[name], *_fill(args, known), **_fill(kwargs, known))
            for index, each in enumerate(keras.tree.flatten(output)):
                known[name, number, index] = each
        waiting = [each for each in waiting if (each[0], each[1], 0) not in known]
    outputs = [known[place] for place in _places(config["output_layers"])]
    return outputs[0] if len(outputs) == 1 else outputs


def _places(entry: Any) -> list[_Place]:
    """Of the inputs or outputs, which stand alone, in lists or under names."""
    if isinstance(entry, dict):
        entry = list(entry.values())
    if entry and isinstance(entry[0], str):
        name, number, index = entry
        return [(name, number, index)]
    return [place for each in entry for place in _places(each)]


def _needs(given: Any) -> list[_Place]:
    """All tensors that arguments name."""
    if isinstance(given, dict):
        if given.get("class_name") == "__keras_tensor__":
            return _places(list(given["config"]["keras_history"]))
        given = list(given.values())
    if isinstance(given, list | tuple):
        return [place for each in given for place in _needs(each)]
    return []


def _fill(given: Any, known: dict[_Place, Any]) -> Any:
    """Arguments with the tensors in the place of their names."""
    import keras

    if isinstance(given, dict):
        if given.get("class_name") == "__keras_tensor__":
            return known[_needs(given)[0]]
        if "class_name" not in given:
            return {name: _fill(each, known) for name, each in given.items()}
    elif isinstance(given, list | tuple):
        return type(given)(_fill(each, known) for each in given)
    return keras.saving.deserialize_keras_object(given)
