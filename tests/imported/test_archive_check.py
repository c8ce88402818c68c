"""Every kind of file that people import instead: one or two sentences that say what it is."""

import io
import json
import pickle
import zipfile

import numpy as np
import pytest

from fmnist.imported import archive_check
from fmnist.imported.archive_check import WEIGHTS, check_file, parse_json, read_archive
from fmnist.imported.config_check import ModelRefused
from tests.factories import models as model_factory

CONFIG = {
    "module": "keras",
    "class_name": "Sequential",
    "config": {"name": "theirs", "layers": []},
    "registered_name": None,
}


def members(**changes: bytes) -> dict[str, bytes]:
    whole = {
        "metadata.json": json.dumps({"keras_version": "3.9.0"}).encode(),
        "config.json": json.dumps(CONFIG).encode(),
        WEIGHTS: b"weights",
    }
    return whole | changes


def zipped(**changes: bytes) -> bytes:
    return model_factory.zip_of(members(**changes))


def npz() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, kernel=np.zeros(3))
    return buffer.getvalue()


def test_a_whole_file_is_taken_and_says_who_wrote_it(tmp_path):
    path = tmp_path / "theirs.keras"
    path.write_bytes(zipped())
    check_file(path, "theirs.keras")
    archive = read_archive(path, "theirs.keras")
    assert (archive.config, archive.keras_version) == (CONFIG, "3.9.0")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("x.keras", b"", "x.keras is empty: copy or save it again."),
        ("x.keras", b"hello", "x.keras is damaged or cut short, or was renamed"),
        ("x.pkl", pickle.dumps([1]), "x.pkl is a pickle, which can run code when it is opened"),
        ("x.joblib", b"\x78\x9c12", "x.joblib is a pickle"),
        ("x", pickle.dumps([1]), "x is a pickle"),
        ("x.pth", pickle.dumps([1]), "x.pth is weights of PyTorch or a checkpoint"),
        ("x.pt", model_factory.zip_of({"x/data.pkl": b""}), "x.pt is a PyTorch file"),
        ("x.onnx", b"\x08\x07", "x.onnx is an ONNX model"),
        ("x.tflite", b"\x1c\0\0\0TFL3", "x.tflite is a TensorFlow Lite model"),
        ("x.keras", b"\x1c\0\0\0TFL3", "x.keras is a TensorFlow Lite model"),
        ("saved_model.pb", b"\x08\x01", "saved_model.pb is a part of a TensorFlow SavedModel"),
        (
            "x.zip",
            model_factory.zip_of({"m/saved_model.pb": b"", "m/variables/variables.index": b""}),
            "x.zip is a zipped TensorFlow SavedModel, not a Keras model file (.keras or .h5).",
        ),
        (
            "x.zip",
            model_factory.zip_of({"m/best.h5": b""}),
            "x.zip is an archive containing best.h5: unpack it and import that file.",
        ),
        (
            "x.zip",
            model_factory.zip_of({f"m/{name}": b"" for name in members()}),
            "x.zip is an archive containing model.weights.h5",
        ),
        ("x.npz", npz(), "x.npz is a file of arrays without a network"),
        ("x.zip", model_factory.zip_of({"a.txt": b""}), "not a Keras model: it has no config.json"),
        ("x.gz", b"\x1f\x8b\x08", "x.gz is an archive, not a Keras model file"),
        ("model.json", b"{}", "model.json is a text file without weights"),
        ("x.docx", b"\xd0\xcf\x11", "x.docx is of an unknown kind"),
        ("x.keras", zipped()[:200], "x.keras is damaged or cut short (File is not a zip file)"),
        ("x.keras", zipped(**{"config.json": b"[1"}), "its config.json is not JSON"),
        ("x.keras", zipped(**{"config.json": b"[" * 200_000}), "its config.json is not JSON"),
        ("x.keras", zipped(**{"metadata.json": b"[]"}), "its metadata.json is not JSON"),
        (
            "x.keras",
            zipped(**{"config.json": b'{"a":' * 900 + b"1" + b"}" * 900}),
            "x.keras is nested deeper than a network can be",
        ),
        ("x.keras", zipped(**{"assets/x": b"1"}), "more than a network and its weights (assets/x)"),
        (
            "x.keras",
            zipped(**{WEIGHTS: bytes(500_000_000)}),
            "x.keras is too large when unpacked: its model.weights.h5 takes 500 MB",
        ),
    ],
)
def test_what_it_is_instead_is_said(tmp_path, name, content, sentence):
    path = tmp_path / "brought"
    path.write_bytes(content)
    with pytest.raises(ModelRefused) as caught:
        check_file(path, name)
    message = str(caught.value)
    assert sentence in message
    assert "\n" not in message
    assert message.endswith((".", ")"))


def test_a_large_file_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(archive_check, "MAX_FILE_BYTES", 1_000_000)
    path = tmp_path / "x.keras"
    path.write_bytes(bytes(2_000_000))
    with pytest.raises(ModelRefused, match=r"x\.keras has 2 MB; the limit is 1 MB"):
        check_file(path, "x.keras")


def test_bytes_that_changed_on_the_way_are_noticed(tmp_path):
    path = tmp_path / "x.keras"
    with zipfile.ZipFile(path, "w") as archive:  # stored, as Keras does
        for name, content in members(**{WEIGHTS: bytes(5000)}).items():
            archive.writestr(name, content)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelRefused, match=r"damaged or cut short \(.*model\.weights\.h5"):
        check_file(path, "x.keras")


def test_a_json_of_a_million_digits_is_no_model():
    with pytest.raises(ModelRefused, match="is not JSON that describes a model"):
        parse_json('{"a": ' + "9" * 1_000_000 + "}", "its config", "x.keras")
