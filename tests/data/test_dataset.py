"""fmnist/data/dataset.py on real small files."""

import gzip
import hashlib
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fmnist.data import dataset, samples
from tests.factories import data as data_factory

TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS = dataset.FILES


@pytest.fixture
def folder(no_data, tmp_path) -> Path:
    """A made dataset of 30 and 20 images that a test may spoil, with an empty cache and home."""
    return data_factory.write_dataset(tmp_path / "data", train=30, test=20)


def write_gz(path: Path, content: bytes) -> None:
    path.write_bytes(gzip.compress(content))


def spoil(path: Path, change) -> None:
    write_gz(path, change(gzip.decompress(path.read_bytes())))


# Loading


def test_arrays_are_the_files_content(folder):
    data = dataset.load_dataset(folder)

    images, labels = data_factory.make_split(30, [0, 0])
    assert np.array_equal(data.train_images, images)
    assert np.array_equal(data.train_labels, labels)
    assert data.test_images.shape == (20, 28, 28)
    assert data.test_images.dtype == data.test_labels.dtype == np.uint8
    assert (data.name, data.folder) == ("custom", folder)


def test_fingerprint_is_the_sha256_of_the_bytes(folder):
    data = dataset.load_dataset(folder)
    joined = b"".join(
        array.tobytes()
        for array in (data.train_images, data.train_labels, data.test_images, data.test_labels)
    )
    assert data.fingerprint == hashlib.sha256(joined).hexdigest()[:16]


def test_given_folder_is_what_the_fixture_promises(data_dir):
    data = dataset.load_dataset(data_dir)
    if os.environ.get("FMNIST_DATA_DIR"):
        assert data.name == "fashion-mnist"
        assert (len(data.train_images), len(data.test_images)) == (60_000, 10_000)
        assert dataset.CLASS_NAMES[data.train_labels[0]] == "Ankle boot"
    else:
        assert data.name == "custom"


def test_second_load_maps_the_kept_arrays(folder):
    first = dataset.load_dataset(folder)
    for name in dataset.FILES:  # same size and time, but no longer readable as gzip
        path = folder / name
        stat = path.stat()
        path.write_bytes(bytes(stat.st_size))
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))

    second = dataset.load_dataset(folder)

    assert second.fingerprint == first.fingerprint
    assert np.array_equal(second.test_images, first.test_images)
    assert isinstance(second.train_images.base, np.memmap)


def test_arrays_are_read_only(folder):
    for data in (dataset.load_dataset(folder), dataset.load_dataset(folder)):
        with pytest.raises(ValueError, match="read-only"):
            data.train_images[0] = 0


def test_changed_file_is_read_again(folder):
    first = dataset.load_dataset(folder)
    data_factory.write_dataset(folder, train=40, test=20, seed=1)
    second = dataset.load_dataset(folder)
    assert len(second.train_images) == 40
    assert second.fingerprint != first.fingerprint


@pytest.mark.parametrize("damage", ["cut", "delete", "empty"])
def test_damaged_kept_array_is_made_again(folder, damage):
    first = dataset.load_dataset(folder)
    (cached,) = (dataset.cache_dir() / "arrays").glob("*/train_images.npy")
    if damage == "delete":
        cached.unlink()
    else:
        os.truncate(cached, 200 if damage == "cut" else 0)

    second = dataset.load_dataset(folder)

    assert np.array_equal(second.train_images, data_factory.make_split(30, [0, 0])[0])
    assert second.fingerprint == first.fingerprint
    assert cached.stat().st_size > 30 * 784
    assert len(list((dataset.cache_dir() / "arrays").iterdir())) == 1


def test_cache_that_cannot_be_written_is_no_error(folder, tmp_path, monkeypatch):
    (tmp_path / "in-the-way").write_text("a file, so no folder can be made below it")
    monkeypatch.setenv("FMNIST_CACHE_DIR", str(tmp_path / "in-the-way"))
    data = dataset.load_dataset(folder)
    assert len(data.train_images) == 30
    assert not data.train_images.flags.writeable


def test_split(folder):
    data = dataset.load_dataset(folder)
    assert data.split("train") == (data.train_images, data.train_labels)
    assert data.split("test") == (data.test_images, data.test_labels)
    with pytest.raises(ValueError, match="'val'; expected 'train' or 'test'"):
        data.split("val")


# Where it is looked for


def test_environment_variable_comes_first(folder, tmp_path, monkeypatch):
    data_factory.write_dataset(dataset.cache_dir() / "fashion-mnist", train=10, test=10)
    monkeypatch.setenv("FMNIST_DATA_DIR", str(folder))
    assert dataset.load_dataset().folder == folder


def test_cache_comes_before_keras(folder, tmp_path):
    keras = tmp_path / "home" / ".keras" / "datasets" / "fashion-mnist"
    data_factory.write_dataset(keras, train=10, test=10)
    assert dataset.load_dataset().folder == keras
    downloads = dataset.cache_dir() / "fashion-mnist"
    data_factory.write_dataset(downloads, train=10, test=10)
    assert dataset.load_dataset().folder == downloads


def test_nothing_found_says_which_files_to_put_where(folder):
    with pytest.raises(dataset.DatasetMissing) as caught:
        dataset.load_dataset()
    expected = dataset.cache_dir() / "fashion-mnist"
    assert f"four files into {expected}: {', '.join(dataset.FILES)}" in str(caught.value)
    assert caught.value.folder == expected
    assert caught.value.can_download


def test_named_folder_that_lacks_files(folder, monkeypatch):
    (folder / TEST_LABELS).unlink()
    (folder / TRAIN_IMAGES).unlink()
    monkeypatch.setenv("FMNIST_DATA_DIR", str(folder))
    with pytest.raises(dataset.DatasetMissing) as caught:
        dataset.load_dataset()
    message = f"FMNIST_DATA_DIR names {folder}, which lacks {TRAIN_IMAGES}, {TEST_LABELS}."
    assert message in str(caught.value)
    assert not caught.value.can_download


def test_named_folder_that_is_none(folder, monkeypatch):
    monkeypatch.setenv("FMNIST_DATA_DIR", str(folder / "nowhere"))
    with pytest.raises(dataset.DatasetMissing, match="nowhere, which is not a folder"):
        dataset.load_dataset()


# Wrong files


def refused(folder: Path, file_name: str, *parts: str) -> None:
    with pytest.raises(dataset.DatasetError) as caught:
        dataset.load_dataset(folder)
    for part in (str(folder / file_name), *parts):
        assert part in str(caught.value)
    assert not isinstance(caught.value, dataset.DatasetMissing)


@pytest.mark.parametrize("file_name", dataset.FILES)
def test_truncated_gzip(folder, file_name):
    path = folder / file_name
    path.write_bytes(path.read_bytes()[:-12])
    refused(folder, file_name, "truncated")


@pytest.mark.parametrize("file_name", dataset.FILES)
def test_not_gzip(folder, file_name):
    (folder / file_name).write_bytes(b"<html>404 Not Found</html>")
    refused(folder, file_name, "expected gzip data")


@pytest.mark.parametrize("place", [0.3, 0.6, 0.9])
def test_corrupt_gzip(folder, place):
    path = folder / TRAIN_IMAGES
    content = bytearray(path.read_bytes())
    middle = int(len(content) * place)
    content[middle : middle + 20] = bytes(20)
    path.write_bytes(content)
    refused(folder, TRAIN_IMAGES)


def test_empty_file(folder):
    (folder / TRAIN_IMAGES).write_bytes(b"")
    refused(folder, TRAIN_IMAGES, "expected the magic number 2051, found nothing")


def test_labels_given_as_images(folder):
    shutil.copy(folder / TRAIN_LABELS, folder / TRAIN_IMAGES)
    refused(folder, TRAIN_IMAGES, "expected the magic number 2051, found 2049 (a file of labels)")


def test_images_given_as_labels(folder):
    shutil.copy(folder / TEST_IMAGES, folder / TEST_LABELS)
    refused(folder, TEST_LABELS, "expected the magic number 2049, found 2051 (a file of images)")


def test_header_cut_short(folder):
    write_gz(folder / TRAIN_IMAGES, struct.pack(">2I", 2051, 30))
    refused(folder, TRAIN_IMAGES, "expected 16 bytes, found 8")


def test_swapped_images(folder):
    (folder / TRAIN_IMAGES).rename(folder / "aside")
    (folder / TEST_IMAGES).rename(folder / TRAIN_IMAGES)
    (folder / "aside").rename(folder / TEST_IMAGES)
    refused(folder, TRAIN_IMAGES, "20 images", f"{TRAIN_LABELS} has 30 labels", "swapped?")


def test_published_file_under_another_name(folder, monkeypatch):
    content = (folder / TEST_LABELS).read_bytes()
    published = {**dataset.FILES, TEST_LABELS: hashlib.md5(content).hexdigest()}
    monkeypatch.setattr(dataset, "FILES", published)
    (folder / TRAIN_LABELS).write_bytes(content)
    refused(folder, TRAIN_LABELS, f"has the content of {TEST_LABELS}")


def test_wrong_dimensions(folder):
    write_gz(folder / TEST_IMAGES, struct.pack(">4I", 2051, 20, 32, 32) + bytes(20 * 32 * 32))
    refused(folder, TEST_IMAGES, "32×32 pixels; expected 28×28")


def test_too_short(folder):
    spoil(folder / TEST_IMAGES, lambda content: content[:-1])
    refused(folder, TEST_IMAGES, "too short", "20 images (15,680 bytes), found 15,679 bytes")


def test_trailing_bytes(folder):
    spoil(folder / TEST_LABELS, lambda content: content + b"\0")
    refused(folder, TEST_LABELS, "too long", "20 labels (20 bytes)")


def test_header_that_promises_gigabytes_is_refused_at_once(folder):
    spoil(folder / TRAIN_IMAGES, lambda c: c[:4] + b"\xff\xff\xff\xff" + c[8:])
    refused(folder, TRAIN_IMAGES, "4,294,967,295 images, more than")


def test_label_above_nine(folder):
    spoil(folder / TRAIN_LABELS, lambda content: content[:-1] + b"\x0b")
    refused(folder, TRAIN_LABELS, "label 11; expected labels 0 to 9")


def test_no_images_at_all(folder):
    write_gz(folder / TEST_IMAGES, struct.pack(">4I", 2051, 0, 28, 28))
    write_gz(folder / TEST_LABELS, struct.pack(">2I", 2049, 0))
    refused(folder, TEST_IMAGES, "no images")


# Splits, samples, summaries


def test_split_train_val_covers_every_index_once():
    train, val = samples.split_train_val(103, 0.1, seed=3)
    assert len(val) == 10
    assert sorted([*train, *val]) == list(range(103))
    assert val.tolist() == sorted(val)
    assert train.tolist() != sorted(train)


def test_split_train_val_is_seeded():
    first, again, other = (samples.split_train_val(100, 0.2, seed) for seed in (1, 1, 2))
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])
    assert not np.array_equal(first[1], other[1])


def test_split_without_validation():
    train, val = samples.split_train_val(10, 0.0, seed=0)
    assert (len(train), len(val)) == (10, 0)


@pytest.mark.parametrize("fraction", [-0.1, 1.0])
def test_split_train_val_bounds(fraction):
    with pytest.raises(ValueError, match="validation_fraction is"):
        samples.split_train_val(10, fraction, seed=0)


def test_sample_has_only_the_chosen_classes_without_repeats():
    labels = np.tile(np.arange(10, dtype=np.uint8), 20)
    chosen = samples.sample_indices(labels, classes=[6, 2], count=25, seed=0)
    assert len(set(chosen.tolist())) == 25
    assert set(labels[chosen].tolist()) == {2, 6}
    assert chosen.dtype == np.int64


def test_sample_is_reproducible_and_grows():
    labels = np.tile(np.arange(10, dtype=np.uint8), 20)
    few = samples.sample_indices(labels, classes=[], count=25, seed=7)
    more = samples.sample_indices(labels, classes=[], count=50, seed=7)
    other = samples.sample_indices(labels, classes=[], count=25, seed=8)
    assert more[:25].tolist() == few.tolist()
    assert other.tolist() != few.tolist()


def test_sample_of_more_than_there_are_gives_all():
    labels = np.array([1, 0, 1], np.uint8)
    assert sorted(samples.sample_indices(labels, classes=[1], count=400, seed=0)) == [0, 2]


def test_class_counts():
    counts = samples.class_counts(np.array([0, 9, 9, 3], np.uint8))
    assert counts.tolist() == [1, 0, 0, 1, 0, 0, 0, 0, 0, 2]


def test_mean_images():
    images = np.zeros((3, 28, 28), np.uint8)
    images[0, 1, 2], images[1, 1, 2], images[2] = 255, 0, 9
    means = samples.mean_images(images, np.array([4, 4, 0], np.uint8))
    assert (means.shape, means.dtype) == ((10, 28, 28), np.float32)
    assert means[4, 1, 2] == 127.5
    assert means[0, 5, 5] == 9
    assert not means[1].any()


def test_import_is_light():
    code = (
        "import sys, fmnist.data.dataset; "
        "print({'pandas', 'sklearn', 'scipy', 'PIL', 'streamlit', 'tensorflow'} & set(sys.modules))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"
