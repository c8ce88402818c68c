"""Predictions for training images by models that were not trained on them."""

import dataclasses

import numpy as np
import pytest

from fmnist.analysis import label_issues
from fmnist.analysis.job import Job, Stopped
from fmnist.data import catalogue
from fmnist.runs import analyses, status
from fmnist.runs.process import TrainingError


@pytest.fixture
def job(lab) -> Job:
    data = catalogue.load()
    analysis = analyses.find_analysis("label-issues", data)
    analyses.create(analysis)
    return Job(analysis.folder, data)


def test_each_image_is_classified_once_by_a_model_not_trained_on_it(job, monkeypatch):
    asked = []

    def classify(job, config, known, held_out, number):
        asked.append(number)
        assert sorted([*known, *held_out]) == list(range(600))
        return np.full((len(held_out), 10), number, np.float32)

    monkeypatch.setattr(label_issues, "_classify", classify)
    label_issues.compute(job)
    found = np.load(job.folder / label_issues.FILE)
    assert found.shape == (600, 10)
    assert np.unique(found[:, 0], return_counts=True)[1].tolist() == [120] * 5
    assert asked == [0, 1, 2, 3, 4]
    assert not list(job.folder.glob("fold_*"))


def test_one_that_was_stopped_goes_on_where_it_was(job, monkeypatch):
    asked = []

    def classify(job, config, known, held_out, number):
        asked.append(number)
        if asked == [0, 1]:
            raise Stopped
        return np.zeros((len(held_out), 10), np.float32)

    monkeypatch.setattr(label_issues, "_classify", classify)
    with pytest.raises(Stopped):
        label_issues.compute(job)
    assert not (job.folder / label_issues.FILE).exists()
    label_issues.compute(job)
    assert asked == [0, 1, 1, 2, 3, 4]


def test_too_few_images_get_one_sentence(job):
    few = dataclasses.replace(job.data, train_labels=job.data.train_labels[:3])
    with pytest.raises(TrainingError, match="3 training images are too few"):
        label_issues.compute(Job(job.folder, few))


@pytest.mark.slow
def test_the_models_learn_and_report(job, monkeypatch):
    monkeypatch.setattr(label_issues, "FOLDS", 2)
    label_issues.compute(job)
    found = np.load(job.folder / label_issues.FILE)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    assert (found.argmax(axis=1) == job.data.train_labels).mean() > 0.3  # by chance: 0.1
    told = status.read_status(job.folder)
    assert told.message.startswith("training model")
    assert told.steps_per_epoch == 12  # two of them, three epochs, 300 images in batches of 256


@pytest.mark.slow
def test_a_training_stops_between_two_steps(job, monkeypatch):
    (job.folder / "stop").touch()
    with pytest.raises(Stopped):
        label_issues.compute(job)
    assert not list(job.folder.glob("fold_*"))
