"""Recall by epoch: a line for each class and a bold one for all."""

import numpy as np
import plotly.graph_objects as go

from fmnist.data.dataset import CLASS_NAMES
from fmnist.evaluation.dynamics import compute_dynamics
from fmnist.figures.epochs import plot_epochs


def test_a_line_for_each_class_and_one_for_all():
    labels = np.repeat(np.arange(10), 2)
    predictions = np.stack([np.zeros(20, int), labels])
    names = ("<b>bold</b>", *CLASS_NAMES[1:])
    figure = plot_epochs(compute_dynamics(labels, predictions, [0, 1]), 1, names)
    go.Figure(figure.to_dict())  # raises where Plotly would not take it
    *classes, everything = figure.data
    assert len(classes) == 10 and "<b>" not in classes[0].name
    assert list(classes[0].y) == [1, 1] and list(classes[3].y) == [0, 1]
    assert list(everything.y) == [0.1, 1] and list(everything.x) == [1, 2]
    assert figure.layout.shapes[0].x0 == 2
