"""Real files that people imported, and what is right for each: its RIGHT.txt says the same."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fmnist.runs import store

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent


@pytest.fixture
def real_data() -> str:
    folder = os.environ.get("FMNIST_DATA_DIR")
    if not folder:
        pytest.skip("FMNIST_DATA_DIR names no folder with the real dataset")
    return folder


def check(path: Path, runs_dir: Path, data: str, onednn: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "fmnist", "import-model", str(path), "--runs-dir", str(runs_dir)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=400,
        env={**os.environ, "FMNIST_DATA_DIR": data, "TF_ENABLE_ONEDNN_OPTS": onednn},
    )


@pytest.mark.parametrize("onednn", ["0", "1"])
@pytest.mark.parametrize(
    ("name", "accuracy", "found"),
    [
        ("m02-tf-nn-softmax/tf_nn.keras", 0.777, "28 × 28 in, values 0 to 1; probabilities"),
        ("m05-three-channels/rgb.keras", 0.7947, "28 × 28 × 3 in, values 0 to 1; probabilities"),
        ("m29-keras-2.15/keras215.h5", 0.8119, "28 × 28 in, values 0 to 1; probabilities"),
        ("m29-keras-2.15/keras215.keras", 0.8119, "28 × 28 in, values 0 to 1; probabilities"),
        (
            "m40-keras-utils-normalize/normalized.keras",
            0.7966,
            "28 × 28 in, values from keras.utils.normalize(x, axis=1); probabilities",
        ),
    ],
)
def test_a_model_that_people_imported_is_scored_as_it_was(
    real_data, cases_dir, tmp_path, name, accuracy, found, onednn
):
    done = check(cases_dir / name, tmp_path, real_data, onednn)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer["test_accuracy"] == pytest.approx(accuracy, abs=2e-4)
    assert done.stderr.splitlines()[-1] == f"Detected: {found}"


@pytest.mark.parametrize("onednn", ["0", "1"])
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("F12_cli_silent.keras", "declares weights of 2,147 MB or more; the limit is 400 MB"),
        ("F3_engine_memory.keras", "GB of memory to classify 250 images at a time"),
    ],
)
def test_an_attack_is_refused_with_a_sentence(
    real_data, cases_dir, tmp_path, name, sentence, onednn
):
    done = check(cases_dir / "attacks" / name, tmp_path, real_data, onednn)
    assert done.returncode == 2
    assert sentence in done.stderr.splitlines()[-1]
    assert not [path for path in tmp_path.iterdir() if store.RUN_ID.fullmatch(path.name)]
