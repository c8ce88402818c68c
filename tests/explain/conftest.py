"""What `tests.explain.networks` finds, once for all tests here."""

import json
import os
import subprocess
import sys

import pytest

from fmnist.models.processor import ONEDNN


@pytest.fixture(scope="session", params=["1", "0"], ids=["onednn", "plain"])
def found(request: pytest.FixtureRequest) -> dict:
    """With oneDNN's operations, then without: each in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.explain.networks"],
        env={**os.environ, ONEDNN: request.param},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)
