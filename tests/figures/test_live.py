"""The live chart: what it draws, and that it stays the same chart while a run trains."""

import numpy as np
import pandas as pd
import pytest

from fmnist.figures import live
from fmnist.figures.live import LIVE, TRAINING, VALIDATION, Before, LiveChart


@pytest.fixture
def history() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "epoch": [0.0, 1.0, 2.0],
            "loss": [0.61, 0.42, 0.35],
            "accuracy": [0.78, 0.85, 0.88],
            "val_loss": [0.5, 0.4, 0.36],
            "val_accuracy": [0.82, 0.86, 0.87],
        }
    )


@pytest.fixture
def batches() -> pd.DataFrame:
    count = 3000
    return pd.DataFrame(
        {
            "step": np.arange(1.0, count + 1),
            "epoch": np.repeat([0.0, 1.0, 2.0], 1000),
            "loss": np.linspace(2.3, 0.3, count),
            "accuracy": np.linspace(0.1, 0.9, count),
        }
    )


def curve(chart: LiveChart, line: str) -> tuple[list[float], list[float]]:
    rows = chart.rows[chart.rows["line"] == line]
    return list(rows["epoch"]), list(rows["value"])


def domain(chart: LiveChart, axis: str) -> list[float] | None:
    return chart.spec["encoding"][axis]["scale"].get("domain")


def legend(chart: LiveChart) -> list[str]:
    return chart.spec["encoding"]["color"]["legend"]["values"]


@pytest.mark.parametrize("metric", ["accuracy", "loss"])
@pytest.mark.parametrize("is_zoomed", [False, True])
def test_vega_lite_accepts_it_and_its_axes_are_named(history, batches, metric, is_zoomed):
    before = Before("20260102-030405-made", "Made", history)
    chart = live.plot_history(
        history, batches, metric, epochs=5, before=before, is_zoomed=is_zoomed
    )
    altair = pytest.importorskip("altair")  # comes with Streamlit
    altair.Chart.from_dict(chart.spec)  # raises for a property that does not exist
    assert chart.spec["encoding"]["x"]["title"] == "Epoch"
    assert chart.spec["encoding"]["y"]["title"] in ("Accuracy (%)", "Loss")


def test_epochs_and_batches_have_their_place(history, batches):
    chart = live.plot_history(history, batches, "accuracy", epochs=5, steps_per_epoch=1000)
    assert legend(chart) == ["Training (live)", "Training", "Validation"]
    assert curve(chart, TRAINING) == ([1, 2, 3], [0.78, 0.85, 0.88])
    assert curve(chart, VALIDATION) == ([1, 2, 3], [0.82, 0.86, 0.87])
    x, y = curve(chart, LIVE)
    assert len(x) == live.MAX_POINTS
    assert (x[0], y[0]) == (0.001, 0.1)  # the climb is seen whole
    assert (x[-1], y[-1]) == (3, 0.9)  # and the newest batch is never left out
    assert domain(chart, "x") == [0, 5]
    assert domain(chart, "y") is None  # as far as the rows reach


def test_the_chart_stays_the_same_while_a_run_trains(history, batches):
    """Only its rows change: another specification would be drawn anew."""
    early, late = (
        live.plot_history(history.iloc[:rows], batches.iloc[: 1000 * rows + 50], epochs=5)
        for rows in (0, 3)
    )
    assert early.spec == late.spec
    assert len(early.rows) < len(late.rows)


def test_batches_without_a_known_epoch_length(history, batches):
    chart = live.plot_history(history, batches.iloc[:2500], "accuracy")
    assert curve(chart, LIVE)[0][-1] == 2.5


def test_a_run_without_validation_or_batches(history):
    history[["val_loss", "val_accuracy"]] = np.nan
    chart = live.plot_history(history, None, "loss")
    assert set(chart.rows["line"]) == {TRAINING}


def test_before_anything_is_written(history, batches):
    chart = live.plot_history(history.iloc[:0], batches.iloc[:0], "accuracy", epochs=3)
    assert chart.rows.empty
    assert domain(chart, "x") == [0, 3]


def test_what_ended_early_ends_where_its_curves_do(history, batches):
    chart = live.plot_history(history.iloc[:0], batches.iloc[:300], steps_per_epoch=1000)
    assert domain(chart, "x") == [0, 0.3]
    assert "tickMinStep" not in chart.spec["encoding"]["x"]["axis"]  # no whole number lies there


def test_zoomed_there_is_the_later_half(history, batches):
    chart = live.plot_history(
        history, batches, "accuracy", epochs=50, steps_per_epoch=1000, is_zoomed=True
    )
    assert chart.rows["epoch"].min() == pytest.approx(1.5, abs=0.01)
    assert chart.rows["epoch"].max() == 3
    assert domain(chart, "x") is None
    long = pd.DataFrame({"epoch": np.arange(9.0), "accuracy": 0.9, "val_accuracy": 0.9})
    assert live.plot_history(long, is_zoomed=True).rows["epoch"].min() == 4


def test_the_run_before_lies_behind_and_is_one_entry_of_the_legend(history):
    before = Before("20260102-030405-made", "A name as long as people give them", history)
    chart = live.plot_history(history.iloc[:1], None, epochs=2, before=before)
    label = "Before: A name as long as peopl…"
    assert legend(chart)[0] == label
    assert len(legend(chart)) == 4
    assert curve(chart, label) == ([1, 2], [0.82, 0.86])  # cut where the axis ends
    assert curve(chart, f"{label}, training") == ([1, 2], [0.78, 0.85])
    assert chart.rows["line"].iloc[0] == label  # drawn first, so the others cover it


def test_a_run_before_that_went_wrong_does_not_push_the_curves_aside(history):
    wrong = history.assign(val_loss=[90_000.0, 2.0, 5.0])
    chart = live.plot_history(history, metric="loss", before=Before("bundled", "Wrong", wrong))
    assert curve(chart, "Before: Wrong") == ([2], [2.0])  # the loss of guessing is 2.3


def test_a_run_before_is_there_already_when_nothing_is_written(history):
    before = Before("20260102-030405-made", "Made", history)
    chart = live.plot_history(history.iloc[:0], None, epochs=3, before=before)
    assert curve(chart, "Before: Made")[0] == [1, 2, 3]
