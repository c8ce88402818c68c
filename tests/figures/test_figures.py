"""Every figure is valid Plotly, fits both themes, and shows the numbers it was given."""

import itertools
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from fmnist.data.dataset import CLASS_NAMES
from fmnist.evaluation.calibration import (
    Reliability,
    answer_when_surer,
    compute_reliability,
    compute_risk_coverage,
)
from fmnist.evaluation.evaluate import evaluate
from fmnist.figures import calibration, dataset, honest, palette, runs
from fmnist.figures import evaluation as evaluation_figures

MATRIX = np.zeros((10, 10), int)
MATRIX[6] = [117, 0, 0, 0, 64, 0, 750, 0, 0, 0]
MATRIX[1, 1] = 1000

# G. M. Machado et al., IEEE TVCG 15 (2009) 1291-1298, severity 1.0; for linear RGB.
SEEN_AS = {
    "normal": np.eye(3),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
}


@pytest.fixture
def history() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "epoch": [0.0, 1.0, 2.0],
            "loss": [0.61, 0.42, 0.35],
            "accuracy": [0.78, 0.85, 0.88],
            "val_loss": [0.5, 0.4, 0.36],
            "val_accuracy": [0.82, 0.86, 0.87],
            "learning_rate": [0.001, 0.001, 0.001],
            "seconds": [2.0, 2.0, 2.0],
        }
    )


CONFIDENCE, RIGHT = np.array([0.95, 0.9, 0.6, 0.3]), np.array([True, True, False, True])


def _reliabilities() -> list[Reliability]:
    return [compute_reliability(CONFIDENCE, RIGHT), compute_reliability(CONFIDENCE**2, RIGHT)]


def _all_figures(history) -> dict[str, go.Figure]:
    evaluation = evaluate(np.arange(10), np.eye(10))
    image = np.arange(784).reshape(28, 28).astype(np.uint8)
    return {
        "comparison": runs.plot_runs([runs.RunCurve("a", history, "#0072b2")]),
        "matrix": evaluation_figures.plot_confusion_matrix(MATRIX, "rows", selected=(6, 0)),
        "report": evaluation_figures.plot_report(evaluation.report),
        "reliability": calibration.plot_reliability(*_reliabilities()),
        "risk and coverage": calibration.plot_risk_coverage(
            compute_risk_coverage(CONFIDENCE, RIGHT), answer_when_surer(CONFIDENCE, RIGHT, 0.8)
        ),
        "honest": honest.plot_scores(
            [honest.Row("All", 0.9, (0.88, 0.92)), honest.Row("People", 0.835, is_baseline=True)]
        ),
        "probabilities": evaluation_figures.plot_probabilities(np.full(10, 0.1), label=6),
        "counts": dataset.plot_class_counts(np.full(10, 6000)),
        "histogram": dataset.plot_histogram(image),
    }


def test_plotly_accepts_every_figure(history):
    for figure in _all_figures(history).values():
        go.Figure(figure.to_plotly_json())  # raises for a property that does not exist
        figure.to_json()


def test_figures_leave_text_and_background_to_the_theme(history):
    for name, figure in _all_figures(history).items():
        layout = figure.layout
        assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)", name
        assert layout.font.color is None, name
        assert all(trace.textfont.color is None for trace in figure.data if "textfont" in trace)


def test_every_figure_names_its_axes(history):
    for name, figure in _all_figures(history).items():
        assert figure.layout.xaxis.title.text, name
        bars_of_classes = name in {"honest", "report", "probabilities", "counts"}
        assert bool(figure.layout.yaxis.title.text) is not bars_of_classes, name


@pytest.mark.parametrize(
    ("mode", "diagonal", "confusion"),
    [("counts", "750", "117"), ("rows", "80.6", "12.6"), ("share", "38.84", "6.06")],
)
def test_confusion_matrix_texts(mode, diagonal, confusion):
    points = evaluation_figures.plot_confusion_matrix(MATRIX, mode).data[1]
    cell = {tuple(data): text for data, text in zip(points.customdata, points.text, strict=True)}
    assert (cell[6, 6], cell[6, 0], cell[0, 0]) == (diagonal, confusion, "")


def test_confusion_matrix_of_errors_has_a_blank_diagonal():
    colours, points = evaluation_figures.plot_confusion_matrix(MATRIX, "errors").data
    assert points.text[66] == ""
    assert points.text[60] == "117"
    assert colours.z[6][0] == -1  # the worst confusion has the strongest colour
    assert colours.z[6][4] == pytest.approx(-np.sqrt(64 / 117))


def test_class_names_that_are_digits_are_no_numbers():
    digits = tuple("0123456789")
    counts = dataset.plot_class_counts(np.arange(10), digits)
    assert counts.data[0].y == digits
    assert counts.layout.yaxis.type == "category"
    bars = evaluation_figures.plot_probabilities(np.full(10, 0.1), 3, digits)
    assert bars.layout.yaxis.ticktext[3:5] == ("<b>3</b> (true)", "4")
    assert bars.data[0].customdata[3] == "3"
    report = evaluate(np.arange(10), np.eye(10), digits).report
    figure = evaluation_figures.plot_report(report)
    assert figure.data[0].y == digits
    assert figure.layout.yaxis.type == "category"


def test_confusion_matrix_cell_lies_where_its_labels_say():
    points = evaluation_figures.plot_confusion_matrix(MATRIX).data[1]
    position = [tuple(data) for data in points.customdata].index((6, 0))
    assert (points.x[position], points.y[position]) == (0, 6)
    assert "117 of 931 (12.6%)" in points.hovertext[position]
    assert points.hovertext[position].startswith("<b>Shirt</b> called <b>T-shirt/top</b>")


def test_probabilities_mark_the_true_class():
    figure = evaluation_figures.plot_probabilities(np.eye(10)[3], label=6)
    assert figure.layout.yaxis.ticktext[6] == "<b>Shirt</b> (true)"
    assert figure.layout.yaxis.ticktext[3] == "Dress"
    assert figure.data[0].text[3] == "100.0\N{NO-BREAK SPACE}%"


def test_no_name_is_more_than_text_in_any_figure(history):
    """A link, a tag, a formula and a template, as class names and as a title."""
    name, text = '<a href="http://x">$y$</a>', '&#60;a href="http://x"&#62;&#36;y&#36;&#60;/a&#62;'
    names = (name, *map(str, range(1, 10)))
    matrix = np.eye(10, dtype=int)
    report = pd.DataFrame({"class": [*names, "macro"], "precision": 0.5, "recall": 0.5, "f1": 0.5})
    drawn = [
        runs.plot_runs([runs.RunCurve(name, history, "#0072b2")], "loss"),
        evaluation_figures.plot_confusion_matrix(matrix, class_names=names),
        evaluation_figures.plot_report(report),
        evaluation_figures.plot_probabilities(np.full(10, 0.1), 0, names),
        dataset.plot_class_counts(np.arange(10), names),
    ]
    for figure in drawn:
        found = str(figure.to_plotly_json())
        assert text in found
        assert name not in found


def test_histogram_counts_every_pixel():
    image = np.zeros((28, 28), np.uint8)
    image[0, :5] = 255
    image[1, :3] = 16
    counts = dataset.plot_histogram(image).data[0].y
    assert (counts[0], counts[1], counts[15], sum(counts)) == (776, 3, 5, 784)


def test_one_colour_per_class():
    assert len(set(palette.CLASS_COLOURS)) == len(CLASS_NAMES)


@pytest.mark.parametrize("vision", SEEN_AS)
def test_class_colours_can_be_told_apart(vision):
    lab = _oklab(
        np.array([_linear(colour) for colour in palette.CLASS_COLOURS]) @ SEEN_AS[vision].T
    )
    distances = [np.linalg.norm(one - other) for one, other in itertools.combinations(lab, 2)]
    assert min(distances) > 0.1  # about five just noticeable differences


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_stand_out_and_carry_text_in_both_themes(theme):
    config = tomllib.loads(Path(".streamlit/config.toml").read_text(encoding="utf-8"))["theme"]
    background = _linear(config[theme]["backgroundColor"])
    text = _linear(config[theme]["textColor"])
    for colour in (*palette.CLASS_COLOURS, *palette.SPLIT_COLOURS.values()):
        assert _contrast(_linear(colour), background) > 1.9, colour
    for rgb in (palette.RIGHT_RGB, palette.WRONG_RGB):
        paper = np.array(_rgb(config[theme]["backgroundColor"]))
        opacity = palette.STRONGEST_CELL
        cell = opacity * np.array(rgb) + (1 - opacity) * paper
        assert _contrast(_decode(cell / 255), text) > 4.5, rgb


def _rgb(colour: str) -> list[int]:
    return [int(colour[start : start + 2], 16) for start in (1, 3, 5)]


def _decode(channel: np.ndarray) -> np.ndarray:
    """sRGB 0–1 to linear light."""
    return np.where(channel <= 0.04045, channel / 12.92, ((channel + 0.055) / 1.055) ** 2.4)


def _linear(colour: str) -> np.ndarray:
    return _decode(np.array(_rgb(colour)) / 255)


def _contrast(one: np.ndarray, other: np.ndarray) -> float:
    """The contrast ratio of WCAG 2.2, 1 to 21, of two linear colours."""
    low, high = sorted(float(linear @ [0.2126, 0.7152, 0.0722]) for linear in (one, other))
    return (high + 0.05) / (low + 0.05)


def _oklab(linear: np.ndarray) -> np.ndarray:
    """B. Ottosson, "A perceptual color space for image processing", 2020."""
    to_lms = [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
    to_lab = [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
    return np.cbrt(np.clip(linear, 0, 1) @ np.array(to_lms).T) @ np.array(to_lab).T


def test_a_threshold_is_marked_where_it_leaves_answers():
    curve = compute_risk_coverage(CONFIDENCE, RIGHT)
    line, mark = calibration.plot_risk_coverage(
        curve, answer_when_surer(CONFIDENCE, RIGHT, 0.5)
    ).data
    assert (list(line.x), list(line.y)) == (
        [0.25, 0.5, 0.75, 1],
        [0, 0, pytest.approx(100 / 3), 25],
    )
    assert (mark.x, mark.y) == ((0.75,), (pytest.approx(100 / 3),))
    nothing_left = answer_when_surer(CONFIDENCE, RIGHT, 0.99)
    assert len(calibration.plot_risk_coverage(curve, nothing_left).data) == 1


def test_reliability_shows_its_bins():
    reliability = compute_reliability(CONFIDENCE, RIGHT, bins=2)
    figure = calibration.plot_reliability(reliability)
    assert list(figure.data[1].y) == [1, pytest.approx(2 / 3)]
    assert figure.data[1].hovertext[1].startswith("50–100\N{NO-BREAK SPACE}% sure: 3 images")


def test_scores_have_their_intervals_and_baselines_none():
    rows = [honest.Row("All", 0.9, (0.88, 0.93)), honest.Row("People", 0.5, is_baseline=True)]
    [dots] = honest.plot_scores(rows).data
    assert list(dots.error_x.array) == [pytest.approx(0.03), 0]
    assert list(dots.error_x.arrayminus) == [pytest.approx(0.02), 0]
    assert dots.marker.color[0] != dots.marker.color[1]
