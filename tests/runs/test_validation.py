"""fmnist/runs/validation.py: which images validated a run, and why there may be none."""

import numpy as np

from fmnist import json_files
from fmnist.data.dataset import load_dataset
from fmnist.runs import store
from fmnist.runs.validation import find_validation_images, why_no_validation
from tests.factories import runs as run_factory


def test_the_validation_images_of_a_run(lab):
    run = store.read_run(run_factory.write_run(lab.runs_dir, validation_fraction=0.2))
    data = load_dataset(lab.data_dir)
    assert why_no_validation(run, data) == ""
    drawn = np.random.default_rng(0).permutation(600)[:120]
    assert find_validation_images(run, data).tolist() == sorted(drawn)


def test_an_imported_model_has_none(lab):
    run = store.read_run(run_factory.write_imported_run(lab.runs_dir))
    assert "trained elsewhere" in why_no_validation(run, load_dataset(lab.data_dir))


def test_other_data_and_other_weights(made, lab):
    data = load_dataset(lab.data_dir)
    made.file("start.keras").touch()
    assert "began with the weights of another model" in why_no_validation(made, data)
    made.file("start.keras").unlink()
    json_files.write_json(made.file("environment.json"), {"dataset_fingerprint": "0" * 16})
    assert "trained on other data" in why_no_validation(made, data)
