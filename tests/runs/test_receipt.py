"""A receipt: what it holds, and every change that it notices."""

import hashlib
import json

import pytest

from fmnist.runs import outputs, receipt, store


@pytest.fixture
def run(made):
    receipt.write_receipt(made, "completed")
    return made


def test_it_holds_what_went_in_and_came_out(run):
    paper = receipt.read_receipt(run)
    assert paper["config"] == run.config.to_json()
    assert (paper["seed"], paper["status"]) == (run.config.seed, "completed")
    assert paper["dataset_fingerprint"] == outputs.read_fingerprint(run)
    assert paper["versions"] == outputs.read_environment(run)["versions"]
    assert paper["results"] == outputs.read_results(run)
    predictions = outputs.read_probabilities(run).argmax(axis=1)
    assert paper["predictions_sha256"] == hashlib.sha256(bytes(predictions.tolist())).hexdigest()
    for name in ("model.keras", "test_probabilities.npy", "results.json", "config.json"):
        assert paper["files"][name] == hashlib.sha256(run.file(name).read_bytes()).hexdigest()
    assert receipt.find_edits(run, paper) == []


@pytest.mark.parametrize(
    "name",
    ["config.json", "environment.json", "history.csv", "results.json", "test_probabilities.npy",
     "model.keras"],
)  # fmt: skip
def test_a_changed_file_is_noticed(run, name):
    content = run.file(name).read_bytes()
    run.file(name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert receipt.find_edits(run, receipt.read_receipt(run)) == [f"{name} was changed"]
    run.file(name).unlink()
    found = receipt.find_edits(run, receipt.read_receipt(run))
    assert found == [f"{name} is missing or cannot be read"]


@pytest.mark.parametrize(
    "change",
    [
        lambda paper: paper["results"].update(test_accuracy=0.99),
        lambda paper: paper.update(seed=7),
        lambda paper: paper["files"].pop("results.json"),
        lambda paper: paper.update(sha256="0" * 64),
        lambda paper: paper.pop("sha256"),
    ],
)
def test_a_changed_receipt_is_noticed(run, change):
    paper = receipt.read_receipt(run)
    change(paper)
    run.file(receipt.FILE).write_text(json.dumps(paper), encoding="utf-8")
    found = receipt.find_edits(run, receipt.read_receipt(run))
    assert found == ["receipt.json was changed"]


def test_another_order_and_other_white_space_are_no_change(run):
    paper = receipt.read_receipt(run)
    text = json.dumps(dict(reversed(paper.items())), indent=4)
    run.file(receipt.FILE).write_text(text, encoding="utf-8")
    assert receipt.find_edits(run, receipt.read_receipt(run)) == []


def test_a_receipt_of_a_name_outside_the_run_is_not_followed(run, tmp_path):
    paper = receipt.read_receipt(run)
    paper["files"]["../../secret"] = "0"
    assert receipt.find_edits(run, paper) == ["receipt.json was changed"]


@pytest.mark.parametrize("content", ["", "[]", '{"receipt": 1}', '{"receipt": 2, "files": {}}'])
def test_what_is_no_receipt_is_one_sentence(run, content):
    run.file(receipt.FILE).write_text(content, encoding="utf-8")
    with pytest.raises(receipt.NoReceipt, match=r"receipt\.json"):
        receipt.read_receipt(store.read_run(run.run_dir))


def test_an_older_run_has_none(made):
    with pytest.raises(receipt.NoReceipt, match=r"has no receipt\.json"):
        receipt.read_receipt(made)
