"""One damaged folder harms only itself: every file read from a disk, with whatever in it."""

import json
import os
import shutil
import stat
from pathlib import Path

import numpy as np
import pytest

from fmnist import json_files
from fmnist.data import catalogue
from fmnist.data.dataset import DatasetError
from fmnist.drawing import corrections
from fmnist.engine import rescore
from fmnist.evaluation import uncertainty
from fmnist.runs import outputs, progress, settings, store
from fmnist.runs.tables import differing_settings, summarise, summary_table
from fmnist.runs.time_estimate import past_runs
from tests.apptest.app_pages import open_page
from tests.factories import data as data_factory
from tests.factories import runs as run_factory

DEEP = b"[" * 100_000 + b"]" * 100_000
NEARLY_TOO_DEEP = b'{"a":' * 600 + b"1" + b"}" * 600
DIGITS = b"1" * 400
CONTENTS = {
    "nothing": b"",
    "deep": DEEP,
    "nearly too deep": NEARLY_TOO_DEEP,
    "400 digits alone": DIGITS,
    "NaN": b"NaN",
    "infinity": b"-Infinity",
    "1e999": b"1e999",
    "half a character": b'{"name": "\\ud800"}',
    "another type": b'["a", null, {"b": []}]',
    "a text": b'"status"',
    "binary": bytes(range(256)) * 20,
    "another encoding": '{"name": "Ä"}'.encode("utf-16"),
    "half": b'{"status": "comple',
}
RUN_FILES = (
    "config.json", "status.json", "notes.json", "own_model.json", "taught.json",
    "environment.json", "results.json", "history.csv", "batches.csv", "log.txt",
    "test_probabilities.npy", "model.keras", "variables.json",
)  # fmt: skip
HARMLESS = ("notes.json", "log.txt", "variables.json")  # a run is whole without them
TABLES = ("history.csv", "batches.csv")


def damage(path: Path, kind: str) -> None:
    """Put something else in the place of a file."""
    path.unlink(missing_ok=True)
    if kind == "a folder":
        path.mkdir()
    elif kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a link to itself":
        path.symlink_to(path)
    elif kind == "huge":
        with path.open("wb") as file:
            file.truncate(3_000_000_000)  # without taking room
    else:
        path.write_bytes(CONTENTS[kind])


KINDS = (*CONTENTS, "a folder", "a pipe", "a link to itself", "huge")


def look_at_everything() -> list[store.Run]:
    """All that the pages compute of runs."""
    found = store.list_runs()
    summary_table(found)
    past_runs()
    for run in found:
        outputs.read_history(run)
        outputs.read_batches(run)
        outputs.read_environment(run)
        outputs.read_results(run)
        outputs.read_class_names(run)
        outputs.read_log(run)
        progress.latest(progress.read_curves(run))
        progress.describe_queue_position(run, found)
    differing_settings(summarise(found))
    return found


@pytest.mark.parametrize("status", ["completed", "running"])
@pytest.mark.parametrize("name", RUN_FILES)
def test_whatever_a_file_of_a_run_holds_harms_no_other(lab, name, status):
    whole = run_factory.write_run(lab.runs_dir, "20260101-000000-whole")
    for number, kind in enumerate(KINDS):
        broken = run_factory.write_run(
            lab.runs_dir, f"20260102-0000{number:02d}-broken", status=status
        )
        damage(broken / name, kind)
    found = {run.run_id: run for run in look_at_everything()}
    assert not found[whole.name].damaged
    assert len(found) == 1 + len(KINDS)
    for number, kind in enumerate(KINDS):
        run = found[f"20260102-0000{number:02d}-broken"]
        is_scored = name in store.SCORED_FILES and status == "running"
        if name in HARMLESS or is_scored:
            assert not run.damaged, kind
        elif name not in TABLES or kind in ("a folder", "a pipe", "huge", "binary"):
            assert name in run.damaged, kind
            assert len(run.damaged) < 300
        assert not run.damaged or not run.is_live


@pytest.mark.parametrize(
    "values",
    [
        {"epoch": int(DIGITS)},
        {"epoch": -1},
        {"step": 1.5},
        {"epochs": True},
        {"steps_per_epoch": "5"},
        {"started_at": 1e300},
        {"heartbeat_at": -5},
        {"pid": 0},
        {"pid": True},
        {"message": None},
        {"message": ["a"]},
        {"status": ["running"]},
        {"status": {}},
    ],
    ids=str,
)
def test_a_status_of_other_numbers_is_damage(made, values):
    status = {**json.loads(made.file("status.json").read_text()), **values}
    made.file("status.json").write_text(json.dumps(status))
    assert store.load_run(made.run_id).damaged == "status.json cannot be read"


@pytest.mark.parametrize(
    "values",
    [
        {"epochs": int(DIGITS)},
        {"filters": [[[8]]]},
        {"filters": {"8": 8}},
        {"name": "x" * 100_000},
        {"optimizer": ["adam"] * 10_000},
        {"dataset": None},
        {"dropout": {"a": 1}},
    ],
    ids=lambda values: next(iter(values)),
)
def test_a_config_of_other_types_is_damage_in_a_short_sentence(made, values):
    made.file("config.json").write_text(json.dumps(values))
    damaged = store.load_run(made.run_id).damaged
    assert damaged.startswith("config.json")
    assert len(damaged) < 300
    look_at_everything()


def test_rows_that_are_no_finite_numbers_are_left_out(made):
    made.file("history.csv").write_text(
        ",".join(outputs.HISTORY_COLUMNS)
        + "\n0,1,0.5,1,0.5,0.1,2\n1,nan,0.5,1,0.5,0.1,2\n2,1,inf,1,0.5,0.1,2\n"
        + f"3,1,{DIGITS.decode()},1,0.5,0.1,2\n4,1,0.6,1,0.6,0.1,2\n"
    )
    assert list(outputs.read_history(made)["epoch"]) == [0, 4]


def _header(shape: str, kind: str = "<f4") -> bytes:
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    text += b" " * (118 - len(text) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize(
    "content",
    [
        _header("(1000000000000, 10)") + bytes(400),
        _header("(9223372036854775807, 9223372036854775807)") + bytes(400),
        _header("(-1, 10)") + bytes(400),
        _header("(" * 200 + "10" + ")" * 200) + bytes(400),
        _header("(10, 10)", "<U10") + bytes(4000),
        _header("(10, 10)", "|O") + bytes(800),
        _header("(10, 10)", "<c8") + bytes(800),
        _header("(10, 10)") + np.full(100, np.nan, np.float32).tobytes(),
        _header("(10, 10)") + np.full(100, np.inf, np.float32).tobytes(),
        _header("(10, 10)") + np.full(100, -0.1, np.float32).tobytes(),
        _header("(0, 10)"),
        b"\x93NUMPY\xff\xff",
        b"PK\x03\x04 an archive",
    ],
    ids=[
        "promises terabytes", "too many to count", "negative", "nested", "texts", "objects",
        "complex", "NaN", "infinite", "negative numbers", "empty", "version", "archive",
    ],
)  # fmt: skip
def test_probabilities_that_are_none_are_damage(made, content):
    made.file("test_probabilities.npy").write_bytes(content)
    with pytest.raises(store.RunDamaged, match=r"test_probabilities\.npy"):
        outputs.read_probabilities(store.load_run(made.run_id))
    look_at_everything()


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_settings_are_no_settings(lab, kind):
    damage(lab.runs_dir / "settings.json", kind)
    assert settings.read_parallel_trainings() == 1
    assert settings.read_drawing_run() == ""


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_dataset_harms_no_other(lab, kind):
    for slug in ("broken", "sound"):
        data_factory.write_dataset(lab.datasets_dir / slug)
        arrays = catalogue.read_folder(lab.datasets_dir / slug)
        fingerprint = catalogue.compute_fingerprint(*arrays.values())
        info = {"name": slug, "class_names": list("abcdefghij"), "fingerprint": fingerprint}
        json_files.write_json(lab.datasets_dir / slug / "dataset.json", info)
    damage(lab.datasets_dir / "broken" / "dataset.json", kind)
    slugs = [entry.slug for entry in catalogue.list_datasets()]
    assert "sound" in slugs
    assert "broken" not in slugs
    with pytest.raises(DatasetError, match="is damaged") as caught:
        catalogue.load("broken")
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_corrections_are_counted_or_a_sentence(lab, kind):
    damage(corrections.corrections_file(), kind)
    try:
        kept = corrections.read_corrections()
    except corrections.CorrectionError as error:
        assert "cannot be read" in str(error)
    else:
        assert kept.corrections == ()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("a folder", "a pipe")])
def test_a_damaged_threshold_is_a_sentence(tmp_path, kind):
    damage(tmp_path / "doubt.json", kind)
    if kind == "a link to itself":
        assert uncertainty.read_threshold(tmp_path / "model.keras") is None
        return
    with pytest.raises(ValueError, match=r"doubt\.json is damaged"):
        uncertainty.read_threshold(tmp_path / "model.keras")


def test_cached_scores_that_are_damaged_are_asked_for_again(made, lab, monkeypatch):
    class Asked(Exception):
        pass

    class Engine:
        def predict(self, *_):
            raise Asked

    data = catalogue.load()
    written_at = made.file("model.keras").stat().st_mtime_ns
    folder = lab.cache_dir / "scores"
    folder.mkdir()
    kept = folder / f"{made.run_id}-{data.fingerprint}-{written_at}.npy"
    for content in (b"", b"\x93NUM", _header("(1000000000000, 10)"), DEEP):
        kept.write_bytes(content)
        with pytest.raises(Asked):
            rescore.predict_test_images(made, data, Engine())


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")
def test_a_file_that_may_not_be_read_is_damage(made):
    made.file("config.json").chmod(0)
    try:
        made.file("config.json").read_bytes()
    except PermissionError:
        assert store.load_run(made.run_id).damaged == "config.json cannot be read"
    else:  # root may read everything: a folder that is no file stands for it
        assert stat.S_IMODE(made.file("config.json").stat().st_mode) == 0
        assert not store.load_run(made.run_id).damaged


@pytest.mark.parametrize("page", ["browse", "train", "runs", "evaluate", "inside", "draw"])
def test_every_page_opens_beside_runs_and_datasets_of_every_damage(lab, page):
    run_factory.write_run(lab.runs_dir, "20260101-000000-whole")
    number = 0
    for name in RUN_FILES:
        for kind in ("deep", "nearly too deep", "400 digits alone", "half a character", "a folder"):
            run_dir = run_factory.write_run(
                lab.runs_dir, f"20260102-0{number // 60:03d}{number % 60:02d}-broken"
            )
            damage(run_dir / name, kind)
            number += 1
    for kind in ("deep", "half a character", "binary"):
        folder = lab.datasets_dir / kind.replace(" ", "-")
        folder.mkdir(parents=True)
        damage(folder / "dataset.json", kind)
    damage(lab.runs_dir / "settings.json", "deep")
    damage(corrections.corrections_file(), "deep")
    for run_id in ("20260101-000000-whole", "20260102-000000-broken"):
        at = open_page(page, run=run_id)
        assert not at.exception
    shutil.rmtree(lab.runs_dir)
