"""One reading for everybody; the clock is turned by hand."""

import threading

from fmnist.sharing import GOOD_FOR, Shared


class Reader:
    """Counts how often it reads; what it reads has a `state`."""

    def __init__(self):
        self.now = 0.0
        self.state = "first"
        self.reads = 0
        self.shared = Shared(lambda: self.now)

    def __call__(self, viewer, thing="run"):
        def read():
            self.reads += 1
            return f"{self.state} {self.reads}"

        return self.shared.get(thing, lambda: self.state, viewer, read)


def test_others_take_what_the_first_one_found():
    look = Reader()
    assert [look(viewer) for viewer in range(30)] == ["first 1"] * 30


def test_a_change_is_read_once_more():
    look = Reader()
    look("ann"), look("ben")
    look.state = "second"
    assert [look(viewer) for viewer in ("cem", "ann", "ben")] == ["second 2"] * 3


def test_who_looks_again_reads_again_and_the_others_take_that():
    look = Reader()
    look("ann"), look("ben")
    assert look("ann") == "first 2"
    assert look("ben") == "first 2"
    assert look("cem") == "first 2"
    assert look("ben") == "first 3"


def test_what_was_found_is_never_old():
    look = Reader()
    look("ann")
    look.now = GOOD_FOR - 0.01
    assert look("ben") == "first 1"
    look.now = GOOD_FOR
    assert look("cem") == "first 2"


def test_things_are_told_apart():
    look = Reader()
    assert look("ann", "one run") == "first 1"
    assert look("ben", "another") == "first 2"
    assert look("cem", "one run") == "first 1"


def test_those_who_come_while_it_is_read_wait_for_that():
    look = Reader()
    is_reading, may_end = threading.Event(), threading.Event()
    found = []

    def read():
        is_reading.set()
        may_end.wait()
        look.reads += 1
        return "found"

    def come(viewer):
        found.append(look.shared.get("run", lambda: "same", viewer, read))

    people = [threading.Thread(target=come, args=(viewer,)) for viewer in range(10)]
    people[0].start()
    is_reading.wait()
    for person in people[1:]:
        person.start()
    may_end.set()
    for person in people:
        person.join()
    assert found == ["found"] * 10
    assert look.reads == 1


def test_an_error_is_each_viewers_own_and_nothing_is_kept():
    look = Reader()

    def fail():
        raise FileNotFoundError

    for viewer in ("ann", "ben"):
        try:
            look.shared.get("run", lambda: None, viewer, fail)
        except FileNotFoundError:
            look.reads += 1
    assert look.reads == 2
    assert look("cem") == "first 3"
