"""What appears in one move: whole or not at all, and nothing left of what failed."""

import os

import numpy as np
import pytest

from fmnist import files


def names(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_the_old_one_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "status.json"
    path.write_text("old")
    with files.replacing_file(path) as draft:
        draft.write_text("new")
        assert path.read_text() == "old"
        assert draft.parent == tmp_path
    assert path.read_text() == "new"
    assert names(tmp_path) == ["status.json"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "model.keras"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), files.replacing_file(path, ".keras") as draft:
        assert draft.suffix == ".keras"
        draft.write_text("half")
        raise ZeroDivisionError
    assert path.read_text() == "old"
    assert names(tmp_path) == ["model.keras"]


def test_nothing_written_is_an_error_and_no_empty_file(tmp_path):
    with pytest.raises(FileNotFoundError), files.replacing_file(tmp_path / "a"):
        pass
    assert names(tmp_path) == []


def test_an_array_is_the_same_after_a_file(tmp_path):
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    files.save_array(tmp_path / "array.npy", array)
    np.testing.assert_array_equal(np.load(tmp_path / "array.npy"), array)
    assert names(tmp_path) == ["array.npy"]


@pytest.mark.parametrize("busy", [1, 19, 20])
def test_what_windows_refuses_for_a_moment_is_tried_again(tmp_path, monkeypatch, busy):
    tries = []

    def access() -> str:
        tries.append(1)
        if len(tries) <= busy:
            raise PermissionError(13, "in use")
        return "done"

    monkeypatch.setattr(files.os, "name", "nt")
    monkeypatch.setattr(files.time, "sleep", lambda seconds: None)
    assert files.retry_on_windows(access) == "done"
    assert len(tries) == busy + 1


def test_what_stays_refused_is_an_error_and_elsewhere_at_once(monkeypatch):
    tries = []

    def access() -> None:
        tries.append(1)
        raise PermissionError(13, "in use")

    monkeypatch.setattr(files.time, "sleep", lambda seconds: None)
    for system, count in (("nt", 21), ("posix", 1)):
        tries.clear()
        monkeypatch.setattr(files.os, "name", system)
        with pytest.raises(PermissionError):
            files.retry_on_windows(access)
        assert len(tries) == count


def test_a_folder_is_moved_when_it_is_complete_or_leaves_nothing(tmp_path):
    with files.drafting_folder(tmp_path) as draft:
        (draft / "a").write_text("1")
        assert files.move(draft, tmp_path / "place") == tmp_path / "place"
    assert (tmp_path / "place" / "a").read_text() == "1"
    with files.drafting_folder(tmp_path) as draft:
        (draft / "a").write_text("2")
    with pytest.raises(OSError, match="full"), files.drafting_folder(tmp_path) as draft:
        raise OSError("full")
    assert names(tmp_path) == ["place"]
    if os.name != "nt":
        assert (tmp_path / "place").stat().st_mode & 0o777 == 0o755


def test_a_folder_takes_the_place_of_another(tmp_path):
    (tmp_path / "place").mkdir()
    (tmp_path / "place" / "old").touch()
    with files.drafting_folder(tmp_path) as folder:
        (folder / "place").mkdir()
        (folder / "place" / "new").touch()
        files.replace_folder(folder / "place", tmp_path / "place")
    assert names(tmp_path / "place") == ["new"]
    with files.drafting_folder(tmp_path) as folder, pytest.raises(FileNotFoundError):
        files.replace_folder(folder / "not there", tmp_path / "place")
    assert names(tmp_path / "place") == ["new"], "it came back"
    assert names(tmp_path) == ["place"]


def test_a_folder_that_cannot_be_removed_is_put_back(tmp_path, monkeypatch):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "a").touch()

    def refuse(path) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(files.shutil, "rmtree", refuse)
        with pytest.raises(PermissionError):
            files.remove_folder(folder)
    assert names(tmp_path) == ["run"]
    files.remove_folder(folder)
    assert names(tmp_path) == []
