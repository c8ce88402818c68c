"""Runs side by side: the summary of finished, running and waiting ones; settings in words."""

import numpy as np
import pytest

from fmnist import json_files
from fmnist.config import TrainConfig
from fmnist.runs import outputs, store
from fmnist.runs.imported_record import ImportedModel
from fmnist.runs.tables import (
    count_training_macs,
    describe_datasets,
    describe_settings,
    summary_table,
    used_different_data,
)
from tests.factories import data as data_factory
from tests.factories import runs as run_factory


def test_the_summary_of_a_finished_a_running_and_a_waiting_run(lab):
    run_factory.write_run(lab.runs_dir, "20260103-000000-c", epochs=3, dropout=0.2, accuracy=0.85)
    run_factory.write_run(lab.runs_dir, "20260102-000000-b", status="running", epochs=4)
    run_factory.write_run(lab.runs_dir, "20260101-000000-a", status="queued")
    table = summary_table(store.list_runs())
    assert list(table["status"]) == ["completed", "running", "queued"]
    assert list(table["epochs_done"]) == [3, 3, 0]
    assert table["settings"][0] == "filters 8, dropout 0.2, epochs 3"
    assert table["test_accuracy"][0] == 0.85
    assert table["test_accuracy"].isna().tolist() == [False, True, True]
    # run_factory draws validation accuracy as 0.98 - 0.3 × 0.7^epoch; the last epoch is the best.
    np.testing.assert_allclose(table["best_val_accuracy"][:2], 0.98 - 0.3 * 0.7**2, atol=1e-5)
    assert table["seconds"][0] == 6.0
    assert table["parameters"].isna().tolist() == [False, False, True]


def test_an_imported_model_shows_no_setting_of_a_training(lab):
    run_factory.write_imported_run(lab.runs_dir)
    run_factory.write_imported_run(
        lab.runs_dir, "20260103-000000-b", "running", imported_model=ImportedModel("x.keras")
    )
    table = summary_table(store.list_runs())
    assert list(table["status"]) == ["completed", "checking"]
    assert list(table["settings"]) == [
        "imported from a file: 28 × 28 in, values 0 to 1; logits (a softmax follows)",
        "imported from a file",
    ]
    assert table["test_accuracy"][0] == 0.9
    assert table[["epochs", "epochs_done", "seconds", "best_val_accuracy"]].isna().all(axis=None)


def test_the_summary_of_no_runs_is_empty():
    assert summary_table([]).empty


@pytest.mark.parametrize("parameters", ['"x"', "1.5", "[1]", "null"])
def test_a_senseless_environment_leaves_the_table_standing(lab, parameters):
    run_dir = run_factory.write_run(lab.runs_dir)
    (run_dir / "environment.json").write_text(f'{{"parameters": {parameters}}}')
    table = summary_table(store.list_runs())
    assert table["parameters"].isna().all()
    assert table["status"].tolist() == ["completed"]


def test_runs_of_different_data_are_told_apart(lab, tmp_path):
    other = data_factory.write_dataset(tmp_path / "other", train=20, test=20, seed=3)
    run_factory.write_run(lab.runs_dir, "20260104-000000-d", status="queued")
    run_factory.write_run(lab.runs_dir, "20260103-000000-c", dataset="shapes", data_dir=other)
    run_factory.write_run(lab.runs_dir, "20260102-000000-b")
    run_factory.write_run(lab.runs_dir, "20260101-000000-a")
    queued, shapes, *alike = store.list_runs()
    assert list(summary_table(store.list_runs())["dataset"]) == [
        "fashion-mnist",
        "shapes",
        "fashion-mnist",
        "fashion-mnist",
    ]
    assert not used_different_data([queued, *alike])
    assert used_different_data([shapes, *alike])


def test_datasets_of_one_short_name_are_told_apart_by_their_fingerprints(lab, tmp_path):
    other = data_factory.write_dataset(tmp_path / "other", train=20, test=20, seed=3)
    run_factory.write_run(lab.runs_dir, "20260103-000000-c", status="queued")
    run_factory.write_run(lab.runs_dir, "20260102-000000-b", data_dir=other)
    run_factory.write_run(lab.runs_dir, "20260101-000000-a")
    some = store.list_runs()
    seen = [outputs.read_environment(run).get("dataset_fingerprint") for run in some]
    assert describe_datasets(some) == [
        "fashion-mnist (not known yet)",
        f"fashion-mnist ({seen[1]})",
        f"fashion-mnist ({seen[2]})",
    ]
    assert used_different_data(some)


def test_settings_in_words():
    config = TrainConfig(
        name="x", filters=(8, 24), dense_units=(), weight_averaging=True, optimizer="sgd"
    )
    words = "filters 8-24, dense_units none, optimizer sgd, weight_averaging on"
    assert describe_settings(config) == words
    assert describe_settings(TrainConfig()) == ""


def macs_of(run_dir) -> int | None:
    run = store.read_run(run_dir)
    return count_training_macs(run, outputs.read_environment(run), outputs.read_results(run))


def test_the_compute_of_a_training_is_its_networks_times_the_images_shown(lab):
    run_dir = run_factory.write_run(lab.runs_dir, augmented_copies=1, augmentation="flip")
    # 540 training images, each with a copy, in 3 epochs
    assert macs_of(run_dir) == 7_840 * 1080 * 3
    # stopped after 2 of the 5 steps of the second epoch, 128 images each
    store.write_status(run_dir, step=7)
    assert macs_of(run_dir) == 7_840 * (1080 + 2 * 128)
    assert outputs.count_test_images(store.read_run(run_dir)) == 200


def test_the_compute_of_an_early_run_follows_from_its_settings(lab):
    run_dir = run_factory.write_run(lab.runs_dir)
    environment = outputs.read_environment(store.read_run(run_dir))
    del environment["macs_per_image"]
    json_files.write_json(run_dir / "environment.json", environment)
    # 8 filters of 3 × 3 at 26 × 26 places, 13 · 13 · 8 · 64 and 64 · 10
    macs = 26 * 26 * 9 * 8 + 13 * 13 * 8 * 64 + 640
    assert macs_of(run_dir) == macs * 540 * 3
