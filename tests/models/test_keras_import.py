"""The first import of Keras leaves out scikit-learn, and leaves it usable."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

BEFORE = """
import sys
from fmnist.models.keras_import import import_keras

import_keras()
assert {"keras", "tensorflow"} <= set(sys.modules)
assert "sklearn" not in sys.modules
from sklearn.neighbors import NearestNeighbors
"""
AFTER = """
import sys
import sklearn
from fmnist.models.keras_import import import_keras

import_keras()
assert {"keras", "tensorflow"} <= set(sys.modules)
assert sys.modules["sklearn"] is sklearn
"""


@pytest.mark.parametrize("script", [BEFORE, AFTER], ids=["before", "after"])
def test_keras_comes_without_scikit_learn_unless_that_is_there(script):
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
