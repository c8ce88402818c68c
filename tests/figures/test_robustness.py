"""The chart of corruptions: valid, one curve each, the other run dotted and plain text."""

import plotly.graph_objects as go

from fmnist.evaluation.corruptions import CORRUPTIONS, Robustness
from fmnist.figures.robustness import plot_robustness

FOUND = Robustness(100, {name: [90, 80, 70, 60, 50] for name in CORRUPTIONS})


def test_a_curve_for_each_from_the_clean_accuracy_on():
    figure = plot_robustness(FOUND, 0.94, "blur")
    go.Figure(figure.to_dict())  # raises where Plotly would not take it
    assert [trace.name for trace in figure.data] == [each.name for each in CORRUPTIONS.values()]
    blur = figure.data[1]
    assert list(blur.y) == [0.94, 0.9, 0.8, 0.7, 0.6, 0.5]
    assert blur.opacity == 1 and figure.data[0].opacity < 1
    assert blur.customdata[2] == "0.8 pixels (σ)"
    # Wilson's interval of 90 of 100: 82.6 to 94.5 %.
    assert round(blur.error_y.arrayminus[1], 3) == 0.074
    assert round(blur.error_y.array[1], 3) == 0.045


def test_another_run_is_dotted_and_its_title_is_text():
    figure = plot_robustness(FOUND, 0.94, "blur", ("<b>bold</b>", FOUND, 0.9))
    go.Figure(figure.to_dict())
    other = figure.data[len(CORRUPTIONS) :]
    assert {trace.line.dash for trace in other} == {"dot"}
    assert not any(trace.showlegend for trace in other)
    assert "<b>bold" not in other[0].hovertemplate
