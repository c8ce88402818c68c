"""What is recorded beside a run: it is this computer's, it is JSON, and it knows its commit."""

import json
import platform
import shutil
import subprocess

import numpy as np
import psutil
import pytest

from fmnist.data.dataset import CLASS_NAMES, load_dataset
from fmnist.training import environment

# SHA-1 of "commit 174", a zero byte, and the 174 bytes of the commit made below: the empty tree,
# author, committer and message, worked out without git.
COMMIT = "2a2db1d02d088e2ec3943e2681291bb3687ce7b9"


def test_the_environment_is_plain_json(lab):
    described = environment.describe_environment(load_dataset())
    assert json.loads(json.dumps(described)) == described
    assert described["dataset_fingerprint"] == load_dataset().fingerprint
    assert described["class_names"] == list(CLASS_NAMES)
    assert described["versions"]["python"] == platform.python_version()
    assert described["versions"]["numpy"] == np.__version__
    assert described["hardware"]["cpu"]
    assert described["hardware"]["cores"] == psutil.cpu_count()


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_the_commit_is_that_of_the_checkout(tmp_path, monkeypatch):
    """Whoever makes this commit gets the same name for it."""
    who = {"NAME": "Somebody", "EMAIL": "somebody@example.org", "DATE": "2026-01-01T00:00:00+0000"}
    for role in ("AUTHOR", "COMMITTER"):
        for name, value in who.items():
            monkeypatch.setenv(f"GIT_{role}_{name}", value)
    for variable in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):  # of a hook that runs the tests
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "no-settings"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for arguments in (
        ["init", "--quiet", "--object-format=sha1"],
        ["commit", "--quiet", "--allow-empty", "--message", "Nothing yet"],
    ):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    monkeypatch.setattr(environment, "PROJECT_ROOT", tmp_path)
    assert environment._git_commit() == COMMIT


def test_outside_of_a_checkout_there_is_no_commit(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "PROJECT_ROOT", tmp_path)
    assert environment._git_commit() is None
