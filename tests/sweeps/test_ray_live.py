"""A sweep on a real Ray cluster of two nodes, started here; its driver is killed, then a node."""

import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from fmnist import json_files
from fmnist.config import TrainConfig
from fmnist.runs import outputs, store
from fmnist.sweeps import driving, ray_folder
from fmnist.sweeps.results import read_results
from fmnist.sweeps.space import Axis
from fmnist.sweeps.sweep import Sweep, SweepState, read_sweep
from tests.factories.cluster import Cluster
from tests.waits import wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1500),  # it starts a cluster, and trains four times
    pytest.mark.skipif(sys.platform == "win32", reason="Ray's nodes are started otherwise there"),
]
BASE = TrainConfig(filters=(16,), kernel_size=3, dense_units=(32,), epochs=200, batch_size=16)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    cluster = Cluster()
    yield cluster
    cluster.close()


def list_runs(state: SweepState) -> list[store.Run]:
    return [run for run in store.list_runs() if run.sweep and run.sweep.sweep_id == state.sweep_id]


def list_training(state: SweepState) -> list[store.Run]:
    """Those that have finished an epoch, and not ended."""
    return [run for run in list_runs(state) if run.is_live and len(outputs.read_history(run))]


def why_it_failed(state: SweepState) -> str:
    status = read_sweep(state.folder).status
    log = state.folder / "log.txt"
    return f"{status.message}\n{log.read_text()[-3000:]}" if status.status == "failed" else ""


def test_neither_a_killed_driver_nor_a_lost_node_costs_a_trial_or_doubles_one(lab, cluster):
    node = cluster.add_node()
    wait_for(cluster.is_ready, "two nodes", give_up=cluster.why_it_ended)
    axis = Axis("dropout", values=(0.0, 0.1, 0.2))
    state = driving.start_sweep(Sweep(BASE, (axis,), on=cluster.address))

    def give_up() -> str:
        return why_it_failed(state)

    first = wait_for(
        lambda: len(found := list_training(state)) == 2 and found, "two trainings", 300, give_up
    )
    assert all(run.status.host.startswith(store.CLUSTER) for run in first)

    driver = psutil.Process(read_sweep(state.folder).status.pid)
    driver.kill()
    driver.wait(10)
    began = {run.run_id: store.read_status(run.run_dir).started_at for run in first}
    heard = {run.run_id: len(outputs.read_history(run)) for run in first}
    driving.ensure_driver(read_sweep(state.folder))

    def find_on_node() -> store.Run | None:
        """One whose progress the second driver has told."""
        below = {child.pid for child in psutil.Process(node.pid).children(recursive=True)}
        for run in list_training(state):
            is_told = len(outputs.read_history(run)) > heard.get(run.run_id, 0)
            if is_told and run.status.pid in below:
                return run
        return None

    lost = wait_for(find_on_node, "a training on the second node", 300, give_up)
    assert not (lost.run_dir / ray_folder.RECORD).exists()
    cluster.kill_node(node)

    wait_for(lambda: not read_sweep(state.folder).is_live, "the end", 600, give_up)
    assert read_sweep(state.folder).status.status == "completed"
    runs = list_runs(state)
    assert [run.status.status for run in runs] == ["completed"] * 3
    assert sorted(run.config.dropout for run in runs) == [0.0, 0.1, 0.2]
    assert [trial.state for trial in read_results(state.folder).trials] == ["completed"] * 3
    assert json_files.read_json(lost.run_dir / ray_folder.RECORD) == {"lost": 1}
    for run in runs:
        assert run.has_model
        assert outputs.read_results(run)["test_accuracy"] > 0.2
        assert list(outputs.read_history(run)["epoch"]) == list(range(BASE.epochs)), "each once"
        if run.run_id in began and run.run_id != lost.run_id:
            assert abs(run.status.started_at - began[run.run_id]) < 1, "it was not begun again"
    for number in (0, 1):
        home = find_home(cluster.temporary_folder(number))
        assert len([path for path in (home / "data").iterdir() if path.is_dir()]) == 1
    assert not list((find_home(cluster.temporary_folder(0)) / "trials").glob("*/*")), "tidied"


def find_home(temporary: Path) -> Path:
    (home,) = temporary.glob("fmnist-lab-*")
    return home
