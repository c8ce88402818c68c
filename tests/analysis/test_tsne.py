"""t-SNE in the background: three groups stay apart, it says how far it is, and it stops."""

import numpy as np
import pytest

from fmnist.analysis import tsne
from fmnist.analysis.job import Job, Stopped
from fmnist.data import catalogue
from fmnist.runs import analyses


@pytest.fixture
def job(made, monkeypatch) -> Job:
    """Of 90 images in three groups of features that lie far apart."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.eye(3, 20) * 50, 30, axis=0) + rng.standard_normal((90, 20))
    monkeypatch.setattr(tsne, "find_features", lambda *of: groups.astype(np.float32))
    monkeypatch.setattr(tsne, "_ITERATIONS", 300)
    data = catalogue.load()
    analysis = analyses.find_analysis("tsne", data, made)
    analyses.create(analysis)
    return Job(analysis.folder, data, made)


def test_groups_stay_apart_and_progress_is_reported(job, monkeypatch):
    said = []
    report = Job.report

    def listen(self, done, total, message=""):
        said.append((done, total))
        report(self, done, total, message)

    monkeypatch.setattr(Job, "report", listen)
    tsne.compute(job)
    points = tsne.read_tsne(job.folder, 90)
    middles = points.reshape(3, 30, 2).mean(axis=1)
    spread = np.linalg.norm(points.reshape(3, 30, 2) - middles[:, None], axis=2).max()
    apart = [np.linalg.norm(middles[a] - middles[b]) for a, b in ((0, 1), (0, 2), (1, 2))]
    assert min(apart) > 2 * spread
    assert (100, 400) in said
    assert max(done for done, _ in said) > 250
    assert tsne.read_tsne(job.folder, 91) is None


def test_it_stops_when_asked(job):
    (job.folder / "stop").touch()
    with pytest.raises(Stopped):
        tsne.compute(job)
    assert tsne.read_tsne(job.folder, 90) is None
