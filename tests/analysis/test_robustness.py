"""Robustness in the background: right counts, and on from where it was stopped."""

from typing import ClassVar

import numpy as np
import pytest

from fmnist.analysis import robustness
from fmnist.analysis.job import Job, Stopped
from fmnist.data import catalogue
from fmnist.engine.client import Prediction
from fmnist.evaluation.corruptions import CORRUPTIONS, corrupt
from fmnist.json_files import write_json
from fmnist.runs import analyses


class Bright:
    """An engine whose model calls an image the class that its mean brightness is near."""

    asked: ClassVar[list[int]] = []

    def predict(self, model_path, images) -> Prediction:
        self.asked.append(len(images))
        return Prediction(np.eye(10, dtype=np.float32)[classes(images)], 1.0)

    def close(self) -> None:
        pass


def classes(images: np.ndarray) -> np.ndarray:
    return np.minimum(images.mean(axis=(1, 2)) // 10, 9).astype(int)


@pytest.fixture
def job(made, monkeypatch) -> Job:
    Bright.asked = []
    monkeypatch.setattr(robustness, "Engine", Bright)
    data = catalogue.load()
    analysis = analyses.find_analysis("robustness", data, made)
    analyses.create(analysis)
    return Job(analysis.folder, data, made)


def test_every_corruption_at_every_strength(job):
    robustness.compute(job)
    found = robustness.read_robustness(job.folder)
    images, labels = job.data.test_images, job.data.test_labels
    for name in CORRUPTIONS:
        expected = [
            int((classes(corrupt(images, name, strength)) == labels).sum())
            for strength in range(1, 6)
        ]
        assert found.right[name] == expected


def test_a_stopped_one_goes_on(job, monkeypatch):
    report, calls = Job.report, []

    def stop_later(self, *progress):
        calls.append(progress)
        if len(calls) == 10:
            (self.folder / "stop").touch()
        report(self, *progress)

    monkeypatch.setattr(Job, "report", stop_later)
    with pytest.raises(Stopped):
        robustness.compute(job)
    assert sum(Bright.asked) == 9 * 200
    assert robustness.read_robustness(job.folder) is None, "it is not complete"
    (job.folder / "stop").unlink()
    robustness.compute(job)
    assert sum(Bright.asked) == 35 * 200, "nothing is asked twice"
    assert robustness.read_robustness(job.folder).is_complete


@pytest.mark.parametrize(
    "content",
    [
        {"images": 200, "right": {"noise": [900]}},
        {"images": 0, "right": {}},
        {"images": 200, "right": {"fog": [1]}},
        [],
    ],
)
def test_a_damaged_result_is_computed_anew(job, content):
    write_json(job.folder / robustness.FILE, content)
    assert robustness.read_robustness(job.folder) is None
    robustness.compute(job)
    assert robustness.read_robustness(job.folder).is_complete
