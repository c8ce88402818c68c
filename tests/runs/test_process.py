"""What stands around the work of a run's process."""

import subprocess
import sys

from fmnist.config import TrainConfig
from fmnist.runs import store

_WORK_FOR_EVER = """
import sys, time
from pathlib import Path
from fmnist.runs.process import ending_on_stop
with ending_on_stop(Path(sys.argv[1])) as set_message:
    set_message("at work")
    print("at work", flush=True)
    time.sleep(600)
"""


def test_a_process_ends_soon_after_somebody_asks(lab):
    run = store.create_run(TrainConfig())
    process = subprocess.Popen(
        [sys.executable, "-c", _WORK_FOR_EVER, run.run_dir], stdout=subprocess.PIPE
    )
    with process:
        try:
            assert process.stdout.readline().strip() == b"at work"
            store.request_stop(run)
            assert process.wait(120) == 1
        finally:
            process.kill()
    status = store.load_run(run.run_id).status
    assert (status.status, status.message) == ("stopped", "Stopped before it was scored.")
    assert status.finished_at
