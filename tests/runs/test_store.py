"""The run folder survives what happens to folders: half files, damage, hostile names."""

import json
import shutil
import sys
import time
import zipfile
from io import BytesIO

import pytest

from fmnist import json_files
from fmnist.config import TrainConfig
from fmnist.runs import queue, settings, store
from fmnist.runs.status import reconcile_status
from fmnist.runs.tables import summary_table
from fmnist.runs.time_estimate import past_runs
from tests.factories import runs as run_factory
from tests.waits import wait_for


@pytest.fixture
def bundled(bundled_dir):
    return store.read_run(run_factory.write_run(bundled_dir.parent).rename(bundled_dir))


# -- making runs ----------------------------------------------------------------------------------


def test_a_new_run_waits_and_can_be_loaded_again(lab):
    run = store.create_run(TrainConfig(filters=(64,), epochs=7))
    assert run.run_dir.parent == lab.runs_dir
    assert run.run_id.endswith("-conv-64")
    assert store.load_run(run.run_id) == run
    assert (run.status.status, run.status.epochs, run.is_live) == ("queued", 7, True)
    assert [path.name for path in lab.runs_dir.iterdir()] == [run.run_id]


def test_runs_made_within_one_second_get_names_of_their_own(lab, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 1_795_190_400.0)  # 2026-11-20 16:00:00 UTC
    ids = [store.create_run(TrainConfig(name="Ä/b c")).run_id for _ in range(3)]
    assert ids == ["20261120-160000-b-c", "20261120-160000-b-c-2", "20261120-160000-b-c-3"]
    assert [run.run_id for run in store.list_runs()] == ids[::-1]


@pytest.mark.parametrize(
    "run_id",
    [
        "../../etc/passwd",
        "<script>alert(1)</script>",
        "",
        ".",
        "..",
        "20260102-030405-made/../20260102-030405-made",
        "20260102-030405-MADE",
        "20260102-030405-made\n",
        "20260102-030405-made\0",
        "bundled/../bundled",
        "Bundled",
        "bundled\n",
        "x" * 5000,
    ],
)
def test_what_is_no_id_is_no_run(made, run_id):
    with pytest.raises(store.RunNotFound, match="is not the id of a run") as caught:
        store.load_run(run_id)
    assert len(str(caught.value)) < 120


def test_an_absent_run_is_said_to_be_absent(lab):
    with pytest.raises(store.RunNotFound, match="may have been deleted"):
        store.load_run("20260102-030405-made")


def test_other_folders_and_files_are_no_runs(lab):
    run_factory.write_run(lab.runs_dir)
    (lab.runs_dir / "notes").mkdir()
    (lab.runs_dir / ".new-abc").mkdir()
    (lab.runs_dir / "20260102-030405-file").write_text("a file")
    assert [run.run_id for run in store.list_runs()] == [run_factory.RUN_ID]


def test_no_folder_is_no_runs(lab):
    lab.runs_dir.rmdir()
    assert store.list_runs() == []
    assert settings.read_parallel_trainings() == 1


def test_a_file_in_the_place_of_the_folder_is_one_clear_sentence(lab):
    lab.runs_dir.rmdir()
    lab.runs_dir.write_text("not a folder")
    for write in (
        lambda: store.create_run(TrainConfig()),
        lambda: settings.write_parallel_trainings(2),
    ):
        with pytest.raises(store.RunsFolderError, match=r"cannot be written .*FMNIST_RUNS_DIR"):
            write()
    assert store.list_runs() == []


def test_a_full_disk_leaves_no_half_run(lab, monkeypatch):
    def fail(path, value):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(json_files, "write_json", fail)
    with pytest.raises(store.RunsFolderError, match="No space left on device"):
        store.create_run(TrainConfig())
    assert list(lab.runs_dir.iterdir()) == []


# -- the bundled run ------------------------------------------------------------------------------


def test_without_a_bundled_run_there_is_none(made):
    with pytest.raises(store.RunNotFound, match="There is no run 'bundled'"):
        store.load_run("bundled")
    assert store.list_runs_and_bundled() == store.list_runs() == [made]


def test_the_bundled_run_is_last_and_no_run_of_ones_own(bundled, made):
    assert store.list_runs() == [made]
    assert store.list_runs_and_bundled() == [made, bundled]
    assert store.load_run("bundled") == bundled
    assert (bundled.is_bundled, made.is_bundled) == (True, False)
    assert (bundled.title, bundled.origin) == ("bundled", "comes with the Lab")
    assert (made.title, made.origin) == ("Made run", "2026-01-02 03:04 UTC")


def test_the_bundled_run_is_neither_queued_nor_a_measure_of_this_machine(bundled_dir, lab):
    run_factory.write_run(bundled_dir.parent, status="queued").rename(bundled_dir)
    assert queue.list_queued() == []
    assert past_runs() == []


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda run: store.rename_run(run, "mine"), "renamed"),
        (store.delete_run, "deleted"),
        (store.request_stop, "stopped"),
        (lambda run: store.write_status(run.run_dir, message="x"), "given another status"),
        (lambda run: store.claim_run(run.run_dir), "given another status"),
    ],
    ids=["rename", "delete", "stop", "status", "claim"],
)
def test_the_bundled_run_is_never_changed(bundled, change, what):
    before = contents(bundled.run_dir)
    with pytest.raises(store.RunReadOnly) as caught:
        change(bundled)
    assert str(caught.value) == (
        f"The bundled run comes with the Lab and is read-only: it is not {what}."
    )
    assert contents(bundled.run_dir) == before


@pytest.mark.parametrize("status", ["running", "queued"])
def test_a_live_status_of_the_bundled_run_is_damage_and_stays_as_it_is(bundled_dir, lab, status):
    run_factory.write_run(bundled_dir.parent, status=status, is_alive=False).rename(bundled_dir)
    before = contents(bundled_dir)
    run = store.load_run("bundled")
    assert run.damaged == f"status.json says {status}, not completed"
    assert (run.is_live, run.has_scores) == (False, False)
    assert reconcile_status(bundled_dir, run.status) == run.status
    assert store.list_runs_and_bundled() == [run]
    assert contents(bundled_dir) == before


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# -- damage ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("config.json", None, "config.json is missing"),
        ("config.json", '{"epochs": 3', "config.json cannot be read"),
        ("config.json", b"\xff\xfe\x00", "config.json cannot be read"),
        ("config.json", '{"layers": 3}', "not written by this version: Unknown setting 'layers'"),
        ("config.json", '{"epochs": 1e999}', "config.json cannot be read"),
        ("status.json", None, "status.json is missing"),
        ("status.json", "", "status.json cannot be read"),
        ("status.json", "[]", "status.json cannot be read"),
        ("status.json", '{"status": "paused"}', "status.json cannot be read"),
        ("status.json", '{"status": "running", "pid": "7"}', "status.json cannot be read"),
        ("status.json", '{"status": "running", "pid": -5}', "status.json cannot be read"),
        ("status.json", '{"status": "running", "pid": 1.5}', "status.json cannot be read"),
        ("status.json", '{"status": "running", "epoch": NaN}', "status.json cannot be read"),
        ("status.json", '{"status": "running", "step": 1' + 400 * "0" + "}", "cannot be read"),
        ("model.keras", None, "model.keras is missing"),
        ("model.keras", b"PK half of an archive", "model.keras cannot be read"),
        ("test_probabilities.npy", b"\x93NUM", "test_probabilities.npy cannot be read"),
        ("results.json", None, "results.json is missing"),
        ("results.json", '{"test_acc', "results.json cannot be read"),
        ("test_probabilities.npy", None, "test_probabilities.npy is missing"),
    ],
)
def test_a_damaged_run_is_listed_with_the_reason_and_harms_no_other(lab, name, content, said):
    whole = run_factory.write_run(lab.runs_dir, "20260101-000000-whole")
    broken = run_factory.write_run(lab.runs_dir, "20260102-000000-broken")
    (broken / name).unlink()
    if content is not None:
        data = content if isinstance(content, bytes) else content.encode()
        (broken / name).write_bytes(data)
    first, second = store.list_runs()
    assert (first.run_id, second.run_id) == (broken.name, whole.name)
    assert said in first.damaged
    assert not second.damaged
    assert not first.is_live
    table = summary_table([first, second])
    assert list(table["status"]) == ["damaged", "completed"]
    assert said in table["message"][0]


def test_a_status_of_a_later_version_is_read_without_its_new_fields(made):
    values = json.loads(made.file("status.json").read_text())
    made.file("status.json").write_text(json.dumps({**values, "mood": "good"}))
    assert store.load_run(made.run_id).status == made.status


def test_a_cancelled_run_has_no_model_and_is_not_damaged(lab):
    run = store.create_run(TrainConfig())
    store.write_status(run.run_dir, status="stopped", finished_at=time.time())
    assert store.load_run(run.run_id).damaged == ""


@pytest.mark.parametrize("content", ["{", "[1]", '{"name": 7}'])
def test_broken_notes_are_no_damage(made, content):
    made.file("notes.json").write_text(content)
    run = store.load_run(made.run_id)
    assert (run.damaged, run.title) == ("", "7" if "7" in content else "Made run")


# -- what a person does with runs -----------------------------------------------------------------


def test_renaming_and_taking_the_name_back(made):
    store.rename_run(made, "  my \n best   run ")
    assert store.load_run(made.run_id).title == "my best run"
    store.rename_run(store.load_run(made.run_id), "")
    assert store.load_run(made.run_id).title == "Made run"


HIDING = "\u202etxt.exe\0\u200b \x1b[1m" + "x" * 90


def test_a_name_hides_nothing_and_turns_nothing_round(made):
    store.rename_run(made, HIDING)
    kept = json.loads(made.file("notes.json").read_text(encoding="utf-8"))
    assert kept["name"] == "txt.exe [1m" + "x" * 49
    store.rename_run(made, "\u202e\0 ")
    assert store.load_run(made.run_id).title == "Made run"


def test_what_lies_in_a_folder_hides_nothing_either(made):
    """Whoever wrote it."""
    json_files.write_json(made.file("notes.json"), {"name": HIDING})
    status = json.loads(made.file("status.json").read_text(encoding="utf-8"))
    json_files.write_json(made.file("status.json"), {**status, "message": "a\u202eb\n\nc\0"})
    run = store.load_run(made.run_id)
    assert run.title == "txt.exe [1m" + "x" * 49
    assert run.status.message == "ab c"


def test_deleting_leaves_nothing_and_harms_no_other(lab, made):
    other = run_factory.write_run(lab.runs_dir, "20260103-000000-other")
    store.delete_run(made)
    assert [path.name for path in lab.runs_dir.iterdir()] == [other.name]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_to_a_run_is_not_deleted_and_leaves_no_remains(lab, tmp_path):
    elsewhere = run_factory.write_run(tmp_path / "elsewhere")
    link = lab.runs_dir / elsewhere.name
    link.symlink_to(elsewhere)
    before = contents(elsewhere)
    with pytest.raises(store.RunsFolderError, match=f"is a link to {elsewhere}: remove the link"):
        store.delete_run(store.load_run(link.name))
    assert [path.name for path in lab.runs_dir.iterdir()] == [link.name]
    assert contents(elsewhere) == before


def test_what_an_earlier_deletion_has_left_is_in_nobodys_way(lab, made):
    (lab.runs_dir / f".deleted-{made.run_id}").mkdir()
    (lab.runs_dir / f".deleted-{made.run_id}" / "left.txt").write_text("by a crash")
    store.delete_run(made)
    assert store.list_runs() == []


def test_a_run_whose_files_cannot_be_deleted_stays_in_the_list(lab, made, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(shutil, "rmtree", refuse)
    with pytest.raises(store.RunsFolderError, match=r"cannot be deleted \(Permission denied\)"):
        store.delete_run(made)
    assert [path.name for path in lab.runs_dir.iterdir()] == [made.run_id]


def test_a_run_that_trains_is_not_deleted(lab):
    run = store.read_run(run_factory.write_run(lab.runs_dir, status="running"))
    with pytest.raises(ValueError, match="still running: stop it"):
        store.delete_run(run)
    assert run.run_dir.is_dir()


def test_a_folder_that_is_gone_cannot_be_renamed_stopped_or_deleted(made):
    store.delete_run(made)
    for change in (lambda: store.rename_run(made, "x"), lambda: store.request_stop(made)):
        with pytest.raises(store.RunsFolderError, match="cannot be written"):
            change()
    with pytest.raises(store.RunsFolderError, match="cannot be deleted"):
        store.delete_run(made)


def test_what_was_computed_of_a_model_is_in_no_zip_and_goes_when_it_is_checked_again(lab):
    run = store.read_run(run_factory.write_imported_run(lab.runs_dir))
    computed = run.file("analyses") / "0123" / "tsne" / "tsne.npy"
    computed.parent.mkdir(parents=True)
    computed.touch()
    with zipfile.ZipFile(BytesIO(store.zip_runs([run]))) as archive:
        assert not [name for name in archive.namelist() if "analyses" in name]
    store.reset_import(run, "auto", "auto")
    assert not run.file("analyses").exists()


def test_the_zip_holds_the_whole_folder_without_drafts(made):
    drafts = {".status.json.1.tmp", ".model.keras.1.keras", ".checkpoint.1.weights.h5"}
    for name in drafts:
        made.file(name).write_text("a draft")
    with zipfile.ZipFile(BytesIO(store.zip_runs([made]))) as archive:
        names = set(archive.namelist())
        assert archive.testzip() is None
        assert json.loads(archive.read(f"{made.run_id}/config.json")) == made.config.to_json()
    expected = {path.name for path in made.run_dir.iterdir()} - drafts
    assert names == {f"{made.run_id}/{name}" for name in expected}


def test_stopping_is_a_file(made):
    assert not store.is_stop_requested(made.run_dir)
    store.request_stop(made)
    assert store.is_stop_requested(made.run_dir)


def test_the_queue_is_first_come_first_served(lab):
    for place, name in enumerate(("c", "a", "b")):
        run_dir = run_factory.write_run(lab.runs_dir, f"20260102-030405-{name}", status="queued")
        store.write_status(run_dir, queued_at=time.time() - 30 + place)
    run_factory.write_run(lab.runs_dir, "20260101-000000-trains", status="running")
    assert [run.run_id[-1] for run in queue.list_queued()] == ["c", "a", "b"]
    assert queue.list_queued([]) == []


def test_tags_and_a_note_are_tidied_and_bounded(made):
    store.annotate_run(made, [" wide ", "a,b", "wide", "", *map(str, range(20))], "one\ntwo" * 400)
    run = store.load_run(made.run_id)
    assert run.tags == ("wide", "a b", "0", "1", "2", "3", "4", "5")
    assert run.note.startswith("one twoone")
    assert len(run.note) == 500
    store.rename_run(run, "Named")
    assert store.load_run(made.run_id).tags == run.tags, "another name changes nothing else"
    store.annotate_run(store.load_run(made.run_id), [], "")
    assert json.loads(made.file("notes.json").read_text(encoding="utf-8")) == {"name": "Named"}


def test_tags_of_an_unexpected_kind_harm_nothing(made):
    for value in (3, {"a": 1}, [["x"]], None, "a,b"):
        json_files.write_json(made.file("notes.json"), {"tags": value, "note": value})
        run = store.load_run(made.run_id)
        assert not run.damaged
        assert all(isinstance(tag, str) for tag in run.tags)


def test_what_is_exported_at_once_is_bounded(made, monkeypatch):
    monkeypatch.setattr(store, "MAX_ZIP_BYTES", 1000)
    with pytest.raises(ValueError, match="Select fewer"):
        store.zip_runs([made, made])
    assert store.zip_runs([made])  # one alone there is no other way to have


def test_a_run_is_read_again_only_after_its_files_have_changed(made):
    wait_for(lambda: store.read_run(made.run_dir).stamp, "the change to be no longer new")
    run = store.read_run(made.run_dir)
    assert store.read_run(made.run_dir) is run
    store.rename_run(run, "Another")
    assert store.read_run(made.run_dir).title == "Another"
