"""Is a `.keras` file whole, bounded and made of Keras's own parts? Asked before Keras opens it."""

from __future__ import annotations

import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

from fmnist.own_model_record import MAX_FILE_BYTES
from fmnist.process import first_line
from fmnist.train import TrainingError

_MEMBERS = {"config.json": 5e6, "metadata.json": 1e5, "model.weights.h5": 4 * MAX_FILE_BYTES}
# Keras's own, but they run or read what lies outside the file.
_REACHING_OUT = {
    *("TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"),
    *("StringLookup", "IntegerLookup", "TextVectorization"),
}
_LAMBDAS = {"Lambda", "__lambda__"}
_PLAIN_VALUES = {
    *("__tuple__", "__keras_tensor__", "__tensor__", "__numpy__"),
    *("__bytes__", "__ellipsis__", "__slice__"),
}
_KERAS_CLASSES = {"Sequential", "Functional", "Model", "DTypePolicy", "FloatDTypePolicy"}
_KERAS_PARTS = {
    *("activations", "constraints", "dtype_policies", "engine", "initializers", "layers"),
    *("models", "ops", "quantizers", "random", "regularizers"),
}
_FUNCTION_MODULES = {"builtins", "keras.activations", "keras.initializers", "keras.src.activations"}


class ModelRefused(TrainingError):
    """A file that cannot become a run; the message tells the person who brought it why."""


def check_archive(path: Path, name: str) -> None:
    """Refuse what is no whole `.keras` file of bounded size, or needs code to be run.

    name: what the person calls the file.

    Raises:
        ModelRefused: with one sentence.
    """
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise ModelRefused(
            f"{name} has {size / 1e6:.0f} MB: at most {MAX_FILE_BYTES / 1e6:.0f} MB are taken. "
            "Save it without its optimizer."
        )
    with path.open("rb") as file:
        start = file.read(8)
    if start == b"\x89HDF\r\n\x1a\n":
        raise ModelRefused(
            f"{name} is an HDF5 file (.h5), not a .keras file: load it with Keras where you "
            "trained it, and save it with model.save('model.keras')."
        )
    if not start.startswith(b"PK"):
        raise ModelRefused(
            f"{name} is not a .keras file: save the model with Keras 3, "
            "model.save('model.keras'), and bring that file."
        )
    try:
        with zipfile.ZipFile(path) as archive:
            config = _read_members(archive, name)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
        # RuntimeError: encrypted, or compressed in a way that is not known
        raise ModelRefused(
            f"{name} is damaged or cut short ({first_line(error)}): copy or save it again."
        ) from error
    _refuse_code(config, name)


def _read_members(archive: zipfile.ZipFile, name: str) -> dict[str, Any]:
    """The model's config, when the archive holds what Keras writes, whole and of bounded size."""
    found = {entry.filename: entry.file_size for entry in archive.infolist()}
    absent = [member for member in _MEMBERS if member not in found]
    if absent:
        raise ModelRefused(f"{name} is a zip archive, but no Keras model: it has no {absent[0]}.")
    unknown = sorted(found.keys() - _MEMBERS.keys())
    if unknown or len(archive.infolist()) > len(_MEMBERS):
        raise ModelRefused(
            f"{name} holds more than a network and its weights "
            f"({', '.join(unknown[:3]) or 'a file twice'}): such a model is not taken."
        )
    for member, most in _MEMBERS.items():
        if found[member] > most:
            raise ModelRefused(
                f"{name} is too large when unpacked: its {member} takes "
                f"{found[member] / 1e6:,.0f} MB, at most {most / 1e6:,.1f} MB are taken."
            )
    broken = archive.testzip()
    if broken:
        raise zipfile.BadZipFile(f"{broken} is not as it was written")
    try:
        config = json.loads(archive.read("config.json"))
    except (ValueError, RecursionError):
        config = None
    if not isinstance(config, dict):
        raise ModelRefused(f"{name} is damaged: its config.json is no JSON that describes a model.")
    return config


def _refuse_code(config: dict[str, Any], name: str) -> None:
    """Every object that the config names must be one of Keras's own that runs nothing else."""
    whole = {**config, "compile_config": None}
    waiting: list[tuple[Any, str]] = [(whole, "")]
    while waiting:
        value, layer = waiting.pop()
        if isinstance(value, list):
            waiting += [(inner, layer) for inner in value]
        if not isinstance(value, dict):
            continue
        if "class_name" in value:
            inner = value.get("config")
            own_name = inner.get("name") if isinstance(inner, dict) and value is not whole else None
            layer = own_name if isinstance(own_name, str) else layer
            _refuse_object(value, layer, name)
        waiting += [(inner, layer) for inner in value.values()]


def _refuse_object(value: dict[str, Any], layer: str, name: str) -> None:
    kind, module = str(value["class_name"]), str(value.get("module"))
    where = f"its layer “{layer[:60]}”" if layer else "it"
    if kind in _LAMBDAS:
        raise ModelRefused(
            f"{name} needs code: {where} holds a Lambda, and code from a file is never run. "
            "Replace it by Keras's own layers and save the model again."
        )
    if kind in _REACHING_OUT:
        raise ModelRefused(
            f"{name} needs more than itself: {where} is a {kind}, which runs or reads what lies "
            "outside the file. Replace it by Keras's plain layers and save the model again."
        )
    if not _is_keras(kind, module):
        what = value.get("config") if kind == "function" else kind
        raise ModelRefused(
            f"{name} needs code: {where} uses {str(what)[:60]}, which is not one of Keras's own "
            "layers, and code from a file is never run. Build the model from those alone."
        )


def _is_keras(kind: str, module: str) -> bool:
    """Whether Keras itself has this class, or function, among those that networks are made of."""
    if kind in _PLAIN_VALUES:
        return True
    if kind == "function":
        return module in _FUNCTION_MODULES
    first, *parts = [part for part in module.split(".") if part != "src"]
    if first != "keras":
        return False
    return parts[0] in _KERAS_PARTS if parts else kind in _KERAS_CLASSES
