"""What stands around the work of a run's process."""

import subprocess
import sys

from fmnist import runs
from fmnist.config import TrainConfig

_WORK_FOR_EVER = """
import sys, time
from pathlib import Path
from fmnist.process import watched
with watched(Path(sys.argv[1])) as set_message:
    set_message("at work")
    print("at work", flush=True)
    time.sleep(60)
"""


def test_a_watched_process_ends_soon_after_somebody_asks(lab):
    run = runs.create_run(TrainConfig())
    process = subprocess.Popen(
        [sys.executable, "-c", _WORK_FOR_EVER, run.run_dir], stdout=subprocess.PIPE
    )
    with process:
        try:
            assert process.stdout.readline().strip() == b"at work"
            runs.request_stop(run)
            assert process.wait(10) == 1
        finally:
            process.kill()
    status = runs.load_run(run.run_id).status
    assert (status.status, status.message) == ("stopped", "Stopped before it was scored.")
    assert status.finished_at
