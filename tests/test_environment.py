"""What is recorded beside a run: it is this computer's, it is JSON, and it knows its commit."""

import json
import platform
import subprocess
from pathlib import Path

import numpy as np
import psutil
import pytest

from fmnist import environment
from fmnist.dataset import CLASS_NAMES, load_dataset

ROOT = Path(__file__).parent.parent


def test_the_environment_is_plain_json(lab):
    described = environment.describe_environment(load_dataset())
    assert json.loads(json.dumps(described)) == described
    assert described["dataset_fingerprint"] == load_dataset().fingerprint
    assert described["class_names"] == list(CLASS_NAMES)
    assert described["versions"]["python"] == platform.python_version()
    assert described["versions"]["numpy"] == np.__version__
    assert described["hardware"]["cpu"]
    assert described["hardware"]["cores"] == psutil.cpu_count()


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no checkout of git's")
def test_the_commit_is_that_of_the_checkout():
    command = ["git", "rev-parse", "HEAD"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert environment._git_commit() == (done.stdout.strip() or None)


def test_outside_of_a_checkout_there_is_no_commit(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "__file__", str(tmp_path / "fmnist" / "environment.py"))
    assert environment._git_commit() is None
