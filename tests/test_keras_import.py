"""The first import of Keras leaves out scikit-learn, and leaves it usable."""

import subprocess
import sys

SCRIPT = """
import sys
from fmnist.keras_import import import_keras

import_keras()
assert {"keras", "tensorflow"} <= set(sys.modules)
assert "sklearn" not in sys.modules
import_keras()
from sklearn.neighbors import NearestNeighbors

import_keras()
assert sys.modules["sklearn"]
"""


def test_scikit_learn_stays_out_and_can_be_imported_afterwards():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
