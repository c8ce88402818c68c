"""The Labels page: suspected labels, verdicts on them, and the honest score on Evaluate."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import streamlit as st

from fmnist.analysis import FILES
from fmnist.data.dataset import CLASS_NAMES, Dataset, load_dataset
from fmnist.evaluation.label_issues import LabelIssues, find_label_issues
from fmnist.runs import analyses, outputs, status, store, verdicts
from tests.apptest.app_pages import address, button, open_page, words
from tests.factories import runs as run_factory

RUN = "20260102-030405-made"
NBSP = "\N{NO-BREAK SPACE}"

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def data(lab) -> Dataset:
    return load_dataset(lab.data_dir)


@pytest.fixture
def run_dir(lab) -> Path:
    st.cache_resource.clear()  # the dataset of another test
    return run_factory.write_run(lab.runs_dir, RUN, accuracy=0.8)


@pytest.fixture
def issues(run_dir, data) -> LabelIssues:
    found = find_label_issues(data.test_labels, outputs.read_probabilities(store.load_run(RUN)))
    assert len(found.indices) > 5
    return found


def finish(what: str, data: Dataset, result: np.ndarray) -> None:
    """Leave an analysis as its process would."""
    analysis = analyses.find_analysis(what, data)
    analyses.create(analysis)
    np.save(analysis.folder / FILES[what], result)
    status.write_status(analysis.folder, status="completed", finished_at=1.0)


def grid(app) -> dict:
    [found] = [
        json.loads(element.proto.json)[0]
        for element in app.get("bidi_component")
        if element.proto.component_name == "fmnist_image_grid"
    ]
    return found


def test_the_test_labels_are_suspected_by_the_run_itself(issues, data):
    app = open_page("labels", model=RUN)
    count = len(issues.indices)
    assert f"**{count}** of 200 labels suspected" in words(app)
    assert "None judged yet." in words(app)
    assert [alt.split(":")[0] for alt in grid(app)["alts"]] == [
        f"Image {index}" for index in issues.indices[:60]
    ]
    first = CLASS_NAMES[data.test_labels[issues.indices[0]]]
    assert app.subheader[0].value == f"{first} → {CLASS_NAMES[issues.suggested[0]]}?"


def test_a_verdict_is_kept_and_leads_to_the_next(issues, data):
    app = open_page("labels", model=RUN)
    button(app, "Wrong label").click().run()
    button(app, "Label is fine").click().run()
    assert not app.exception
    first, second, third = (int(index) for index in issues.indices[:3])
    assert address(app)["index"] == str(third)
    kept = verdicts.read_verdicts(data.fingerprint)
    assert (kept.indices("test", "wrong"), kept.indices("test", "fine")) == ([first], [second])
    assert f"Of 2 judged, 50.0{NBSP}% wrong label" in words(app)
    assert grid(app)["tones"][:3] == ["wrong", "right", "none"]
    assert "Download verdicts" in [each.proto.label for each in app.get("download_button")]
    again = open_page("labels", model=RUN)  # another tab begins where the verdicts end
    assert f"image {third}" in words(again)


def test_a_verdict_is_taken_back(issues, data):
    first = int(issues.indices[0])
    verdicts.judge(data.fingerprint, "test", first, 0, 1, "ambiguous")
    app = open_page("labels", model=RUN, index=str(first))
    button(app, "Take it back").click().run()
    assert verdicts.read_verdicts(data.fingerprint).verdicts == {}
    assert address(app)["index"] == str(first)


def test_an_image_that_is_not_suspected_is_mentioned(issues, data):
    other = next(index for index in range(200) if index not in issues.indices)
    app = open_page("labels", model=RUN, index=str(other))
    assert f"The label of image {other} is not suspected." in words(app)
    assert app.subheader


def test_training_labels_are_looked_for_on_request(run_dir, data):
    app = open_page("labels", model=RUN, view="train")
    assert button(app, "Look for suspected labels")
    assert not app.subheader
    labels = data.train_labels.copy()
    labels[7] = (labels[7] + 1) % 10  # the models see through a label that is wrong
    finish("label-issues", data, np.eye(10, dtype=np.float32)[labels] * 0.91 + np.float32(0.009))
    app = open_page("labels", model=RUN, view="train")
    assert "**1** of 600 labels suspected" in words(app)
    assert "image 7 " in words(app)
    button(app, "Wrong label").click().run()
    assert verdicts.read_verdicts(data.fingerprint).indices("train") == [7]


def test_a_lost_result_is_looked_for_again(run_dir, data):
    finish("label-issues", data, np.zeros((3, 10), np.float32))
    finish("near-duplicates", data, np.zeros((3, 3), np.float32))
    assert button(open_page("labels", model=RUN, view="train"), "Look for suspected labels")
    assert button(open_page("evaluate", model=RUN, honest="1"), "Look for near-duplicates")


def test_verdicts_that_cannot_be_read_or_kept_are_an_error_in_words(issues, data):
    verdicts.verdicts_file(data.fingerprint).mkdir()
    app = open_page("labels", model=RUN)
    assert "cannot be read (Is a directory)" in words(app)
    button(app, "Ambiguous").click().run()
    assert not app.exception
    assert "jsonl cannot be" in words(app)


# -- the honest score on Evaluate -----------------------------------------------------------------


def rows(app) -> list[str]:
    """What is scored, each with its accuracy."""
    lines = next(
        each.value for each in app.markdown if "All test" in each.value or "judged" in each.value
    )
    return [line.split(":")[0] for line in lines.splitlines()]


def test_the_honest_score_is_folded(run_dir):
    app = open_page("evaluate", model=RUN)
    assert "All test images" not in words(app)
    assert "honest" not in address(app)


def test_the_honest_score_leaves_out_what_flatters_or_wrongs_it(issues, data):
    app = open_page("evaluate", model=RUN, honest="1")
    kept = 200 - len(issues.indices)
    suspected = f"{160 / kept:.1%}".replace("%", f"{NBSP}%")
    lines = rows(app)
    assert lines[0] == f"- **All test images**, 80.0{NBSP}% (73.9–85.0)"
    assert lines[1].startswith(f"- **Without suspected labels**, {suspected} (")
    assert lines[-1].startswith("- **Always the same class**, ")
    assert button(app, "Look for near-duplicates")
    nearest = np.zeros((200, 3), np.float32)
    nearest[:, 2] = 1
    right = outputs.read_probabilities(store.load_run(RUN)).argmax(axis=1) == data.test_labels
    nearest[np.flatnonzero(right)[:60], 2] = 0.1  # sixty that it has right are near-duplicates
    finish("near-duplicates", data, nearest)
    lines = rows(open_page("evaluate", model=RUN, honest="1"))
    assert lines[1].startswith(f"- **Without near-duplicates**, 71.4{NBSP}% (")
    assert lines[-2].startswith("- **Nearest training image**, ")


def test_labels_judged_wrong_are_left_out_of_every_score(issues, data):
    first = int(issues.indices[0])
    verdicts.judge(data.fingerprint, "test", first, 0, 1, "wrong")
    app = open_page("evaluate", model=RUN, honest="1")
    accuracy = f"{160 / 199:.1%}".replace("%", f"{NBSP}%")
    judged = f"- **Without labels judged wrong**, {accuracy}"
    assert [line.startswith(judged) for line in rows(app)].count(True) == 1
    assert rows(app)[0].startswith("- **All test images**")
    app.toggle(key="url_judged").set_value(True).run()
    assert address(app)["judged"] == "1"
    assert rows(app)[0].startswith(judged)


def test_a_dataset_of_one_class_has_nothing_suspected(data):
    one = dataclasses.replace(data, test_labels=np.zeros(200, np.uint8))
    found = find_label_issues(one.test_labels, np.eye(10, dtype=np.float32)[one.test_labels])
    assert len(found.indices) == 0
