"""What kind of file somebody imports, and whether it is a whole Keras model of bounded size.

Asked before Keras or h5py opens it: only its first bytes, its zip directory and its JSON are read.
"""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from fmnist.imported.config_check import ModelRefused, read_model_config
from fmnist.runs.imported_record import MAX_FILE_BYTES

WEIGHTS = "model.weights.h5"  # a .keras file's member
MAX_WEIGHT_BYTES = 400_000_000
_MEMBERS = {"config.json": 5e6, "metadata.json": 1e5, WEIGHTS: MAX_WEIGHT_BYTES}
_HDF5 = b"\x89HDF\r\n\x1a\n"
_SAVE = "save the model with Keras 3, model.save('model.keras'), and import that file."
_FROM_TENSORFLOW = f"Load it with the TensorFlow that wrote it and {_SAVE}"
_NO_KERAS = f"Only Keras models can be imported: rebuild the network with Keras, and {_SAVE}"
# By ending, for what no first bytes tell: what it is, and the way that works.
_OTHERS = {
    (".pb", ".pbtxt"): ("a part of a TensorFlow SavedModel", _FROM_TENSORFLOW),
    (".tflite", ".lite"): ("a TensorFlow Lite model, made for phones", f"Instead, {_SAVE}"),
    (".pt", ".pth", ".ckpt", ".safetensors"): ("weights of PyTorch or a checkpoint", _NO_KERAS),
    (".onnx",): ("an ONNX model", _NO_KERAS),
    (".pkl", ".pickle", ".joblib", ".dill", ".sav"): (
        "a pickle, which can run code when it is opened",
        f"It is never opened here. If it holds a Keras model, {_SAVE}",
    ),
    (".json",): ("a text file without weights", f"Instead, {_SAVE}"),
    (".npz", ".npy"): ("a file of arrays without a network", f"Instead, {_SAVE}"),
    (".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".tar"): (
        "an archive",
        "Unpack it and import the .keras or .h5 file in it.",
    ),
    (".py", ".ipynb"): ("a program", f"Run it, then {_SAVE}"),
}


@dataclass(frozen=True)
class Archive:
    """What a `.keras` file says of its network, checked: one config of Keras's own parts."""

    config: dict[str, Any]
    keras_version: str  # that wrote it, "" where it is not said

    @property
    def is_keras_2(self) -> bool:
        """Whether Keras 2 wrote it, whose weights lie in another order of groups."""
        return self.keras_version.startswith("2.")


def is_hdf5(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_HDF5)) == _HDF5


def check_file(path: Path, name: str) -> None:
    """Refuse all that can be refused without Keras; of an HDF5 file, whose inside is not looked
    into here, only another kind and another size.

    Raises:
        ModelRefused: with one sentence or two.
    """
    check_kind(path, name)
    if not is_hdf5(path):
        read_archive(path, name)


def check_kind(path: Path, name: str) -> None:
    """Refuse what is neither a `.keras` nor an HDF5 file, or too large; says what it is instead.

    name: what the person calls the file.

    Raises:
        ModelRefused: with one sentence or two.
    """
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise ModelRefused(
            f"{name} has {size / 1e6:.0f} MB; the limit is {MAX_FILE_BYTES / 1e6:.0f} MB. "
            "Save it without its optimizer."
        )
    with path.open("rb") as file:
        start = file.read(16)
    if not start:
        raise ModelRefused(f"{name} is empty: copy or save it again.")
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06", _HDF5)):
        return
    what, advice = _name_kind(start, PurePath(name.lower()).suffix)
    raise ModelRefused(f"{name} is {what}, not a Keras model file (.keras or .h5). {advice}")


def _name_kind(start: bytes, ending: str) -> tuple[str, str]:
    if start[4:8] == b"TFL3":
        ending = ".tflite"
    elif start.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!")):
        ending = ".gz"
    for endings, kind in _OTHERS.items():
        if ending in endings:
            return kind
    if re.match(rb"\x80[\x02-\x05]", start):
        return _OTHERS[(".pkl", ".pickle", ".joblib", ".dill", ".sav")]
    if ending in (".keras", ".h5", ".hdf5", ".zip"):
        return "damaged or cut short, or was renamed", "Copy or save it again."
    return "of an unknown kind", f"{_SAVE[0].upper()}{_SAVE[1:]}"


def read_archive(path: Path, name: str) -> Archive:
    """What a `.keras` file holds, where it is whole, bounded and made of Keras's own parts.

    Raises:
        ModelRefused: with one sentence or two.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(archive, name)
            config = _read_json(archive, "config.json", name)
            metadata = _read_json(archive, "metadata.json", name)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
        # RuntimeError: encrypted, or compressed in a way that is not known
        reason = str(error).splitlines()[0] if str(error) else "its end is missing"
        raise ModelRefused(
            f"{name} is damaged or cut short ({reason[:120]}): copy or save it again."
        ) from error
    version = metadata.get("keras_version")
    version = version[:20] if isinstance(version, str) else ""
    is_legacy = version.startswith("2.")
    return Archive(read_model_config(config, name, is_legacy=is_legacy), version)


def _check_members(archive: zipfile.ZipFile, name: str) -> None:
    """Refuse an archive that does not hold exactly what Keras writes, whole and bounded."""
    found = {entry.filename: entry.file_size for entry in archive.infolist()}
    if not found.keys() & _MEMBERS.keys():
        raise ModelRefused(_describe_zip(sorted(found), name))
    absent = [member for member in _MEMBERS if member not in found]
    if absent:
        raise ModelRefused(
            f"{name} is a zip archive, but not a Keras model: it has no {absent[0]}."
        )
    unknown = sorted(found.keys() - _MEMBERS.keys())
    if unknown or len(archive.infolist()) > len(_MEMBERS):
        raise ModelRefused(
            f"{name} holds more than a network and its weights "
            f"({', '.join(unknown[:3])[:100] or 'a file twice'}): such files are refused."
        )
    for member, most in _MEMBERS.items():
        if found[member] > most:
            raise ModelRefused(
                f"{name} is too large when unpacked: its {member} takes "
                f"{found[member] / 1e6:,.0f} MB; the limit is {most / 1e6:,.1f} MB."
            )
    broken = archive.testzip()
    if broken:
        raise zipfile.BadZipFile(f"{broken} does not match its checksum")


def _describe_zip(members: list[str], name: str) -> str:
    """What an archive is that is no `.keras` file, by the names in it."""
    names = [PurePath(member).name for member in members]
    inside = [member for member in names if member.endswith((".keras", ".h5", ".hdf5"))]
    if "saved_model.pb" in names:
        what, advice = "a zipped TensorFlow SavedModel", _FROM_TENSORFLOW
    elif "data.pkl" in names:
        what, advice = "a PyTorch file", _NO_KERAS
    elif inside:
        return f"{name} is an archive containing {inside[0][:60]}: unpack it and import that file."
    elif {"config.json", "metadata.json"} <= {*names}:
        return f"{name} holds a Keras model in a folder: zip the files themselves, or {_SAVE}"
    elif names and all(member.endswith(".npy") for member in names):
        what, advice = "a file of arrays without a network (.npz)", f"Instead, {_SAVE}"
    else:
        return (
            f"{name} is a zip archive, but not a Keras model: it has no config.json. "
            f"{_SAVE[0].upper()}{_SAVE[1:]}"
        )
    return f"{name} is {what}, not a Keras model file (.keras or .h5). {advice}"


def _read_json(archive: zipfile.ZipFile, member: str, name: str) -> dict[str, Any]:
    return parse_json(archive.read(member), f"its {member}", name)


def parse_json(text: bytes | str, what: str, name: str) -> dict[str, Any]:
    """The object in a JSON text of a model file.

    Raises:
        ModelRefused: it is none, however it is made.
    """
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise ModelRefused(f"{name} is damaged: {what} is not JSON that describes a model.")
    return values
