"""The nearest training image of each test image."""

import dataclasses

import numpy as np
import pytest

from fmnist.analysis import near_duplicates
from fmnist.analysis.job import Job, Stopped
from fmnist.data import catalogue
from fmnist.runs import analyses


@pytest.fixture
def job(lab) -> Job:
    data = catalogue.load()
    analysis = analyses.find_analysis("near-duplicates", data)
    analyses.create(analysis)
    return Job(analysis.folder, data)


def test_index_distance_and_fraction_of_its_own_length(job):
    train = np.zeros((3, 28, 28), np.uint8)
    train[0, 0, 0] = train[1, 0, :3] = 255
    train[2, 5, :4] = 255
    test = np.zeros((2, 28, 28), np.uint8)
    test[0, 0, :2] = 255  # one pixel from the first, one from the second: the first is taken
    test[0, 1, 0] = 255  # length √3; two pixels less: the first is √2, the second √2 away
    test[1, 5, :4] = 255
    job.data = dataclasses.replace(
        job.data,
        train_images=train,
        train_labels=np.zeros(3, np.uint8),
        test_images=test,
        test_labels=np.zeros(2, np.uint8),
    )
    near_duplicates.compute(job)
    found = np.load(job.folder / near_duplicates.FILE)
    np.testing.assert_allclose(found[0, 1:], [np.sqrt(2), np.sqrt(2 / 3)], rtol=1e-5)
    np.testing.assert_allclose(found[1], [2, 0, 0], atol=1e-6)


def test_every_test_image_has_one(job):
    near_duplicates.compute(job)
    found = np.load(job.folder / near_duplicates.FILE)
    assert found.shape == (len(job.data.test_images), 3)
    nearest = job.data.train_images[found[:, 0].astype(int)].astype(float) / 255
    away = np.linalg.norm((job.data.test_images / 255 - nearest).reshape(len(found), -1), axis=1)
    np.testing.assert_allclose(found[:, 1], away, rtol=1e-4)


def test_it_stops_when_asked(job):
    (job.folder / "stop").touch()
    with pytest.raises(Stopped):
        near_duplicates.compute(job)
    assert not (job.folder / near_duplicates.FILE).exists()
