"""Corrections: kept, replaced, removed, taken elsewhere and back; damaged files; hostile ones."""

import json

import numpy as np
import pytest

from fmnist.drawing import corrections
from fmnist.drawing.corrections import Correction, CorrectionError, add, correct, from_json, to_json
from fmnist.drawing.preprocess import sketch_to_image
from fmnist.drawing.strokes import Stroke, load_examples, render
from fmnist.runs import store

COAT, BAG = load_examples()["Coat"], (Stroke(8, False, ((44, 88), (212, 168), (44, 88))),)


def picture() -> np.ndarray:
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 10:18] = 200
    return image


def kept() -> tuple[Correction, ...]:
    found = corrections.read_corrections()
    assert found.unreadable == 0
    return found.corrections


def test_a_drawing_is_kept_as_strokes_and_a_picture_as_pixels(lab):
    assert kept() == ()
    first, second = correct(4, 6, COAT), correct(1, 3, image=picture())
    add(first)
    add(second)
    assert kept() == (first, second)
    assert first.drawing == COAT
    np.testing.assert_array_equal(first.image, sketch_to_image(render(COAT), 0).image)
    np.testing.assert_array_equal(second.image, picture())
    assert [path.name for path in lab.runs_dir.glob("[!.]*")] == ["corrections.jsonl"]
    assert store.list_runs() == []


def test_the_same_drawing_corrected_again_is_one_correction(lab):
    add(correct(4, 6, COAT))
    add(correct(8, 6, BAG))
    add(correct(2, 6, COAT))
    assert [one.label for one in kept()] == [8, 2]


def test_one_is_removed_and_all_are_cleared(lab):
    first, second = correct(4, 6, COAT), correct(8, 6, BAG)
    add(first, second)
    corrections.remove(first.key)
    corrections.remove(first.key)  # gone already
    assert kept() == (second,)
    corrections.clear()
    corrections.clear()
    assert kept() == ()


def test_an_export_is_imported_elsewhere(lab):
    mine = (correct(4, 6, COAT), correct(1, 3, image=picture()))
    content = to_json(mine)
    taken = from_json(content)
    assert [(one.label, one.predicted, one.key) for one in taken] == [
        (one.label, one.predicted, one.key) for one in mine
    ]
    add(*taken)
    add(*taken)
    assert len(kept()) == 2


def test_a_damaged_line_costs_no_other_and_stays(lab):
    add(correct(4, 6, COAT))
    path = corrections.corrections_file()
    damaged = '{"label": 4, "answ'
    path.write_text(f"{damaged}\n{path.read_text()}\x00\x00\n\n[[[[\n")
    found = corrections.read_corrections()
    assert [one.label for one in found.corrections] == [4]
    assert found.unreadable == 3
    add(correct(8, 6, BAG))
    found = corrections.read_corrections()
    assert [one.label for one in found.corrections] == [4, 8]
    assert found.unreadable == 3
    assert damaged in path.read_text().splitlines()


def test_a_file_that_cannot_be_read_or_written_gets_one_sentence(lab):
    corrections.corrections_file().mkdir()
    with pytest.raises(CorrectionError, match=r"cannot be read \(Is a directory\)"):
        corrections.read_corrections()
    with pytest.raises(CorrectionError, match="corrections.jsonl cannot be"):
        add(correct(4, 6, COAT))


def test_there_is_a_most(lab, monkeypatch):
    monkeypatch.setattr(corrections, "MAX_CORRECTIONS", 1)
    add(correct(4, 6, COAT))
    with pytest.raises(CorrectionError, match="would make 2 corrections; at most 1 are kept"):
        add(correct(8, 6, BAG))
    add(correct(2, 6, COAT))  # takes the first one's place
    assert [one.label for one in kept()] == [2]
    with pytest.raises(CorrectionError, match="has 2 corrections; at most 1"):
        from_json(to_json((correct(4, 6, COAT), correct(8, 6, BAG))))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"label": 10}, "label is '10', not a class"),
        ({"label": True}, "label is 'True', not a class"),
        ({"answered": "<script>"}, "answered is '<script>', not a class"),
        ({"made_at": 1e300}, "made_at is no time"),
        ({"made_at": "now"}, "made_at is no time"),
        ({"drawing": "AQ" * 100_000}, "no short texts"),
        ({"drawing": "../../etc/passwd"}, "The link holds no drawing"),
        ({"drawing": "", "pixels": ""}, "it shows nothing"),
        ({"drawing": "", "pixels": "AAAA"}, "it shows nothing"),
        ({"drawing": "", "pixels": "?"}, "not written in base64"),
        ({"more": 1}, "expected an object with answered, drawing"),
    ],
)
def test_an_import_is_not_trusted(lab, given, sentence):
    (value,) = json.loads(to_json([correct(4, 6, COAT)]))["corrections"]
    content = json.dumps({"corrections": [value | {"label": 3}, value | given]}).encode()
    with pytest.raises(CorrectionError, match="Correction 2 of the file cannot be used") as error:
        from_json(content)
    assert sentence in str(error.value)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[" * 200_000, b"\xff\xfe", b"[]", b'{"corrections": {}}', b"null"],
    ids=["empty", "half", "deep", "no text", "list", "object", "null"],
)
def test_another_file_is_refused(content):
    with pytest.raises(CorrectionError, match="The file holds no corrections"):
        from_json(content)


def test_a_huge_file_is_refused_unread():
    with pytest.raises(CorrectionError, match="has 9.0 MB; corrections have at most 8 MB"):
        from_json(b" " * 9_000_000)


def test_a_blank_drawing_is_no_correction():
    with pytest.raises(CorrectionError, match="shows nothing"):
        correct(4, 6, (Stroke(8, True, ((1, 1), (9, 9))),))
    with pytest.raises(CorrectionError, match="shows nothing"):
        correct(4, 6, image=np.zeros((28, 28), np.uint8))
