"""Each run, the means and the guess, one row for each setting."""

import plotly.graph_objects as go
import pytest

from fmnist.figures.classroom import ArmPoints, plot_arms


def test_two_arms_and_a_guess():
    arms = [
        ArmPoints("<b>16</b>", [0.88, 0.9], 0.89, (0.87, 0.92)),
        ArmPoints("32 filters", [0.9, 0.92], 0.91, (0.9, 0.92), guess=0.95),
    ]
    figure = plot_arms(arms)
    go.Figure(figure.to_dict())  # raises where Plotly would not take it
    means, runs, guess = figure.data
    assert list(means.x) == pytest.approx([89, 91]) and "<b>" not in means.y[0]
    assert list(means.error_x.array) == pytest.approx([3, 1])
    assert list(means.error_x.arrayminus) == pytest.approx([2, 1])
    assert list(runs.x) == pytest.approx([88, 90, 90, 92])
    assert (list(guess.x), list(guess.y)) == ([95], ["32 filters"])


def test_without_a_guess_nothing_is_said_of_one():
    figure = plot_arms([ArmPoints("a", [0.5], 0.5, (0.4, 0.6))])
    assert [trace.name for trace in figure.data][1:] == ["one run"]
