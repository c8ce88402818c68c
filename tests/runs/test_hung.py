"""Processes that hear nothing any more, and numbers of processes that belong to others by now."""

import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest

from fmnist.data import catalogue
from fmnist.runs import analyses, jobs, status, store
from fmnist.runs.hung import end_if_it_hangs
from tests.factories import runs as run_factory
from tests.waits import wait_for

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot halt a process")


@pytest.fixture
def sleeper() -> Iterator[psutil.Process]:
    """A process that does nothing, for ten minutes."""
    started = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield psutil.Process(started.pid)
    started.kill()
    started.wait()


def test_a_suspended_analysis_is_ended_by_stop(lab, sleeper):
    analysis = analyses.find_analysis("near-duplicates", catalogue.load())
    analyses.create(analysis)
    status.claim_run(analysis.folder, sleeper.pid)
    (analysis.folder / "half.npy").write_bytes(b"half")
    sleeper.suspend()
    wait_for(lambda: sleeper.status() == psutil.STATUS_STOPPED, "it to be suspended")
    analyses.stop(analysis)
    wait_for(lambda: not analysis.status.is_live, "its end to be recorded")
    assert "ignored Stop, so its process was killed. What it had" in analysis.status.message
    wait_for(lambda: not sleeper.is_running(), "it to be killed")
    assert (analysis.folder / "half.npy").read_bytes() == b"half"
    assert analyses.create(analysis), "it can be started again"


def test_stop_leaves_alone_who_has_the_number_of_a_dead_process(lab, sleeper):
    run_dir = run_factory.write_run(lab.runs_dir, status="running")
    looked_at = store.load_run(run_dir.name)
    assert looked_at.is_live
    # The training dies, and its number is given to the sleeper, before somebody presses Stop.
    reused = {"pid": sleeper.pid, "pid_started_at": sleeper.create_time() - 3600}
    store.write_status(run_dir, **reused, heartbeat_at=time.time() - 75)
    sleeper.suspend()  # so that it would be taken for one that hangs
    jobs.stop_run(run_dir.name)
    end_if_it_hangs(run_dir, store.read_status(run_dir), is_silent=True, what_is_left="")
    assert store.load_run(run_dir.name).status.status == "failed"
    sleeper.resume()
    with pytest.raises(psutil.TimeoutExpired):
        sleeper.wait(3.5)  # longer than what hangs is given
