"""Verdicts on labels: kept, changed, withdrawn, one file per dataset; damaged lines."""

import json
import threading

import pytest

from fmnist.runs import store, verdicts
from fmnist.runs.verdicts import VerdictError, judge, read_verdicts, withdraw

DATA = "0123456789abcdef"


def said(fingerprint: str = DATA) -> dict[tuple[str, int], str]:
    found = read_verdicts(fingerprint)
    assert found.unreadable == 0
    return {key: one.verdict for key, one in found.verdicts.items()}


def test_verdicts_are_kept_by_image_and_dataset(lab):
    assert said() == {}
    judge(DATA, "test", 12, 6, 0, "wrong")
    judge(DATA, "train", 12, 6, 4, "fine")
    judge("f" * 16, "test", 12, 1, 3, "ambiguous")
    assert said() == {("test", 12): "wrong", ("train", 12): "fine"}
    assert said("f" * 16) == {("test", 12): "ambiguous"}
    [one, _] = read_verdicts(DATA).verdicts.values()
    assert (one.given, one.suggested) == (6, 0)
    assert read_verdicts(DATA).indices("test", "wrong") == [12]
    assert read_verdicts(DATA).indices("train", "wrong") == []
    assert len(list(lab.runs_dir.glob("[!.]*"))) == 2
    assert store.list_runs() == []


def test_a_verdict_is_changed_and_withdrawn(lab):
    judge(DATA, "test", 12, 6, 0, "wrong")
    judge(DATA, "test", 13, 6, 0, "wrong")
    judge(DATA, "test", 12, 6, 0, "fine")
    assert list(said().items()) == [(("test", 13), "wrong"), (("test", 12), "fine")]
    withdraw(DATA, "test", 13)
    withdraw(DATA, "test", 13)  # gone already
    assert said() == {("test", 12): "fine"}


def test_a_damaged_line_costs_no_other_and_stays(lab):
    judge(DATA, "test", 12, 6, 0, "wrong")
    path = verdicts.verdicts_file(DATA)
    path.write_text(f'{{"split": "te\n{path.read_text()}[[[[\n')
    found = read_verdicts(DATA)
    assert (len(found.verdicts), found.unreadable) == (1, 2)
    judge(DATA, "test", 13, 6, 0, "fine")
    found = read_verdicts(DATA)
    assert (len(found.verdicts), found.unreadable) == (2, 2)


def test_a_file_that_cannot_be_read_or_written_gets_one_sentence(lab):
    verdicts.verdicts_file(DATA).mkdir()
    with pytest.raises(VerdictError, match=r"cannot be read \(Is a directory\)"):
        read_verdicts(DATA)
    with pytest.raises(VerdictError, match=r"jsonl cannot be"):
        judge(DATA, "test", 12, 6, 0, "wrong")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"split": "val"}, "split is 'val', not train or test"),
        ({"index": -1}, "index is '-1', not 0 to"),
        ({"given": True}, "given is 'True', not 0 to 9"),
        ({"suggested": 10}, "suggested is '10', not 0 to 9"),
        ({"verdict": "=1+1"}, "verdict is '=1\\+1', not one of wrong, ambiguous, fine"),
        ({"judged_at": 1e300}, "judged_at is no time"),
        ({"more": 1}, "expected an object with the fields of a verdict"),
    ],
)
def test_a_line_that_is_no_verdict(lab, given, sentence):
    judge(DATA, "test", 12, 6, 0, "wrong")
    path = verdicts.verdicts_file(DATA)
    values = {**json.loads(path.read_text()), **given}
    path.write_text(json.dumps(values) + "\n")
    assert read_verdicts(DATA).unreadable == 1
    with pytest.raises(VerdictError, match=sentence):
        verdicts._from_values(values)


def test_verdicts_given_at_the_same_time_are_all_kept(lab):
    threads = [
        threading.Thread(target=judge, args=(DATA, "test", index, 6, 0, "wrong"))
        for index in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said()) == [("test", index) for index in range(8)]
