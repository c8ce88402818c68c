"""What is kept of an imported model: written, read again, and what no such record may hold."""

import json

import pytest

from fmnist import json_files
from fmnist.runs import store
from fmnist.runs.imported_record import ImportedModel

FOUND = ImportedModel(
    "theirs.keras",
    inputs="raw",
    input_shape=(28, 28, 1),
    detected_inputs="unit",
    detected_outputs="scores",
    effective_inputs="raw",
    effective_outputs="scores",
    accuracies={"raw": 0.25, "unit": 0.5},
    losses={"raw": 3.0, "unit": 1.5},
    checked_images=2000,
)


def test_a_record_survives_its_file():
    assert ImportedModel.from_json(json.loads(json.dumps(FOUND.to_json()))) == FOUND


def test_a_file_name_is_kept_short_and_without_what_nobody_sees():
    assert ImportedModel("\u202esarek\0.keras").file_name == "sarek.keras"
    assert ImportedModel("x" * 500).file_name == "x" * 120


def test_a_record_of_raw_and_unit_alone_is_read_as_it_is_written_now():
    older = {"file_name": "x.keras", "accuracy_raw": 0.25, "accuracy_unit": 0.5}
    older |= {"loss_raw": None, "loss_unit": 1.5}
    read = ImportedModel.from_json(older)
    assert (read.accuracies, read.losses) == ({"raw": 0.25, "unit": 0.5}, {"unit": 1.5})


@pytest.mark.parametrize(
    ("accuracies", "fits"), [({}, True), ({"raw": 0.69}, False), ({"raw": 0.1, "unit": 0.7}, True)]
)
def test_what_fits_none_of_the_ways_well_is_known(accuracies, fits):
    assert ImportedModel("x.keras", accuracies=accuracies).fits_well is fits


def test_the_summary_says_what_the_scores_rest_on():
    assert ImportedModel("theirs.keras").summary == ""
    expected = "28 × 28 × 1 in, values 0 to 255; positive scores (divided by their sum)"
    assert FOUND.summary == expected


@pytest.mark.parametrize(
    "values",
    [
        [],
        {},
        {"file_name": 3},
        {"file_name": "x", "inputs": "grey"},
        {"file_name": "x", "outputs": ["logits"]},
        {"file_name": "x", "used_outputs": ["logits"]},
        {"file_name": "x", "input_shape": "28"},
        {"file_name": "x", "input_shape": [28, "28"]},
        {"file_name": "x", "accuracy_raw": float("nan")},
        {"file_name": "x", "accuracies": {"raw": float("nan")}},
        {"file_name": "x", "accuracies": {"raw": 10**400}},
        {"file_name": "x", "accuracies": {"grey": 0.5}},
        {"file_name": "x", "losses": [1]},
        {"file_name": "x", "checked_images": True},
        {"file_name": "x", "color": "red"},
    ],
)
def test_a_senseless_record_damages_its_run(lab, values):
    with pytest.raises(ValueError, match="."):
        ImportedModel.from_json(values)
    run = store.create_import_run("Theirs", ImportedModel("theirs.keras"), b"PK")
    json_files.write_json(run.file("own_model.json"), values)
    run = store.load_run(run.run_id)
    assert run.damaged == "own_model.json cannot be read"
    assert run.imported_model is not None, "its config still says nothing true"
