"""The key of a teacher: who is let in, and how slowly it can be guessed."""

import pytest

from fmnist import teacher_key
from fmnist.runs import launch
from fmnist.teacher_key import LASTS, Door, WrongKey


class Clock:
    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch):
    monkeypatch.setenv(teacher_key.VARIABLE, "Schlüssel 🔑")
    return Clock()


def test_the_right_key_gives_a_token_that_holds_for_a_while(clock):
    door = Door(clock)
    token = door.enter("Schlüssel 🔑", "her")
    assert door.knows(token)
    assert not door.knows("")
    assert not door.knows(token + "x")
    assert door.enter("Schlüssel 🔑", "her") != token, "each is somebody's own"
    clock.seconds += LASTS
    assert not door.knows(token)


def test_whoever_leaves_is_known_no_more(clock):
    door = Door(clock)
    token, other = (door.enter("Schlüssel 🔑", who) for who in ("her", "him"))
    door.forget(token)
    assert (door.knows(token), door.knows(other)) == (False, True)


@pytest.mark.parametrize("given", ["", "schlüssel 🔑", "Schlüssel", "\udc80"])
def test_another_key_is_refused(clock, given):
    with pytest.raises(WrongKey, match="not the teacher's key"):
        Door(clock).enter(given, "him")


def test_without_a_key_nobody_gets_in(clock, monkeypatch):
    monkeypatch.delenv(teacher_key.VARIABLE)
    with pytest.raises(WrongKey):
        Door(clock).enter("", "him")


def test_each_wrong_key_makes_the_next_wait_longer(clock):
    door = Door(clock)
    waits = []
    for _ in range(9):
        with pytest.raises(WrongKey, match="not the teacher's key"):
            door.enter("wrong", "him")
        with pytest.raises(WrongKey, match="try again in") as refused:
            door.enter("Schlüssel 🔑", "him")  # not even looked at
        waits.append(int(str(refused.value).split()[-2]))
        clock.seconds += waits[-1]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert door.knows(door.enter("Schlüssel 🔑", "him"))


def test_who_is_somebody_else_each_time_is_slowed_too(clock):
    door = Door(clock)
    looked_at = 0
    for number in range(100):  # in ten seconds
        with pytest.raises(WrongKey) as refused:
            door.enter("wrong", f"person {number}")
        looked_at += "not the teacher's key" in str(refused.value)
        clock.seconds += 0.1
    assert 20 <= looked_at <= 30, "a burst of 20, then one a second"


def test_no_process_and_no_file_gets_the_key(clock):
    assert teacher_key.VARIABLE not in teacher_key.environment_without_key()
    assert teacher_key.VARIABLE not in launch.choosing_variables()


def test_a_process_of_the_lab_does_not_find_the_key(clock, tmp_path):
    module = tmp_path / "show.py"
    module.write_text(f"import os; print(os.environ.get({teacher_key.VARIABLE!r}))")
    with (tmp_path / "said").open("wb") as said:
        environment = {**launch.os.environ, "PYTHONPATH": str(tmp_path)}
        launch.start_process("show", tmp_path, stdout=said, environment=environment).wait()
    assert (tmp_path / "said").read_text().strip() == "None"
