"""Who looks how often; the clock is turned by hand."""

from fmnist.pace import Pace


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_few_look_as_often_as_usual():
    pace = Pace(0.5, most=33, clock=Clock())
    assert [pace.look(viewer) for viewer in range(16)] == [0.5] * 16


def test_many_are_held_to_so_many_looks_a_second():
    pace = Pace(0.5, most=33, clock=Clock())
    for viewer in range(66):
        pace.look(viewer)
    looks_a_second = sum(1 / pace.look(viewer) for viewer in range(66))
    assert 33 / 1.25 <= looks_a_second <= 33 * 1.25  # a browser is told of larger changes alone


def test_those_who_were_there_first_slow_down_as_others_come():
    pace = Pace(2.0, most=10, clock=Clock())
    assert pace.look("first") == 2.0
    for viewer in range(99):
        pace.look(viewer)
    assert pace.look("first") == 10.0


def test_they_look_often_again_when_the_others_have_gone():
    clock = Clock()
    pace = Pace(0.5, most=10, clock=clock)
    for viewer in range(20):
        pace.look(viewer)
    assert pace.look("stays") == 2.1  # 21 people
    clock.now = 1.0
    assert pace.look("stays") == 2.1
    clock.now = 8.3  # the others have not looked for more than three of their intervals
    assert pace.look("stays") == 0.5


def test_a_small_change_is_not_worth_telling():
    pace = Pace(0.5, most=10, clock=Clock())
    for viewer in range(20):
        pace.look(viewer)
    assert pace.look("late") == 2.1
    pace.look("later still")
    assert pace.look("late") == 2.1  # and not 2.2


def test_it_is_crowded_while_more_look_than_can_as_often_as_usual():
    clock = Clock()
    pace = Pace(4.0, most=3, clock=clock)
    for viewer in range(12):
        pace.look(viewer)
    assert not pace.is_crowded()
    pace.look("one more")
    assert pace.is_crowded()
    clock.now = 20.0
    pace.look("one more")
    assert not pace.is_crowded()
