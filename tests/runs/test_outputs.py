"""What a run has written is read whole, however damaged or half-written its files are."""

import numpy as np
import pytest

from fmnist import json_files
from fmnist.data.dataset import CLASS_NAMES
from fmnist.runs import outputs, store
from tests.factories import runs as run_factory


def test_a_line_still_being_written_is_left_out(made):
    whole = outputs.read_batches(made)
    with made.file("batches.csv").open("a") as file:
        file.write("16,3,0.41")
    assert outputs.read_batches(made).equals(whole)
    with made.file("batches.csv").open("a") as file:
        file.write(",0.9,5000\n")
    assert list(outputs.read_batches(made).iloc[-1]) == [16, 3, 0.41, 0.9, 5000]


def test_broken_lines_and_absent_columns_of_a_table(made):
    made.file("history.csv").write_text(
        "epoch,loss,accuracy\n0,0.5,0.8\n1,0.4\n2,zero,0.9\n,0.3,0.9\n4,0.2,0.95\n"
    )
    history = outputs.read_history(made)
    assert list(history["loss"]) == [0.5, 0.3, 0.2]
    assert history["epoch"].isna().tolist() == [False, True, False]
    assert history["val_loss"].isna().all()
    assert tuple(history.columns) == outputs.HISTORY_COLUMNS


@pytest.mark.parametrize("content", [None, "", "epoch,loss", "\n"])
def test_a_table_without_rows(made, content):
    made.file("history.csv").unlink()
    if content is not None:
        made.file("history.csv").write_text(content)
    history = outputs.read_history(made)
    assert (len(history), tuple(history.columns)) == (0, outputs.HISTORY_COLUMNS)


def test_probabilities_half_written_or_of_another_shape(made):
    good = outputs.read_probabilities(made)
    assert good.shape == (200, 10)
    np.testing.assert_allclose(good.sum(axis=1), 1, atol=1e-6)
    path = made.file("test_probabilities.npy")
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(store.RunDamaged, match="cannot be read"):
        outputs.read_probabilities(made)
    np.save(path, good[:, :9])
    with pytest.raises(store.RunDamaged, match=r"shape \(200, 9\), not \(N, 10\)"):
        outputs.read_probabilities(made)
    np.save(path, np.array([{"an": "object"}]), allow_pickle=True)
    with pytest.raises(store.RunDamaged, match="cannot be read"):
        outputs.read_probabilities(made)


def test_results_keep_only_numbers(made):
    made.file("results.json").write_text('{"test_accuracy": "high", "seconds": 3}')
    assert outputs.read_results(made) == {"seconds": 3}


def test_a_run_says_what_its_classes_are_called(lab):
    names = tuple("abcdefghij")
    run_dir = run_factory.write_run(lab.runs_dir, class_names=names)
    assert outputs.read_class_names(store.read_run(run_dir)) == names


@pytest.mark.parametrize("names", [None, 3, ["a"], ["<b>", *"bcdefghij"]])
def test_without_sound_class_names_they_are_fashion_mnists(lab, names):
    run = store.read_run(run_factory.write_run(lab.runs_dir))
    assert outputs.read_class_names(run) == CLASS_NAMES
    environment = {**outputs.read_environment(run), "class_names": names}
    json_files.write_json(run.file("environment.json"), environment)
    assert outputs.read_class_names(run) == CLASS_NAMES
