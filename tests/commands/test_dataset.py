"""python -m fmnist dataset: what it prints, and its exit codes."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fmnist.commands.dataset import main
from fmnist.data import catalogue

ROOT = Path(__file__).parent.parent.parent
DIGITS = "0,1,2,3,4,5,6,7,8,9"


def test_import_and_list(lab, capsys):
    assert main(["import", str(lab.data_dir), "--name", "My shapes", "--classes", DIGITS]) == 0
    out, err = capsys.readouterr()
    assert out == "my-shapes\n"
    assert err.startswith("My shapes: fingerprint ")
    assert catalogue.load("my-shapes").class_names == tuple(DIGITS.split(","))
    assert main(["list"]) == 0
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [line[:2] for line in lines] == [
        ["fashion-mnist", "Fashion-MNIST"],
        ["my-shapes", "My shapes"],
    ]


@pytest.mark.parametrize("answer", [None, "y", " Yes ", "", "n"])
def test_delete_asks_first(lab, monkeypatch, capsys, answer):
    assert main(["import", str(lab.data_dir), "--name", "My shapes", "--classes", DIGITS]) == 0
    is_deleted = answer not in ("", "n")
    if answer is None:
        assert main(["delete", "my-shapes", "--yes"]) == 0
    else:
        typed = io.StringIO(answer + "\n")
        typed.isatty = lambda: True
        monkeypatch.setattr(sys, "stdin", typed)
        assert main(["delete", "my-shapes"]) == (0 if is_deleted else 2)
    said = "my-shapes was deleted." if is_deleted else "Nothing was deleted."
    assert capsys.readouterr().err.splitlines()[-1] == said
    slugs = [entry.slug for entry in catalogue.list_datasets()]
    assert slugs == ["fashion-mnist"] + ["my-shapes"] * (not is_deleted)


def test_the_standin_is_listed_once_it_is_made(no_mirrors, capsys):
    folder = catalogue.make_standin().folder
    assert main(["list"]) == 0
    assert f"stand-in\tStand-in\t{folder}\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["my-shapes"], "no terminal to ask in: add --yes to delete my-shapes"),
        (["fashion-mnist", "--yes"], "There is no imported dataset 'fashion-mnist'"),
        (["../my-shapes", "--yes"], "There is no imported dataset '../my-shapes'"),
    ],
)
def test_what_is_not_deleted_is_one_line(lab, monkeypatch, capsys, arguments, said):
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert main(["delete", *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert said in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["/nowhere"], "There is no file or folder /nowhere."),
        (["{data}", "--classes", "a,b"], "Expected ten class names"),
        (["{data}", "--name", "<b>"], "The dataset's name is '<b>'"),
        ([], "required"),
    ],
)
def test_a_mistake_is_one_line(lab, arguments, said):
    arguments = [argument.format(data=lab.data_dir) for argument in arguments]
    done = subprocess.run(
        [sys.executable, "-m", "fmnist", "dataset", "import", *arguments],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr
