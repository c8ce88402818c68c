"""Fine-tuning runs, as they are listed and timed."""

from fmnist import json_files
from fmnist.drawing.fine_tuning_runs import USUAL_SECONDS, estimate_seconds
from fmnist.runs import store
from fmnist.runs.fine_tuned_record import FineTuned
from tests.factories import runs as run_factory


def test_a_fine_tuning_is_expected_to_take_as_long_as_the_last_one(tmp_path, monkeypatch):
    monkeypatch.setenv("FMNIST_RUNS_DIR", str(tmp_path))
    run_factory.write_run(tmp_path, "20260101-000000-conv")  # no fine-tuning
    assert estimate_seconds() == USUAL_SECONDS
    for run_id, status, seconds in (
        ("20260102-000000-taught", "completed", 50.0),
        ("20260103-000000-taught", "completed", 20.0),
        ("20260104-000000-taught", "stopped", 3.0),
    ):
        run_dir = run_factory.write_run(tmp_path, run_id, status)
        json_files.write_json(run_dir / "taught.json", FineTuned(1).to_json())
        began = store.read_status(run_dir).started_at
        store.write_status(run_dir, finished_at=began + seconds)
    assert estimate_seconds() == 20.0
