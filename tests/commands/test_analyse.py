"""python -m fmnist analyse, for a person and for the app."""

import pytest

from fmnist.commands.analyse import main
from fmnist.data import catalogue
from fmnist.runs import analyses, status


def test_a_person_computes_in_the_foreground(lab, capsys):
    assert main(["near-duplicates"]) == 0
    analysis = analyses.find_analysis("near-duplicates", catalogue.load())
    assert capsys.readouterr().out.strip() == str(analysis.folder)
    assert analysis.is_done


def test_the_folder_that_the_app_made(lab):
    analysis = analyses.find_analysis("near-duplicates", catalogue.load())
    analyses.create(analysis)
    assert main([str(analysis.folder)]) == 0
    assert analysis.is_done


def test_one_that_is_asked_to_end_is_stopped(lab):
    analysis = analyses.find_analysis("near-duplicates", catalogue.load())
    analyses.create(analysis)
    analyses.stop(analysis)
    assert main([str(analysis.folder)]) == 0
    assert analysis.status.status == "stopped"


def test_a_failure_is_recorded(lab, capsys):
    analysis = analyses.find_analysis("near-duplicates", catalogue.load())
    analyses.create(analysis)
    (analysis.folder / "nearest.npy").mkdir()  # in the way of the result
    assert main([str(analysis.folder)]) == 1
    assert analysis.status.status == "failed"
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "is none of near-duplicates"),
        (["near-duplicates", "bundled"], "leave out the run"),
        (["near-duplicates", "--data", "missing"], "missing"),
    ],
)
def test_wrong_input_is_one_sentence(lab, capsys, arguments, message):
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_what_is_being_computed_is_not_computed_twice(lab, capsys):
    analysis = analyses.find_analysis("near-duplicates", catalogue.load())
    analyses.create(analysis)
    assert main(["near-duplicates"]) == 2
    assert "already" in capsys.readouterr().err
    assert status.read_status(analysis.folder).is_live
