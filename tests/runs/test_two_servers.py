"""Two servers on one folder of runs: two processes that start, share, set and stop at once."""

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from fmnist.config import TrainConfig
from fmnist.runs import jobs, queue, settings, store
from tests.waits import wait_for

pytestmark = pytest.mark.slow  # a dispatcher starts a training

ROOT = Path(__file__).parents[2]
# As a server does for its visitors: the same settings, settings of its own, and a setting.
SERVER = """
import json, sys
from fmnist.config import TrainConfig
from fmnist.runs import jobs, settings

me = int(sys.argv[1])
sys.stdin.readline()  # both begin together
shared = [jobs.find_or_start_run(TrainConfig(epochs=50, seed=7), f"person {me}") for _ in range(5)]
own = [jobs.start_run(TrainConfig(epochs=50), f"person {me}") for _ in range(5)]
for number in range(20):
    settings._write_setting(f"of server {me}", number)
print(json.dumps([shared, own]))
"""


def test_two_servers_share_one_queue_and_lose_nothing(lab):
    servers = [
        subprocess.Popen(
            [sys.executable, "-c", SERVER, str(number)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(2)
    ]
    for server in servers:
        server.stdin.write("\n")
        server.stdin.flush()
    said = [json.loads(server.communicate()[0]) for server in servers]
    shared = [one for here, _ in said for one in here]
    assert len({run_id for run_id, _ in shared}) == 1
    assert [is_new for _, is_new in shared].count(True) == 1, "one of the two made it"
    made = {run_id for _, own in said for run_id in own} | {shared[0][0]}
    assert len(made) == 11
    assert {run.run_id for run in store.list_runs()} == made

    def list_dispatchers() -> list[int]:
        ending = ["fmnist.runs.dispatcher", str(lab.runs_dir.resolve())]
        return [
            process.pid
            for process in psutil.process_iter(["cmdline"])
            if (process.info["cmdline"] or [])[-2:] == ending
        ]

    wait_for(lambda: len(list_dispatchers()) == 1, "one dispatcher, and no second one")
    wait_for(lambda: any(run.status.started_at for run in store.list_runs()), "one to begin", 120)
    found = queue.Queue(lab.runs_dir).look()
    assert (len(found.running), len(found.waiting)) == (1, 10)
    values = json.loads((lab.runs_dir / "settings.json").read_text())
    assert (values["of server 0"], values["of server 1"]) == (19, 19)
    assert settings.read_parallel_trainings() == 1

    for run in found.waiting:  # each server may stop what the other has queued
        jobs.stop_run(run.run_id)
    ends = [run.run_id for run in found.waiting]
    wait_for(
        lambda: not any(store.load_run(one).is_live for one in ends), "the ends of all of them"
    )
    assert {store.load_run(one).status.status for one in ends} == {"stopped"}
    assert jobs.find_or_start_run(TrainConfig(epochs=50, seed=7))[1] == (
        found.running[0].run_id != shared[0][0]
    )
