"""python -m fmnist standin: what it makes and says, and its exit codes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fmnist.commands.standin import main
from fmnist.data import standin

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def small(monkeypatch):
    """Few images, so that a test takes a second."""
    monkeypatch.setattr(standin, "TRAIN_IMAGES", 60)
    monkeypatch.setattr(standin, "TEST_IMAGES", 20)


def test_the_command_says_what_it_made(tmp_path, small, capsys):
    assert main([str(tmp_path / "made"), "--seed", "3"]) == 0
    out, err = capsys.readouterr()
    assert out == f"60 + 20 look-alikes, seed 3: {tmp_path / 'made'}\n"
    assert err == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "DIR"),
        (["made", "--seed", "-1"], "--seed is -1; expected 0 to 4294967295"),
        (["made", "--seed", "x"], "invalid int value"),
    ],
)
def test_a_mistake_is_one_line(arguments, said, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "fmnist", "standin", *arguments],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr
    assert not (tmp_path / "made").exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path, small, capsys):
    (tmp_path / "file").write_text("")
    assert main([str(tmp_path / "file")]) == 2
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1
    assert f"The look-alikes cannot be written to {tmp_path / 'file'}:" in err
