"""Accuracy by compute: where a dot lies, its interval, and the best so far."""

import plotly.graph_objects as go
import pytest

from fmnist.figures.compute import RunDot, plot_compute

DOTS = [
    RunDot("a", "first", 10**9, 0.90, 10_000, "fashion-mnist", "#0072b2"),
    RunDot("b", "<b>second</b>", 10**11, 0.88, 10_000, "fashion-mnist"),
    RunDot("c", "third", 10**12, 0.94, 10_000, "fashion-mnist"),
]


def test_it_is_valid_and_has_a_dot_for_each_run():
    figure = go.Figure(plot_compute(DOTS).to_dict())  # validates
    line, dots = figure.data
    assert sorted(zip(dots.x, dots.y, strict=True)) == [
        (10**9, 0.9),
        (10**11, 0.88),
        (10**12, 0.94),
    ]
    assert [found[0] for found in dots.customdata] == ["b", "c", "a"], "coloured ones on top"
    assert figure.layout.xaxis.type == "log"
    assert "<b>" not in "".join(dots.text)
    # the best with so much compute or less: 0.90 from 1e9, 0.94 from 1e12
    assert (list(line.x), list(line.y)) == ([10**9, 10**12, 10**12], [0.9, 0.94, 0.94])


def test_the_bar_is_wilsons_interval():
    dots = plot_compute(DOTS[:1]).data[1]
    # 9,000 of 10,000 with z 1.96: centre 0.89985, margin 0.00588
    assert dots.error_y["array"][0] == pytest.approx(0.00573, abs=2e-5)
    assert dots.error_y["arrayminus"][0] == pytest.approx(0.00603, abs=2e-5)
    assert "89.4\N{NO-BREAK SPACE}% to 90.6\N{NO-BREAK SPACE}%" in dots.customdata[0][1]


def test_datasets_have_symbols_and_no_common_line():
    other = RunDot("d", "fourth", 10**10, 0.5, 200, "mine")
    figure = plot_compute([*DOTS, other])
    assert [trace["marker"]["symbol"] for trace in figure.data] == ["circle", "diamond"]
    assert figure.layout.showlegend


def test_a_thousand_runs_are_drawn_without_bars():
    many = [RunDot(str(n), "x", 10**9 + n, 0.9, 10_000, "fashion-mnist") for n in range(1000)]
    assert plot_compute(many).data[1].error_y.array is None
