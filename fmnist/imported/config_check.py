"""A network's config from a file: is it made of Keras's own parts, said as Keras 3 says them?

Nothing here imports Keras. What needs code to be run is refused; what only TensorFlow or Keras 2
calls otherwise is renamed; what is not needed for an answer (losses, optimizers) is left out.
"""

from __future__ import annotations

from typing import Any

from fmnist.config import ConfigError

# Keras's own, but they run or read what lies outside the file.
_REACHING_OUT = {
    *("TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"),
    *("StringLookup", "IntegerLookup", "TextVectorization"),
}
_LAMBDAS = {"Lambda", "__lambda__"}
_BARE_OPERATIONS = {"TFOpLambda", "TensorFlowOpLayer", "SlicingOpLambda"}  # Keras 2 alone
_PLAIN_VALUES = {
    *("__tuple__", "__keras_tensor__", "__tensor__", "__numpy__"),
    *("__bytes__", "__ellipsis__", "__slice__"),
}
_MODELS = {  # by what a file calls them: Keras 3's class and module
    "Sequential": ("Sequential", "keras"),
    "Functional": ("Functional", "keras.src.models.functional"),
    "Model": ("Functional", "keras.src.models.functional"),
}
_KERAS_CLASSES = {*_MODELS, "DTypePolicy", "FloatDTypePolicy"}
_KERAS_PARTS = {
    *("activations", "constraints", "dtype_policies", "engine", "initializers", "layers"),
    *("models", "ops", "quantizers", "random", "regularizers"),
}
_FUNCTION_MODULES = {"builtins", "keras.activations", "keras.initializers", "keras.src.activations"}
ACTIVATIONS = {
    *("celu", "elu", "exponential", "gelu", "glu", "hard_shrink", "hard_sigmoid", "hard_silu"),
    *("hard_swish", "hard_tanh", "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish"),
    *("relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink", "softmax", "softplus"),
    *("softsign", "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "swish", "tanh"),
    *("tanh_shrink", "threshold"),
}
# What functions of TensorFlow are called in a file, where Keras calls the same otherwise.
_TENSORFLOW_NAMES = {
    "softmax_v2": "softmax",
    "log_softmax_v2": "log_softmax",
    "exp": "exponential",
    "identity": "linear",
}
_LEGACY_PLACES = {
    "_initializer": "keras.initializers",
    "_regularizer": "keras.regularizers",
    "_constraint": "keras.constraints",
}
# What Keras 2 writes and Keras 3 does not know, where it says nothing or only what always holds.
_LEGACY_SETTINGS = {"time_major": False, "rng_type": "stateful", "ragged": False}
_DEPTHWISE = {"SeparableConv1D", "SeparableConv2D", "DepthwiseConv1D", "DepthwiseConv2D"}
_NOT_DEPTHWISE = ("groups", "kernel_initializer", "kernel_regularizer", "kernel_constraint")


class ModelRefused(ConfigError):
    """A file that cannot become a run; the message tells the person who imported it why."""


def read_model_config(
    config: dict[str, Any], name: str, *, is_legacy: bool = False
) -> dict[str, Any]:
    """The config of a network as Keras 3 takes it.

    name: what the person calls the file. is_legacy: objects may lack the module they come from, as
    in `.h5` files, or have the one it was in Keras 2.

    Raises:
        ModelRefused: an object in it is not Keras's own, or runs code; the message says which.
    """
    try:
        return _read(config, "", "", name, is_legacy)
    except RecursionError:
        raise ModelRefused(f"{name} is nested deeper than a network can be.") from None


def _read(value: Any, key: str, layer: str, name: str, is_legacy: bool) -> Any:
    """A copy of a value of the config, checked; `key` is what it stands under, in `layer`."""
    if isinstance(value, list):
        return [_read(inner, key, layer, name, is_legacy) for inner in value]
    if key.endswith("activation") and value is not None:
        return _read_activation(value, layer, name, is_legacy)
    if not isinstance(value, dict):
        return value
    is_object = "class_name" in value
    if is_object:
        inner = value.get("config")
        own_name = inner.get("name") if isinstance(inner, dict) and key else None
        layer = own_name if isinstance(own_name, str) else layer
        if is_legacy and value["class_name"] != "function":
            value = _modernise(value, key)
        _refuse(value, layer, name)
    kept = {inner: what for inner, what in value.items() if inner != "compile_config"}
    return {inner: _read(what, inner, layer, name, is_legacy) for inner, what in kept.items()}


def _read_activation(value: Any, layer: str, name: str, is_legacy: bool) -> Any:
    """An activation by Keras's name, or the object that it is."""
    said = value
    if isinstance(value, dict) and value.get("class_name") == "function":
        _refuse(value, layer, name)
        said = value.get("config")
    if not isinstance(said, str):
        return _read(value, "object", layer, name, is_legacy)
    known = _TENSORFLOW_NAMES.get(said, said)
    if known not in ACTIVATIONS:
        raise ModelRefused(
            f"{name} cannot be opened: {_where(layer)} has the activation {said[:60]}, which Keras "
            "does not have. Use one of Keras's own by its name, such as activation='softmax', and "
            "save the model again."
        )
    return known


def _modernise(value: dict[str, Any], key: str) -> dict[str, Any]:
    """An object of Keras 2 as Keras 3 names it: its module, its shape, its settings."""
    kind, config = value["class_name"], value.get("config")
    config = dict(config) if isinstance(config, dict) else config
    module = value.get("module")
    if kind in _MODELS:
        kind, module = _MODELS[kind]
    elif kind == "Policy":
        kind, module = "DTypePolicy", "keras"
    elif module is None and kind not in _PLAIN_VALUES and "registered_name" not in value:
        ending = next((end for end in _LEGACY_PLACES if key.endswith(end)), "")
        module = _LEGACY_PLACES.get(ending, "keras.layers")
    elif isinstance(module, str) and module.startswith("tf_keras."):
        module = module.removeprefix("tf_")
    if isinstance(config, dict):
        shape = config.pop("batch_input_shape", None)
        if shape is not None and kind == "InputLayer":
            config["batch_shape"] = shape
        if kind == "Sequential":
            config = _with_input(config)
        if kind == "BatchNormalization" and isinstance(config.get("axis"), list):
            config["axis"] = config["axis"][0] if len(config["axis"]) == 1 else config["axis"]
        if kind in _DEPTHWISE:  # Keras 2 adds what only a plain convolution has
            config = {key: what for key, what in config.items() if key not in _NOT_DEPTHWISE}
        for setting, harmless in _LEGACY_SETTINGS.items():
            if setting in config and config[setting] in (harmless, None):
                del config[setting]
    return {
        **value,
        "class_name": kind,
        "module": module,
        "config": config,
        "registered_name": None,
    }


def _with_input(config: dict[str, Any]) -> dict[str, Any]:
    """A Sequential's config whose first layer is its input, which old files have inside another."""
    layers = config.get("layers")
    if not (isinstance(layers, list) and layers and isinstance(layers[0], dict)):
        return config
    first = layers[0]
    inner = first["config"] if isinstance(first.get("config"), dict) else {}
    shape = inner.get("batch_input_shape")
    if first.get("class_name") == "InputLayer" or not shape:
        return config
    source = {"batch_shape": shape, "dtype": "float32", "name": f"{inner.get('name')}_input"}
    return {**config, "layers": [{"class_name": "InputLayer", "config": source}, *layers]}


def _refuse(value: dict[str, Any], layer: str, name: str) -> None:
    kind, module = str(value["class_name"]), str(value.get("module"))
    where = _where(layer)
    if kind in _LAMBDAS:
        raise ModelRefused(
            f"{name} needs code: {where} holds a Lambda, and code from a file is never run. "
            "Replace it with Keras's own layers and save the model again."
        )
    if kind in _REACHING_OUT:
        raise ModelRefused(
            f"{name} depends on something outside the file: {where} is a {kind}, which "
            "runs or reads it. Replace it with Keras's plain layers and save the model again."
        )
    if kind in _BARE_OPERATIONS:
        raise ModelRefused(
            f"{name} cannot be opened: {where} is a raw TensorFlow operation ({kind}), which "
            "Keras 3 does not have. Use a layer in its place, such as Rescaling(1/255), and save "
            "the model again."
        )
    if not _is_keras(kind, module):
        what = value.get("config") if kind == "function" else kind
        raise ModelRefused(
            f"{name} needs code: {where} uses {str(what)[:60]}, which is not one of Keras's own "
            "layers, and code from a file is never run. Build the model from those alone."
        )


def _where(layer: str) -> str:
    return f"its layer “{layer[:60]}”" if layer else "it"


def _is_keras(kind: str, module: str) -> bool:
    """Whether Keras itself has this class, or function, among those that networks are made of."""
    if kind in _PLAIN_VALUES:
        return True
    if kind == "function":
        return module in _FUNCTION_MODULES
    first, *parts = [part for part in module.split(".") if part != "src"]
    if first != "keras" or not kind[:1].isupper():  # a class, and no function in its place
        return False
    return parts[0] in _KERAS_PARTS if parts else kind in _KERAS_CLASSES
