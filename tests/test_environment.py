"""What is recorded beside a run: it is this computer's, it is JSON, and it knows its commit."""

import json
import platform
import subprocess
from pathlib import Path

import numpy as np
import psutil
import pytest

from fmnist import environment
from fmnist.config import TrainConfig
from fmnist.dataset import CLASS_NAMES, load_dataset
from fmnist.models import build_network

ROOT = Path(__file__).parent.parent


def test_the_environment_of_a_training_is_plain_json(lab):
    config = TrainConfig(architecture="dense", dense_units=(4,), seed=7)
    described = environment.describe_environment(
        config, build_network(config), load_dataset(), "bfloat16"
    )
    assert json.loads(json.dumps(described)) == described
    # 784·4 + 4 and 4·10 + 10; the same without the biases
    assert (described["parameters"], described["macs_per_image"]) == (3_190, 3_176)
    assert (described["seed"], described["precision"]) == (7, "bfloat16")
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
