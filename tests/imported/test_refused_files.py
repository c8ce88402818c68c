"""A refused file: nothing of its run is left but the reason."""

import json
import os

import pytest

from fmnist.imported import refused_files
from fmnist.imported.refused_files import read_refusal, refuse
from fmnist.runs import store
from fmnist.runs.imported_record import ImportedModel


def make_run() -> store.Run:
    return store.create_import_run("Theirs", ImportedModel("theirs.keras"), b"PK")


def test_the_reason_is_kept_and_the_run_is_gone(lab):
    run = make_run()
    run.file("log.txt").write_text("TensorFlow said something")
    refuse(run, "theirs.keras is too slow.")
    assert store.list_runs() == []
    assert sorted(path.name for path in lab.runs_dir.iterdir()) == [".refused"]
    found = read_refusal(run.run_id)
    assert (found.file_name, found.reason) == ("theirs.keras", "theirs.keras is too slow.")


def test_only_the_newest_reasons_are_kept(lab, monkeypatch):
    monkeypatch.setattr(refused_files, "_KEPT", 2)
    ids = []
    for number in range(3):
        run = make_run()
        ids.append(run.run_id)
        refuse(run, "No.")
        # Some systems count the time of a file in steps as long as all of this takes.
        os.utime(lab.runs_dir / ".refused" / f"{run.run_id}.json", (number, number))
        if len(ids) < 3:  # so that the next one has another id
            (lab.runs_dir / run.run_id).mkdir()
    assert [read_refusal(run_id) is None for run_id in ids] == [True, False, False]


@pytest.mark.parametrize("run_id", ["", "bundled", "../../etc/passwd", "20260101-000000-none"])
def test_what_was_not_refused_has_no_reason(lab, run_id):
    assert read_refusal(run_id) is None


@pytest.mark.parametrize("content", ["", "[1]", "[" * 100_000, '{"at": 1}', "at-400-digits"])
def test_a_damaged_reason_is_none(lab, content):
    run = make_run()
    refuse(run, "No.")
    path = lab.runs_dir / ".refused" / f"{run.run_id}.json"
    if content == "at-400-digits":
        content = json.dumps({"file_name": "x", "reason": "y", "at": int("9" * 400)})
    path.write_text(content)
    assert read_refusal(run.run_id) is None
