"""Trials on parallel scales, and the best of them so far."""

import pytest

from fmnist.config import TrainConfig
from fmnist.runs import store
from fmnist.sweeps.columns import list_scales, list_scored
from fmnist.sweeps.results import Results, Trial, read_results, read_val_accuracy, write_trials
from fmnist.sweeps.space import parse_range, parse_values
from fmnist.sweeps.sweep import Sweep
from pages._sweeps.words import describe_settings
from tests.factories import runs as run_factory

TRIALS = [
    Trial(0, "completed", {"filters": "8", "learning_rate": "0.001"}, 0.8, 0.02, 0.9),
    Trial(1, "pruned", {"filters": "32", "learning_rate": "0.01"}, 0.95),
    Trial(2, "completed", {"filters": "32", "learning_rate": "0.0001"}, 0.85, 0.01, 0.7),
    Trial(3, "running", {"filters": "16", "learning_rate": "0.001"}),
    Trial(4, "completed", {"filters": "16", "learning_rate": "0.002"}, 0.85, 0.0, 0.99),
]


def test_each_setting_is_a_scale():
    axes = (parse_values("filters", "8,16,32"), parse_range("learning_rate", "1e-4:1e-2:log"))
    sweep = Sweep(TrainConfig(), axes, "tpe", trials=9)
    scored = list_scored(TRIALS)
    assert [trial.number for trial in scored] == [0, 1, 2, 4]
    filters, rate = list_scales(sweep, scored)
    assert (filters.positions, filters.texts) == ((0.0, 2.0, 2.0, 1.0), ("8", "16", "32"))
    assert rate.positions == pytest.approx((-3.0, -2.0, -4.0, -2.69897))
    assert rate.ticks == pytest.approx((-4.0, -3.0, -2.0))
    assert rate.texts == ("0.0001", "0.001", "0.01")


def test_the_best_is_the_first_completed_one_with_the_highest_validation_accuracy():
    found = Results(tuple(TRIALS))
    assert found.best.number == 2, "neither the pruned one nor the highest on the test set"
    assert found.best_so_far() == [0.8, 0.8, 0.85, 0.85, 0.85]


def test_the_table_is_read_as_it_was_written(tmp_path):
    write_trials(tmp_path, TRIALS)
    assert read_results(tmp_path).trials == tuple(TRIALS)
    text = (tmp_path / "trials.csv").read_text(encoding="utf-8")
    for damage in ("", "x", text.replace("pruned", "great"), text.replace("0.95", "nan"), "\0"):
        (tmp_path / "trials.csv").write_text(damage, encoding="utf-8")
        assert read_results(tmp_path) == Results()


@pytest.mark.parametrize(("keep", "expected"), [("best", 0.9), ("last", 0.7)])
def test_the_epoch_that_is_kept_decides(lab, keep, expected):
    run_dir = run_factory.write_run(lab.runs_dir, keep=keep)
    head = "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds\n"
    rows = "0,1,0.5,1,0.6,0.001,1\n1,1,0.5,1,0.9,0.001,1\n2,1,0.5,1,0.7,0.001,1\n"
    (run_dir / "history.csv").write_text(head + rows)
    assert read_val_accuracy(store.read_run(run_dir)) == expected


def test_three_digits_of_a_value_are_shown():
    settings = {"filters": "16-32", "dense_units": "12345", "learning_rate": "0.00635236"}
    shown = describe_settings(settings)
    assert shown == "Filters 16-32, Dense units 12345, Learning rate 0.00635"
