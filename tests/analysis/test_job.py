"""How a long computation says how far it is."""

from fmnist.analysis.job import Job
from fmnist.data import catalogue
from fmnist.runs import analyses, status


def test_progress_is_written_now_and_then_and_at_the_end(lab):
    data = catalogue.load()
    analysis = analyses.find_analysis("near-duplicates", data)
    analyses.create(analysis)
    job = Job(analysis.folder, data)
    for done in range(1000):
        job.report(done, 1000, "counting")
    found = status.read_status(analysis.folder)
    assert (found.step, found.steps_per_epoch, found.message) == (0, 1000, "counting")
    job.report(1000, 1000, "counted")
    found = status.read_status(analysis.folder)
    assert (found.step, found.message) == (1000, "counted")
    assert found.heartbeat_at


def test_the_rate_is_that_of_this_process_alone(lab, monkeypatch):
    data = catalogue.load()
    analysis = analyses.find_analysis("near-duplicates", data)
    analyses.create(analysis)
    job, clock = Job(analysis.folder, data), [100.0]
    monkeypatch.setattr("fmnist.analysis.job.time.monotonic", lambda: clock[0])
    job.report(500, 1000)  # where another one was stopped
    assert status.read_status(analysis.folder).images_per_second is None
    clock[0] += 10
    job.report(600, 1000)
    assert status.read_status(analysis.folder).images_per_second == 10
