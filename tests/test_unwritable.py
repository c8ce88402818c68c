"""A small disk that is full, and one that may only be read: everything that is written there.

Whatever cannot be done ends with a sentence that names the cause, and loses nothing.
"""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from fmnist.config import TrainConfig
from fmnist.data import catalogue
from fmnist.drawing import corrections, fine_tuning_runs
from fmnist.imported.start import rescore_import, start_import
from fmnist.runs import analyses, jobs, queue, settings, store, verdicts
from fmnist.runs.imported_record import ImportedModel
from fmnist.runs.queue import Queue
from tests.apptest.app_pages import open_page
from tests.factories import runs as run_factory
from tests.test_full_disk import fill, pytestmark, small_disk

__all__ = ["pytestmark", "small_disk"]  # what it needs to be able to mount, and the disk

FINGERPRINT = "0123456789abcdef"
CAUSES = {"full": "No space left on device", "read-only": "Read-only file system"}
IMAGES = np.full((20, 28, 28), 7, np.uint8)
LABELS = np.arange(20, dtype=np.uint8) % 10


def make_everything(disk: Path) -> None:
    """Whatever a Lab keeps: runs in several states, a dataset, corrections, verdicts, settings."""
    run_factory.write_run(disk)
    run_factory.write_run(disk, "20260103-000000-running", "running")
    for name in ("first", "second"):
        store.create_run(TrainConfig(name=name))
    theirs = store.create_import_run("theirs", ImportedModel("theirs.keras"), b"PK")
    store.write_status(theirs.run_dir, status="failed", message="made so")
    arrays = (IMAGES, LABELS, IMAGES, LABELS)
    catalogue.add_dataset("Digits", [f"digit {n}" for n in range(10)], arrays, {})
    corrections.add(corrections.correct(1, 2, image=IMAGES[0]))
    verdicts.judge(FINGERPRINT, "test", 0, 1, 2, "wrong")
    settings.write_parallel_trainings(1)


def find(name: str) -> store.Run:
    return next(run for run in store.list_runs() if name in run.run_id)


def find_analysis() -> analyses.Analysis:
    return analyses.find_analysis("robustness", catalogue.load(), find("made"))


# Each thing that somebody can do, and that writes.
WRITES: dict[str, Callable[[], object]] = {
    "start": lambda: jobs.start_run(TrainConfig()),
    "start or share": lambda: jobs.find_or_start_run(TrainConfig(seed=4)),
    "import a model": lambda: start_import(b"PK" * 100_000, "mine.keras"),
    "score it again": lambda: rescore_import(find("theirs").run_id, "raw", "logits"),
    "fine-tune": lambda: fine_tuning_runs.create_fine_tuning("fashion-mnist"),
    "stop": lambda: jobs.stop_run(find("running").run_id),
    "cancel": lambda: jobs.stop_run(find("second").run_id),
    "look at a dead run": lambda: store.list_runs(),
    "move up": lambda: Queue(store.runs_dir()).move_up(find("second").run_id),
    "rename": lambda: store.rename_run(find("made"), "x" * 60),
    "tag and note": lambda: store.annotate_run(find("made"), ["a", "b"], "y" * 500),
    "parallel trainings": lambda: settings.write_parallel_trainings(3),
    "use for drawings": lambda: settings.write_drawing_run("20260102-030405-made"),
    "correct": lambda: corrections.add(corrections.correct(3, 2, image=IMAGES[0] + 9)),
    "remove corrections": corrections.clear,
    "judge": lambda: verdicts.judge(FINGERPRINT, "test", 1, 1, 2, "fine"),
    "import a dataset": lambda: catalogue.add_dataset(
        "More", [f"class {n}" for n in range(10)], (IMAGES, LABELS, IMAGES, LABELS), {}
    ),
    "compute": lambda: analyses.create(find_analysis()),
    "delete a dataset": lambda: catalogue.delete_dataset("digits"),
    "delete a run": lambda: store.delete_run(find("made")),
}  # fmt: skip


@pytest.fixture
def unwritable(lab, small_disk, monkeypatch, request) -> Iterator[Path]:
    """The small disk with everything on it, full or read-only."""
    monkeypatch.setenv("FMNIST_RUNS_DIR", str(small_disk))
    monkeypatch.setenv("FMNIST_DATASETS_DIR", str(small_disk / "datasets"))
    monkeypatch.setattr(queue, "ensure_dispatcher", lambda: None)
    make_everything(small_disk)
    if request.param == "full":
        fill(small_disk)
    else:
        subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    yield small_disk


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "ballast"
    }


@pytest.mark.parametrize("unwritable", list(CAUSES), indirect=True)
def test_everything_that_cannot_be_written_is_a_sentence_and_loses_nothing(unwritable, request):
    kind = request.node.callspec.params["unwritable"]
    before = files(unwritable)
    refused = {}
    for what, write in WRITES.items():
        try:
            write()
        except ValueError as error:  # anything else is no sentence, and fails
            refused[what] = str(error)
    assert [what for what, said in refused.items() if "\n" in said or len(said) > 400] == []
    assert {what: said for what, said in refused.items() if CAUSES[kind] not in said} == {}
    if kind == "read-only":
        assert WRITES.keys() - refused.keys() == {"look at a dead run"}
        assert files(unwritable) == before
    else:
        # Small files are written over old ones, and what takes room away is done.
        assert {"start", "import a model", "import a dataset", "correct"} <= refused.keys()
        assert {"delete a run", "delete a dataset", "cancel", "stop"}.isdisjoint(refused)
        assert [run.run_id for run in store.list_runs() if run.damaged] == []
        assert not [name for name in files(unwritable) if Path(name).name.startswith(".new-")]


@pytest.mark.parametrize("unwritable", ["read-only"], indirect=True)
def test_pages_that_write_open_where_nothing_can_be_written(unwritable):
    for page in ("start", "browse", "train", "runs", "draw"):
        assert not open_page(page).exception
