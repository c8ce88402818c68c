"""A run measured by the figures that a source published."""

import math

import pandas as pd
import pytest

from fmnist.published import Published, same_figures_of
from fmnist.recipes import RECIPES
from fmnist.runs import outputs


def test_a_run_is_measured_by_the_figures_that_were_published():
    published = Published(
        test_accuracy=0.9,
        train_accuracy=0.9,
        train_loss=0.3,
        train_accuracy_by_epoch=((2, 0.8),),
        val_accuracy_by_epoch=((1, 0.7), (2, 0.8), (9, 0.9)),
        seconds_per_epoch=60,
        is_lower_bound=True,
    )
    history = pd.DataFrame(
        {
            "epoch": [0.0, 1.0, 2.0],
            "loss": [0.6, 0.5, 0.4],
            "accuracy": [0.81, 0.82, 0.83],
            "val_accuracy": [0.71, 0.72, 0.73],
            "seconds": [3.0, 1.0, 2.0],
        }
    )
    results = {"test_accuracy": 0.75, "test_loss": 0.5, "seconds": 7.0}
    ours = same_figures_of(published, history, results).figures()
    labels = [figure.label for figure in ours]
    assert labels == [figure.label for figure in published.figures()]
    assert [figure.value for figure in ours] == pytest.approx(
        [0.75, 0.83, 0.4, 0.82, 0.71, 0.72, math.nan, 2.0], nan_ok=True
    )


def test_a_run_that_left_nothing_has_the_figures_without_their_values():
    published = RECIPES["conv-8-24-48"].published
    history = pd.DataFrame(columns=list(outputs.HISTORY_COLUMNS), dtype=float)
    ours = same_figures_of(published, history, {}).figures()
    assert len(ours) == len(published.figures())
    assert all(math.isnan(figure.value) for figure in ours)
