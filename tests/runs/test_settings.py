"""What a Lab is set to."""

import json
import threading

import filelock
import pytest

from fmnist.runs import settings


def test_settings_survive_and_nonsense_is_one_training_at_a_time(lab):
    settings.write_parallel_trainings(3)
    assert settings.read_parallel_trainings() == 3
    for nonsense in ('{"parallel_trainings": 99}', '{"parallel_trainings": "2"}', "{", "[]"):
        (lab.runs_dir / "settings.json").write_text(nonsense)
        assert settings.read_parallel_trainings() == 1
    with pytest.raises(ValueError, match="1 to 4 trainings may run at once, not 0"):
        settings.write_parallel_trainings(0)


def test_two_who_change_settings_at_once_lose_none(lab, monkeypatch):
    monkeypatch.setattr(settings, "_LOCK_TIMEOUT", 120.0)  # on cores that others use as well
    path = lab.runs_dir / "settings.json"
    path.write_text('{"of a later version": 1}')

    def change(write, values):
        for value in values:
            write(value)

    threads = [
        threading.Thread(target=change, args=(settings.write_parallel_trainings, [2, 3, 4] * 20)),
        threading.Thread(target=change, args=(settings.write_drawing_run, ["a", "b", "c"] * 20)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert json.loads(path.read_text()) == {
        "of a later version": 1,
        "parallel_trainings": 4,
        "drawing_run": "c",
    }


def test_settings_that_somebody_holds_for_long_are_a_sentence(lab, monkeypatch):
    monkeypatch.setattr(settings, "_LOCK_TIMEOUT", 0.05)
    with (
        filelock.FileLock(lab.runs_dir / ".settings.lock"),
        pytest.raises(ValueError, match="cannot be written"),
    ):
        settings.write_drawing_run("a")
