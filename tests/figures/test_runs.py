"""Several runs in one chart: what is drawn, smoothed and told apart; two matrices in one."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from fmnist.figures.runs import (
    RunCurve,
    name_same_curves,
    plot_matrix_difference,
    plot_recall_differences,
    plot_runs,
    smooth,
)


def history(values, val=None, seconds=2.0):
    count = len(values)
    return pd.DataFrame(
        {
            "epoch": np.arange(count, dtype=float),
            "loss": 1 - np.array(values),
            "accuracy": values,
            "val_loss": np.nan,
            "val_accuracy": values if val is None else val,
            "learning_rate": 0.001,
            "seconds": seconds,
        }
    )


A = RunCurve("A", history([0.1, 0.5, 0.9]), "#111111")
B = RunCurve("B", history([0.1, 0.5, 0.8]), "#222222")


@pytest.mark.parametrize("metric", ["accuracy", "loss", "learning_rate"])
@pytest.mark.parametrize("split", ["val", "train", "both"])
@pytest.mark.parametrize("smoothing", [0, 0.5])
def test_plotly_accepts_every_chart(metric, split, smoothing):
    for along in ("epochs", "seconds"):
        figure = plot_runs([A, B], metric, split, along, smoothing)
        go.Figure(figure.to_plotly_json())  # raises for a property that does not exist
        assert figure.layout.xaxis.title.text
        assert figure.layout.yaxis.title.text
        assert figure.layout.font.color is None
    go.Figure(plot_runs([], metric).to_plotly_json())


def test_all_that_is_drawn_is_seen():
    low, high = plot_runs([A]).layout.yaxis.range
    assert low < 0.1
    assert high > 0.9


def test_along_seconds_of_training():
    assert plot_runs([A], along="seconds").data[0].x == (2.0, 4.0, 6.0)
    assert plot_runs([A]).data[0].x == (1.0, 2.0, 3.0)


def test_both_curves_have_one_name_in_the_legend():
    figure = plot_runs([A], split="both")
    assert [trace.showlegend for trace in figure.data] == [True, False]
    assert [trace.line.dash for trace in figure.data] == ["solid", "dash"], "the same values"
    other = RunCurve("C", history([0.1, 0.2], val=[0.3, 0.4]), "#333333")
    assert [trace.line.dash for trace in plot_runs([other], split="both").data] == ["solid", "dot"]


def test_without_validation_the_training_curve_is_drawn():
    figure = plot_runs([A], "loss", "val")
    assert figure.data[0].line.dash == "dot"
    assert "training" in figure.data[0].hovertemplate


def test_curves_that_are_the_same_are_dashed_differently_and_named():
    twin = RunCurve("Twin", A.history, "#333333")
    figure = plot_runs([A, B, twin])
    assert [trace.line.dash for trace in figure.data] == ["solid", "solid", "dash"]
    assert name_same_curves([A, B, twin], "accuracy", "val") == [["A", "Twin"]]
    assert name_same_curves([A, B], "accuracy", "val") == []


def test_smoothing_keeps_the_values_pale_behind():
    pale, smoothed = plot_runs([A], smoothing=0.5).data
    assert pale.y == (0.1, 0.5, 0.9)
    assert pale.opacity < 0.5
    # weights 1; 0.5, 1; 0.25, 0.5, 1
    assert smoothed.y == pytest.approx((0.1, 0.55 / 1.5, 1.175 / 1.75))
    assert smoothed.customdata == (0.1, 0.5, 0.9)


def test_smooth_of_a_constant_is_the_constant():
    assert smooth([0.3] * 5, 0.9) == pytest.approx([0.3] * 5)
    assert smooth([1.0, 2.0], 0) == [1.0, 2.0]


def test_runs_beside_those_selected_are_faded():
    faded = RunCurve("F", B.history, "#222222", is_faded=True)
    assert [trace.opacity for trace in plot_runs([A, faded]).data] == [1, 0.25]


def test_many_epochs_are_thinned_and_end_at_the_last():
    long = RunCurve("L", history(np.linspace(0, 1, 1000)), "#111111")
    x = plot_runs([long]).data[0].x
    assert (len(x), x[-1]) == (200, 1000)


def test_what_a_person_typed_is_only_text_to_plotly():
    found = str(plot_runs([RunCurve("<b>%{x}</b>", A.history, "#111111")]).to_plotly_json())
    assert "<b>%{x}" not in found


def test_gains_are_blue_and_losses_orange():
    difference = np.zeros((10, 10), int)
    difference[0, 0], difference[0, 1], difference[1, 1], difference[1, 0] = 4, -4, -1, 1
    figure = plot_matrix_difference(difference)
    go.Figure(figure.to_plotly_json())
    [cells] = figure.data
    assert (cells.z[0][0], cells.z[0][1]) == (1, 1)
    assert (cells.z[1][1], cells.z[1][0]) == (-0.5, -0.5)
    assert (cells.text[0][0], cells.text[0][1], cells.text[5][5]) == ("+4", "-4", "")
    assert plot_matrix_difference(np.zeros((10, 10), int)).data[0].z[0][0] == 0


def test_the_seeds_of_a_config_are_their_mean_with_each_of_them_behind_it():
    first = RunCurve("A", history([0.1, 0.5, 0.9]), "#111111", group="2 seeds: A")
    second = RunCurve("A again", history([0.3, 0.7]), "#111111", group="2 seeds: A")
    figure = plot_runs([first, B, second])
    *thin, mean, alone = figure.data
    assert [trace.y for trace in thin] == [(0.1, 0.5, 0.9), (0.3, 0.7)]
    assert mean.x == (1.0, 2.0), "as far as all of them have come"
    assert mean.y == pytest.approx((0.2, 0.6))
    assert mean.customdata == pytest.approx((0.1414, 0.1414), abs=1e-4)  # sample deviation
    assert "mean; standard deviation" in mean.hovertemplate
    assert mean.line.width > alone.line.width > 1
    assert all(trace.opacity < 0.5 and not trace.showlegend for trace in thin)
    assert [trace.name for trace in figure.data if trace.showlegend] == ["2 seeds: A", "B"]


@pytest.mark.parametrize("metric", ["accuracy", "loss", "learning_rate"])
def test_plotly_accepts_a_group_also_smoothed_and_over_seconds(metric):
    runs = [
        RunCurve("A", history([0.1, 0.5, 0.9], seconds=one), "#111111", group="two")
        for one in (1.0, 3.0)
    ]
    figure = plot_runs(runs, metric, "both", "seconds", 0.5)
    go.Figure(figure.to_plotly_json())
    assert figure.data[-1].x == (2.0, 4.0, 6.0)
    empty = RunCurve("B", history([]), "#111111", group="two")
    assert [trace.name for trace in plot_runs([runs[0], empty], metric).data] == ["A"]


def test_differences_of_recall_are_coloured_where_their_interval_leaves_0_out():
    names = tuple("abcdefghij")
    rows = [(0.02, 0.01, 0.03), (-0.02, -0.03, -0.01), (0.01, -0.01, 0.03)] + [None] * 7
    (dots,) = plot_recall_differences(rows, names).data
    assert list(dots.y) == ["a", "b", "c"]
    np.testing.assert_allclose(dots.x, [2, -2, 1])
    np.testing.assert_allclose(dots.error_x.array, [1, 1, 2])
    np.testing.assert_allclose(dots.error_x.arrayminus, [1, 1, 2])
    better, worse, neither = dots.marker.color
    assert neither == "gray"
    assert len({better, worse, neither}) == 3
