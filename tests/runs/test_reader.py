"""Reading a run changes nothing; reconciling one records that its process is gone."""

from fmnist.runs import reader
from fmnist.runs.status import write_status
from tests.factories import runs as run_factory


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_who_reads_a_run_changes_nothing(lab):
    run_dir = run_factory.write_run(lab.runs_dir, status="running", is_alive=False)
    before = contents(run_dir)
    assert reader.read_run(run_dir).status.status == "running"
    assert contents(run_dir) == before


def test_who_reconciles_a_run_records_that_its_process_is_gone(lab):
    run_dir = run_factory.write_run(lab.runs_dir, status="running", is_alive=False)
    assert reader.reconcile_run(run_dir).status.status == "failed"
    assert reader.read_run(run_dir).status.status == "failed"


def test_a_run_that_ends_between_two_looks_is_looked_into_once_more(lab, monkeypatch):
    run_dir = run_factory.write_run(lab.runs_dir, status="running")

    def end(folder, _status):
        return write_status(folder, status="completed")

    monkeypatch.setattr(reader, "reconcile_status", end)
    run = reader.reconcile_run(run_dir)
    assert run.status.status == "completed"
    assert "test_probabilities.npy is missing" in run.damaged
