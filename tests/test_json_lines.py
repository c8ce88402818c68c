"""Records in a file of lines: replaced by key, changed by several at once, unharmed by damage."""

import threading
from dataclasses import asdict, dataclass

import pytest

from fmnist.json_lines import JsonLines


class ThingError(ValueError):
    pass


@dataclass(frozen=True)
class Thing:
    key: str
    size: int


THINGS = JsonLines("things", 10_000, lambda values: Thing(**values), asdict, ThingError)


def add(path, thing: Thing) -> None:
    def change(records) -> None:
        records.pop(thing.key, None)
        records[thing.key] = thing

    THINGS.change(path, change)


def test_the_later_of_two_takes_the_place_of_the_earlier(tmp_path):
    path = tmp_path / "new" / "things.jsonl"
    assert THINGS.read(path) == ({}, [])
    for thing in (Thing("a", 1), Thing("b", 2), Thing("a", 3)):
        add(path, thing)
    records, unreadable = THINGS.read(path)
    assert list(records.values()) == [Thing("b", 2), Thing("a", 3)] and not unreadable


def test_lines_that_are_none_stay(tmp_path):
    path = tmp_path / "things.jsonl"
    path.write_text('{"key": "a", "size": 1}\nhalf a li\n\n')
    THINGS.change(path, lambda records: records.clear())
    assert path.read_text() == "half a li\n"


def test_nobody_at_once_loses_anything(tmp_path):
    path = tmp_path / "things.jsonl"
    threads = [
        threading.Thread(target=add, args=(path, Thing(str(number), number)))
        for number in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {thing.size for thing in THINGS.read(path)[0].values()} == set(range(20))


def test_what_cannot_be_read_or_written_gets_a_sentence(tmp_path):
    folder = tmp_path / "things.jsonl"
    folder.mkdir()
    with pytest.raises(ThingError, match=r"The things in .* cannot be read \(Is a directory\)"):
        THINGS.read(folder)
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(ThingError, match="cannot be written"):
        add(file / "things.jsonl", Thing("a", 1))
