"""The simulation of a large cluster, against cases worked out by hand."""

import pytest

from benchmarks._simulation import Overheads, Simulation

SLOW = Overheads(send=1, start=2, data=3, collect=1, notice=5)


def test_three_trials_on_two_nodes_by_hand():
    """The first is sent by 1, has data by 4, trains from 6 to 16, is collected by 17.

    The second is sent by 2, trains from 7 to 27, is collected by 28. The third gets the first
    one's place at 17, is sent by 18, trains from 20 to 30, is collected by 31.
    """
    found = Simulation([10, 20, 10], nodes=2, overheads=SLOW).run()
    assert found.seconds == 31
    assert found.busy == pytest.approx(6 / 31)
    assert found.speed_up() == pytest.approx(40 / 31)


def test_a_lost_node_by_hand():
    """As above, but the second node is lost at 10, which is noticed at 15.

    Its trial gets the first one's place at 17, is sent by 18, trains from 20 to 40, is collected by
    41; the third one is sent by 42, trains from 44 to 54, is collected by 55.
    """
    found = Simulation([10, 20, 10], nodes=2, overheads=SLOW, losses={1: 10}).run()
    assert (found.seconds, found.lost) == (55, 1)


def test_without_overheads_the_speed_up_is_the_number_of_places():
    none = Overheads(0, 0, 0, 0)
    assert Simulation([5.0] * 12, 3, none, places=2).run().speed_up() == 6


def test_a_driver_that_looks_at_many_has_less_time_for_each():
    """Two trials at 0.05 s and twice a second take 0.2 of its time: sending takes 1 / 0.8 s."""
    found = Simulation([10, 10], 2, Overheads(1, 0, 0, 0, look=0.05)).run()
    assert found.seconds == pytest.approx(1 / 0.9 + 1 / 0.8 + 10)
    slow = Simulation([10, 10], 2, Overheads(1, 0, 0, 0, look=9)).run()
    assert slow.seconds == pytest.approx(2 / 0.8 + 10), "never more than a fifth"


def test_where_every_node_is_lost_there_is_no_end():
    with pytest.raises(ValueError, match="every node was lost"):
        Simulation([10, 10], 1, SLOW, losses={0: 3}).run()
