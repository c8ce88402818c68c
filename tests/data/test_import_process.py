"""fmnist/data/import_process.py: a process with bounds and an end reads strangers' files."""

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import psutil
import pytest

from fmnist.data import catalogue, import_process
from fmnist.data.dataset import CLASS_NAMES, DatasetError
from fmnist.data.import_job import ImportJob
from fmnist.data.import_roles import SourceIncomplete
from tests.factories import data as data_factory

ROW = b"0" + b",0" * 784 + b"\n"


@pytest.fixture(autouse=True)
def _own_folders(lab):
    """Imports go to a folder of this test's own."""


@pytest.fixture
def tables(tmp_path) -> list[Path]:
    """`fashion-mnist_train.csv` and `fashion-mnist_test.csv`, as they come from Kaggle."""
    header = ",".join(["label", *(f"pixel{number}" for number in range(1, 785))])
    for name, count in (("train", 40), ("test", 20)):
        images, labels = data_factory.make_split(count, count)
        rows = np.column_stack([labels, images.reshape(count, -1)])
        path = tmp_path / f"fashion-mnist_{name}.csv"
        np.savetxt(path, rows, "%d", ",", header=header, comments="")
    return sorted(tmp_path.glob("*.csv"))


def refuse(*paths: Path, **options) -> str:
    with pytest.raises(DatasetError) as caught:
        import_process.import_dataset(paths, "x", **options)
    assert not list(catalogue.datasets_dir().glob("*"))  # no draft either
    return str(caught.value)


def test_kaggles_files_with_everything_left_as_proposed(tables):
    proposal = import_process.look(tables)
    assert (proposal.form, proposal.name) == ("csv", "fashion-mnist 2")  # for the first is taken
    assert (proposal.class_names, proposal.proposed) == (None, CLASS_NAMES)
    seen = []
    entry, notes = import_process.import_dataset(tables, progress=lambda *args: seen.append(args))
    assert (entry.slug, entry.class_names) == ("fashion-mnist-2", CLASS_NAMES)
    assert notes[0].startswith("The files name no classes; they are called T-shirt/top,")
    data = catalogue.load(entry.slug)
    assert np.array_equal(data.train_images, data_factory.make_split(40, 40)[0])
    assert np.array_equal(data.test_labels, data_factory.make_split(20, 20)[1])
    assert json.loads((entry.folder / "dataset.json").read_text())["source"]["form"] == "csv"
    assert import_process.look(tables).name == "fashion-mnist 3"
    assert all(done <= total for _, done, total in seen)


def upload(path: Path) -> io.BytesIO:
    file = io.BytesIO(path.read_bytes())
    file.name = path.name
    return file


def test_newer_uploads_that_do_without_the_others_are_taken_alone(tmp_path, tables):
    other = tmp_path / "other_train.csv"  # a second training file: all together are refused
    other.write_bytes(ROW * 20)
    old, new = upload(other), [upload(path) for path in tables]
    used, proposal = import_process.look_at_uploads([old, *new], new)
    assert (list(used), proposal.form) == (new, "csv")
    used, _ = import_process.look_at_uploads(new, new[1:])
    assert list(used) == new  # together they are a dataset
    with pytest.raises(DatasetError, match=r"other_train\.csv"):
        import_process.look_at_uploads([old, *new], [])


def test_what_is_missing_is_told_apart_from_what_is_wrong(tmp_path, tables):
    path = tmp_path / "t10k-images-idx3-ubyte.gz"
    data_factory.write_idx(path, data_factory.make_split(5)[0])
    with pytest.raises(SourceIncomplete, match="t10k-images-idx3-ubyte.gz has no labels"):
        import_process.look([path])
    tables[0].write_bytes(b"\n" + ROW + b"x" + ROW)
    assert f"{tables[0].name}, row 3" in refuse(*tables)


def test_the_tick_may_end_it_and_nothing_is_left(tables):
    class Enough(Exception):
        pass

    def stop():
        raise Enough

    before = psutil.Process().children()
    with pytest.raises(Enough):
        import_process.import_dataset(tables, "x", tick=stop)
    assert not list(catalogue.datasets_dir().glob("*"))
    assert set(psutil.Process().children()) <= set(before)


def test_it_has_an_end(tables, monkeypatch):
    monkeypatch.setattr(import_process, "LONGEST_IMPORT_S", 0.0)
    assert "fashion-mnist_train.csv took longer than 0 min to read" in refuse(*tables)


def test_the_system_bounds_its_memory(tmp_path, monkeypatch):
    """An array of 235 MB where there are 200 MB for all."""
    pytest.importorskip("resource")
    monkeypatch.setattr(import_process, "MAX_MEMORY", 200_000_000)
    with zipfile.ZipFile(tmp_path / "big.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, shape in (("x_train", (300_000, 28, 28)), ("y_train", (300_000,))):
            with archive.open(f"{name}.npy", "w") as target:
                np.lib.format.write_array(target, np.zeros(shape, np.uint8))
    said = refuse(tmp_path / "big.zip")
    assert said.endswith("needs more than 0.2 GB of memory to read: import fewer or smaller files.")


ATTACKS = {
    "short rows": (ROW + b"a\n" * 2_000_000, "row 2 has 1 column; expected 785"),
    "short rows, old Macs": (ROW + b"a\r" * 2_000_000, "row 2 has 1 column; expected 785"),
    "one row of commas": (b"," * 4_000_000, "row 1 has more than 65,536 characters"),
    "a wide second row": (ROW + b"," * 4_000_000, "row 2 has more than 65,536 characters"),
    "no line end": (b"1" * 4_000_000, "row 1 has more than 65,536 characters"),
    "text": ((b"word," * 784 + b"word\n") * 4000, "row 2, column word has the text “word”"),
    "empty rows": (ROW + b"\n" * 20_000_000 + b"a\n", "row 20,000,002 has 1 column"),
    "quotes": (ROW + b'"' * 60_000 + b'"\n' * 900_000, "row 2 has a quotation mark that is not"),
    "NUL": (ROW + b"\0" * 785 + b"\n", "row 2 has 1 column; expected 785"),
}


@pytest.mark.parametrize(("content", "said"), ATTACKS.values(), ids=ATTACKS)
def test_rows_are_counted_before_they_are_split(tmp_path, content, said):
    """In a process that the system gives 400 MB of data, whatever the file declares."""
    pytest.importorskip("resource")
    path = tmp_path / "mine_train.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x_train.csv", content)
        archive.writestr("x_test.csv", ROW)
    script = """
import resource, sys
resource.setrlimit(resource.RLIMIT_DATA, (400_000_000, 400_000_000))
from fmnist.commands.dataset import main
sys.exit(main(["import", sys.argv[1]]))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert f"x_train.csv, {said}" in line


def test_a_process_that_dies_leaves_a_sentence(tables, monkeypatch):
    start = import_process._start

    def start_and_kill(log):
        process = start(log)
        process.kill()
        process.wait()
        return process

    monkeypatch.setattr(import_process, "_start", start_and_kill)
    assert "could not be read; the process that did so ended with " in refuse(*tables)


def test_uploads_lie_in_files_for_a_while():
    upload = io.BytesIO(b"content")
    upload.name = "..\\..\\odd/../name.csv"
    with import_process.spooled([upload, upload]) as paths:
        assert [path.name for path in paths] == ["name.csv"] * 2
        assert [path.read_bytes() for path in paths] == [b"content"] * 2
    assert not paths[0].parent.parent.exists()


def test_of_thirty_imports_at_once_few_are_read_and_all_are_kept(tmp_path, monkeypatch):
    images, labels = np.full((20, 28, 28), 7, np.uint8), np.arange(20) % 10
    content = io.BytesIO()
    np.savez(content, x_train=images, y_train=labels, x_test=images, y_test=labels)
    start, running, at_once = import_process._start, [], []

    def start_and_count(log):
        process = start(log)
        running.append(process)
        at_once.append(sum(one.returncode is None for one in running))
        return process

    monkeypatch.setattr(import_process, "_start", start_and_count)
    jobs = []
    for number in range(30):
        upload = io.BytesIO(content.getvalue())
        upload.name = "small.npz"
        jobs.append(ImportJob([upload], f"Small {number}", None))
    for job in jobs:
        job.wait(600)
    assert [str(job.error) for job in jobs if job.error] == []
    assert len({job.entry.slug for job in jobs}) == 30
    assert len(at_once) == 30
    assert max(at_once) <= 2
