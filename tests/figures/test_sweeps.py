"""A sweep's figures are valid Plotly and show the numbers they were given."""

import plotly.graph_objects as go
import pytest

from fmnist.figures.sweeps import TrialDot, plot_importance, plot_parallel, plot_trials

DOTS = [
    TrialDot(1, "completed", 0.8, 0.01, "Filters 8"),
    TrialDot(2, "pruned", 0.6, None, "Filters 16"),
    TrialDot(3, "running", 0.7, None, "Filters 32"),
]


def test_the_trials_stand_in_their_order_with_the_best_so_far():
    figure = go.Figure(plot_trials(DOTS, [(1, 0.8), (2, 0.8)]).to_dict())
    best, done, pruned, training = figure.data
    assert (best.name, list(best.x), list(best.y)) == ("best so far", [1, 2], [0.8, 0.8])
    assert (list(done.x), list(done.error_y.array)) == ([1], [0.01])
    assert (pruned.name, training.name) == ("pruned", "training")
    assert pruned.error_y.array is None
    assert go.Figure(plot_trials([], []).to_dict()).data == ()


def test_the_scale_fits_the_dots_and_their_bars_even_of_one():
    alone = plot_trials([TrialDot(1, "running", 0.8, None, "")], [])
    assert alone.layout.yaxis.range == pytest.approx((0.79, 0.81))
    # From 0.6 to 0.81, with a tenth of that as room.
    assert plot_trials(DOTS, []).layout.yaxis.range == pytest.approx((0.579, 0.831))
    at_the_end = plot_trials([TrialDot(1, "completed", 0.99, 0.05, "")], [])
    assert at_the_end.layout.yaxis.range[1] == 1.01


def test_the_most_important_setting_is_on_top():
    figure = go.Figure(plot_importance([("Filters", 0.3), ("Dropout", 0.7)]).to_dict())
    assert list(figure.data[0].y) == ["Filters", "Dropout"]
    assert list(figure.data[0].text) == ["30%", "70%"]


def test_each_trial_is_a_line_through_all_scales():
    scales = [("Filters", [0, 1], [0, 1], ["8", "16"]), ("Pool", [0, 0], [0], ["2"])]
    (lines,) = go.Figure(plot_parallel(scales, [0.8, 0.9]).to_dict()).data
    assert [dimension.label for dimension in lines.dimensions] == ["Filters", "Pool", "Validation"]
    assert list(lines.dimensions[1].range) == [-1, 1]
    assert list(lines.dimensions[2].values) == [0.8, 0.9]
