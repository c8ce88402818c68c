"""Weights as an attacker would write them: links, other files, gigabytes that nobody stored."""

import h5py
import numpy as np
import pytest

from fmnist.imported.config_check import ModelRefused
from fmnist.imported.weights_check import check_weights, open_weights, read_texts


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "weights.h5"
    with h5py.File(path, "w") as file:
        file["layers/dense/vars/0"] = np.zeros((784, 10), np.float32)
        file["layers/dense/vars/1"] = np.zeros(10, np.float16)
        file["layers/dropout/seed_generator/vars/0"] = np.zeros(2, np.uint32)
        file["optimizer/vars/1"] = np.zeros((784, 10), np.float32)
    return path


def check(path):
    with open_weights(path, "theirs.keras") as file:
        return check_weights(file, "theirs.keras")


def test_what_is_declared_is_counted(path):
    declared = check(path)
    assert declared.numbers == 7850
    assert declared.size == 2 * 31360 + 20 + 8


def add_gigabytes(file):
    file.create_dataset("layers/dense/vars/2", (2**28,), np.float32, chunks=(1024,))


def add_many_of_100_mb(file):
    for number in range(5):
        file.create_dataset(f"layers/dense_{number}/vars/0", (25_000_000,), "f4", chunks=(1024,))


def add_more_than_memory(file):
    file.create_dataset("layers/dense/vars/2", (2**62,), np.uint8, chunks=(1024,))


def add_soft_link(file):
    file["layers/dense/vars/2"] = h5py.SoftLink("/layers/dense/vars/0")


def add_external_link(file):
    file["layers/dense/vars/2"] = h5py.ExternalLink("/etc/passwd", "/")


def add_hard_link(file):
    file["layers/dense/vars/2"] = file["layers/dense/vars/0"]


def add_circle(file):
    file["layers/dense/vars/layers"] = file["layers"]


def add_virtual(file):
    layout = h5py.VirtualLayout((10,), np.float32)
    layout[:] = h5py.VirtualSource("/tmp/other.h5", "x", (10,))
    file.create_virtual_dataset("layers/dense/vars/2", layout)


def add_external(file):
    external = [("/etc/hostname", 0, 4)]
    file.create_dataset("layers/dense/vars/2", (1,), np.float32, external=external)


@pytest.mark.parametrize(
    ("add", "sentence"),
    [
        (add_gigabytes, "declares weights of 1,074 MB or more; the limit is 400 MB"),
        (add_many_of_100_mb, "MB or more; the limit is 400 MB"),
        (add_more_than_memory, "MB or more; the limit is 400 MB"),
        (add_soft_link, "/layers/dense/vars/2 in its weights is a link"),
        (add_external_link, "is a link"),
        (add_hard_link, "its weights hold /layers/dense/vars/2 twice"),
        (add_circle, "twice"),
        (add_virtual, "/layers/dense/vars/2 in its weights is stored in another file"),
        (add_external, "stored in another file"),
    ],
)
def test_what_no_network_needs_is_refused(path, add, sentence):
    with h5py.File(path, "a") as file:
        add(file)
    with pytest.raises(ModelRefused) as caught:
        check(path)
    assert str(caught.value).startswith("theirs.keras ")
    assert sentence in str(caught.value)


@pytest.mark.parametrize("kept", [0, 100, 2000])
def test_a_file_cut_short_is_damaged(path, kept):
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ModelRefused, match=r"theirs\.keras is damaged or cut short"):
        check(path)


@pytest.mark.parametrize("as_bytes", [True, False])
def test_the_network_in_the_attributes(path, as_bytes):
    with h5py.File(path, "a") as file:
        assert read_texts(file) == (None, "")
        texts = {"model_config": '{"a": 1}', "keras_version": "2.15.0"}
        for name, text in texts.items():
            file.attrs[name] = text.encode() if as_bytes else text
    with open_weights(path, "theirs.h5") as file:
        text, version = read_texts(file)
    assert (text if isinstance(text, str) else text.decode(), version) == ('{"a": 1}', "2.15.0")
