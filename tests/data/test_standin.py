"""The generator of the stand-in dataset, on weights small enough to work out by hand; its files."""

from pathlib import Path

import numpy as np
import pytest
from scipy import signal

from fmnist.data import standin
from fmnist.data.dataset import FILES, load_dataset
from fmnist.data.samples import class_counts
from fmnist.data.standin import Generator, fold, unfold, write_standin

ROOT = Path(__file__).parents[2]


@pytest.fixture
def small(monkeypatch):
    """Few images, so that a test takes a second."""
    monkeypatch.setattr(standin, "TRAIN_IMAGES", 60)
    monkeypatch.setattr(standin, "TEST_IMAGES", 20)


def still_arrays(**changes):
    """One component for each class, no spread; convolutions that correct nothing, no grain."""
    arrays = {
        "center": np.zeros((10, 784), np.float32),
        "basis": np.zeros((10, 2, 784), np.float32),
        "shares": np.ones((10, 1), np.float32),
        "means": np.zeros((10, 1, 2), np.float32),
        "factors": np.zeros((10, 1, 2, 2), np.float32),
        "kernel_0": np.zeros((3, 3, 4, 1), np.float32),
        "bias_0": np.zeros(1, np.float32),
        "kernel_1": np.zeros((3, 3, 1, 1), np.float32),
        "bias_1": np.zeros(1, np.float32),
        "kernel_2": np.zeros((3, 3, 1, 8), np.float32),
        "bias_2": np.array([0, 0, 0, 0, -100, -100, -100, -100], np.float32),
    }
    return arrays | changes


def rng():
    return np.random.default_rng(0)


def test_an_image_is_the_centre_and_the_components_of_its_class():
    arrays = still_arrays()
    arrays["center"][3] = 0.2
    arrays["basis"][3, 0, :28] = 0.1
    arrays["basis"][3, 1, 0] = -9
    arrays["means"][3, 0] = [4, 1]
    image = Generator(arrays).sample(3, 2, rng())[1]
    assert image.dtype == np.uint8
    assert image[0, 0] == 0  # 0.2 + 0.4 - 9, no darker than black
    assert (image[0, 1:] == 153).all()  # 255 × (0.2 + 4 × 0.1)
    assert (image[1:] == 51).all()  # 255 × 0.2


def test_latents_have_the_mean_and_covariance_of_their_component():
    arrays = still_arrays(means=np.full((10, 2, 2), 50.0), factors=np.zeros((10, 2, 2, 2)))
    arrays["means"][0, 1] = [1, -1]
    arrays["factors"][0, 1] = [[2, 0], [1, 3]]
    drawn = Generator(arrays).draw_latents(0, np.ones(40_000, int), rng())
    assert drawn.mean(axis=0) == pytest.approx([1, -1], abs=0.05)
    # [[2, 0], [1, 3]] times its transpose
    assert np.cov(drawn.T) == pytest.approx(np.array([[4, 2], [2, 10]]), abs=0.2)


def test_components_are_drawn_by_their_fractions():
    arrays = still_arrays(
        shares=np.tile([0.25, 0.75], (10, 1)),
        means=np.tile([[0.0, 0.0], [1.0, 0.0]], (10, 1, 1)),
        factors=np.zeros((10, 2, 2, 2)),
    )
    arrays["basis"][:, 0] = 1
    images = Generator(arrays).sample(0, 4_000, rng())
    assert (images == 255).mean() == pytest.approx(0.75, abs=0.03)
    assert (images == 0).mean() == pytest.approx(0.25, abs=0.03)


def test_bytes_are_read_with_the_scale_of_their_row():
    arrays = still_arrays(
        basis=np.array([[[-127, 2], [0, 100]]] * 10, np.int8),
        basis_scale=np.array([[[0.5], [0.25]]] * 10, np.float16),
    )
    assert (Generator(arrays).read("basis", 4) == [[-63.5, 1], [0, 25]]).all()


def test_a_convolution_is_scipys():
    kernel, bias = rng().standard_normal((3, 3, 4, 5)), rng().standard_normal(5)
    values = rng().random((2, 14, 14, 4), np.float32)
    generator = Generator(still_arrays(kernel_0=kernel, bias_0=bias))
    expected = np.empty((2, 14, 14, 5))
    for image in range(2):
        for out in range(5):
            expected[image, ..., out] = bias[out] + sum(
                signal.correlate2d(values[image, ..., channel], kernel[..., channel, out], "same")
                for channel in range(4)
            )
    assert generator._convolve(values, 0) == pytest.approx(expected, abs=1e-4)


def test_the_grain_is_as_strong_as_the_convolutions_say():
    loud = np.array([0.5, 0.5, 0.5, 0.5, 0, 0, 0, 0], np.float32)  # log(1 + exp(0)) is 0.693
    images = Generator(still_arrays(bias_2=loud / 8)).sample(0, 50, rng()) / 255
    assert images.min() == 0  # 0.06, and a grain far larger than that
    quiet = loud - [0, 0, 0, 0, 3, 3, 3, 3]  # log(1 + exp(-3)) is 0.0486
    images = Generator(still_arrays(bias_2=quiet)).sample(0, 50, rng()) / 255
    assert images.mean() == pytest.approx(0.5, abs=0.002)
    assert images.std() == pytest.approx(0.0486 * standin.GRAIN, rel=0.05)


def test_fold_puts_each_square_in_one_place():
    image = np.arange(784).reshape(1, 28, 28)
    assert fold(image)[0, 0, 1].tolist() == [2, 3, 30, 31]
    assert (unfold(fold(image)) == image).all()


def test_the_files_are_a_dataset_with_balanced_shuffled_classes(lab, tmp_path, small):
    seen = []
    write_standin(tmp_path / "new" / "folder", progress=lambda *told: seen.append(told[1:]))
    made = load_dataset(tmp_path / "new" / "folder")
    assert class_counts(made.train_labels).tolist() == [6] * 10
    assert class_counts(made.test_labels).tolist() == [2] * 10
    assert (np.diff(made.train_labels.astype(int)) < 0).sum() > 10  # in no order
    assert seen[-1] == (80, 80)
    assert sorted(seen) == seen


def test_the_same_seed_gives_the_same_bytes(tmp_path, small):
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        write_standin(tmp_path / name, seed)
    read = {
        name: [(tmp_path / name / file).read_bytes() for file in FILES] for name in ("a", "b", "c")
    }
    assert read["a"] == read["b"]
    assert read["a"][0] != read["c"][0]


def test_nothing_else_is_left_in_the_folder(tmp_path, small):
    write_standin(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(FILES)


def test_an_interruption_leaves_no_file(tmp_path, small):
    def interrupt(what, done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_standin(tmp_path / "new", progress=interrupt)
    assert not (tmp_path / "new").exists()


def test_the_images_look_like_their_class():
    """The mean of what is drawn is the class's mean image, as far as noise and clipping let it."""
    generator = Generator.load()
    for label in range(10):
        mean = generator.sample(label, 200, rng()).mean(axis=0).ravel() / 255
        assert np.corrcoef(mean, generator.read("center", label))[0, 1] > 0.97


def test_the_weights_are_small_and_plain():
    assert standin.WEIGHTS.stat().st_size <= 1_000_000
    with np.load(standin.WEIGHTS, allow_pickle=False) as file:
        kinds = {file[name].dtype for name in file.files}
    assert kinds <= {np.dtype("int8"), np.dtype("float16")}
