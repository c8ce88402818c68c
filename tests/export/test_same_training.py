"""A training by an exported script against the Lab's own, in both arithmetics of TensorFlow.

What can be the same is compared exactly: the weights to begin with, and everything of a network
without quicker layers. The others round differently, and drift apart by what that makes.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fmnist.config import TrainConfig
from fmnist.export.script import make_script
from fmnist.runs import outputs, store
from tests.factories import data as data_factory

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parent.parent.parent

SMALL = TrainConfig(filters=(8,), dense_units=(16,), epochs=2, batch_size=32, precision="float32")
CONFIGS = {
    "dense": TrainConfig(
        architecture="dense", dense_units=(24, 16), dropout=0.1, epochs=4, batch_size=48,
        weight_averaging=True, optimizer="sgd", weight_decay=0.001, learning_rate=0.05,
        schedule="cosine", keep="best", early_stopping_patience=1, augmentation="shift",
        label_smoothing=0.1, seed=3, precision="float32", validation_fraction=0.13,
    ),
    "cnn": SMALL.replace(dropout=0.2, keep="last", optimizer="rmsprop", head="average", seed=7),
    "residual": SMALL.replace(
        filters=(6,), padding="same", dense_units=(), batch_norm=True, residual_blocks=1,
        head="max", head_dropout=0.1, flip_average=True, shift_average=True, schedule="one-cycle",
        learning_rate=0.01, optimizer="adamw", weight_decay=0.01, label_smoothing=0.1,
        augmentation="flip+shift+erase", augmented_copies=1,
    ),
    "bfloat16": SMALL.replace(precision="bfloat16", augmentation="flip"),
}  # fmt: skip
# The largest difference in a probability, and in a figure of the history: none where the Lab trains
# with Keras's own layers; bfloat16 keeps three digits.
ALLOWED = {"dense": 0.0, "cnn": 1e-5, "residual": 0.05, "bfloat16": 0.02}

TRAIN = """
import json, sys
from pathlib import Path
from fmnist.config import TrainConfig
from fmnist.models.keras_import import import_keras
from fmnist.runs import store
import_keras()
import numpy as np
from fmnist.training import train
from fmnist.training.train import train_and_evaluate

real = train.compile_model
def compile_model(model, *arguments):  # the weights to begin with
    np.savez("lab.npz", *model.get_weights())
    real(model, *arguments)
train.compile_model = compile_model
for name, config in json.loads(sys.argv[1]).items():
    run = store.create_run(TrainConfig.from_json(config))
    train_and_evaluate(run.config, run.run_dir)
    Path(name).mkdir()
    Path("lab.npz").rename(Path(name, "lab.npz"))
    Path(name, "id").write_text(run.run_id)
"""
RUN_SCRIPTS = """
import os, sys
from pathlib import Path
for name in sys.argv[1:]:
    os.chdir(name)
    code = Path("script.py").read_text(encoding="utf-8").replace(
        "model.summary()", 'np.savez("script.npz", *model.get_weights())'
    )
    exec(compile(code, "script.py", "exec"), {"__name__": "__main__"})
    os.chdir("..")
assert "fmnist" not in sys.modules
"""


@pytest.fixture(params=["1", "0"], ids=["oneDNN", "without oneDNN"])
def trained(request, lab, tmp_path) -> Path:
    """A folder for each config, with what the Lab's training and the script's have made."""
    data_factory.write_dataset(tmp_path / "data", train=200, test=60)
    environment = os.environ | {
        "TF_ENABLE_ONEDNN_OPTS": request.param,
        "FMNIST_DATA_DIR": str(tmp_path / "data"),
        "PYTHONPATH": str(ROOT),
    }
    configs = json.dumps({name: config.to_json() for name, config in CONFIGS.items()})
    run_python([TRAIN, configs], tmp_path, environment)
    for name in CONFIGS:
        run = store.load_run((tmp_path / name / "id").read_text())
        (tmp_path / name / "script.py").write_text(make_script(run), encoding="utf-8")
    environment.pop("PYTHONPATH")
    run_python([RUN_SCRIPTS, *CONFIGS], tmp_path, environment)
    return tmp_path


def run_python(arguments: list[str], folder: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    print(done.stdout[-3000:])


def test_the_script_trains_the_same_model(trained):
    for name, config in CONFIGS.items():
        folder = trained / name
        run = store.load_run((folder / "id").read_text())
        first, second = (np.load(folder / f"{who}.npz") for who in ("lab", "script"))
        assert first.files == second.files
        for file in first.files:
            np.testing.assert_array_equal(first[file], second[file], f"{name} {file}")
        history = outputs.read_history(run)
        table = np.genfromtxt(folder / "history.csv", delimiter=",", names=True)
        assert len(history) == len(table)
        assert config.early_stopping_patience or len(table) == config.epochs
        for column in ("loss", "accuracy", "val_loss", "val_accuracy"):
            gap = np.abs(history[column] - table[column]).max()
            print(name, column, gap)
            assert gap <= max(ALLOWED[name], 1e-7), (name, column)
        found = np.load(folder / "test_probabilities.npy")
        gap = np.abs(found - outputs.read_probabilities(run)).max()
        print(name, "probabilities", gap, "weights", len(first.files))
        assert gap <= ALLOWED[name], name
