"""Long computations as processes: started once, watched, stopped, found dead."""

import os
import signal
import threading

import pytest

from fmnist.data import catalogue
from fmnist.runs import analyses, status, store
from fmnist.runs.folder import RunsFolderError
from tests.waits import wait_for


@pytest.fixture
def analysis(lab) -> analyses.Analysis:
    return analyses.find_analysis("near-duplicates", catalogue.load())


def test_one_that_nobody_started(analysis):
    assert (analysis.status, analysis.is_done, analysis.is_stopping) == (None, False, False)


def test_it_is_made_ready_once_while_it_is_at_work(analysis):
    assert analyses.create(analysis)
    assert not analyses.create(analysis)
    assert analyses.read_request(analysis.folder) == analysis.request
    assert analysis.status.is_live


def test_two_tabs_start_one(analysis):
    made, together = [], threading.Barrier(4)

    def create() -> None:
        together.wait()
        made.append(analyses.create(analysis))

    threads = [threading.Thread(target=create) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [False, False, False, True]


def test_one_that_was_stopped_or_failed_starts_again_with_what_it_had(analysis):
    analyses.create(analysis)
    (analysis.folder / "half.npy").write_bytes(b"half")
    analyses.stop(analysis)
    assert analysis.is_stopping
    status.write_status(analysis.folder, status="stopped")
    assert analyses.create(analysis)
    assert not analysis.is_stopping
    assert (analysis.folder / "half.npy").exists()


def test_a_dead_process_is_found_and_called_what_it_was(analysis):
    analyses.create(analysis)
    gone = {"pid": 2**22 + 1, "pid_started_at": 1.0, "host": os.uname().nodename}
    status.write_status(analysis.folder, **gone, heartbeat_at=1.0)
    found = analysis.status
    assert found.status == "failed"
    assert found.message.startswith("The analysis process ended unexpectedly")


def test_a_file_in_the_way_is_one_sentence(analysis):
    analysis.folder.parent.parent.mkdir(parents=True)
    analysis.folder.parent.write_text("a file")
    with pytest.raises(RunsFolderError, match="cannot be written"):
        analyses.create(analysis)


@pytest.mark.parametrize("content", ["", "[]", '{"what": 3}'])
def test_a_damaged_request_is_refused(tmp_path, content):
    (tmp_path / "request.json").write_text(content)
    with pytest.raises(ValueError, match=r"."):
        analyses.read_request(tmp_path)


def test_a_started_one_ends_with_its_result(analysis):
    analyses.start(analysis)
    wait_for(lambda: not analysis.status.is_live, "its end")
    assert analysis.status.status == "completed", analysis.status.message
    assert (analysis.folder / "nearest.npy").is_file()


def test_a_killed_one_says_so(analysis, monkeypatch):
    killed = []

    def start_and_kill(*arguments, **options):
        process = start(*arguments, **options)
        killed.append(process.pid)
        os.kill(process.pid, signal.SIGKILL)
        return process

    start = analyses.start_in_background
    monkeypatch.setattr(analyses, "start_in_background", start_and_kill)
    analyses.start(analysis)
    wait_for(lambda: not store.read_status(analysis.folder).is_live, "its end")
    assert "analysis process was killed" in analysis.status.message
    assert killed
