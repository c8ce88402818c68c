"""Metrics against worked examples and scikit-learn's own functions."""

import numpy as np
import pytest
from sklearn import metrics

from fmnist.evaluation import evaluate as ev


def _rows(*pairs: tuple[int, float]) -> np.ndarray:
    """One probability row per (class, its probability); the rest is shared evenly."""
    rows = np.zeros((len(pairs), 10), np.float32)
    for row, (label, probability) in zip(rows, pairs, strict=True):
        row[:] = (1 - probability) / 9
        row[label] = probability
    return rows


@pytest.fixture
def random_case() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 10, 500).astype(np.uint8)
    logits = rng.normal(size=(500, 10)) + 2 * np.eye(10)[labels]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return labels, probabilities.astype(np.float32)


@pytest.fixture
def small() -> ev.Evaluation:
    """Five images, all of the class shirt but the last: right, wrong, wrong, right, wrong."""
    labels = np.array([6, 6, 6, 6, 9], np.uint8)
    return ev.evaluate(labels, _rows((6, 0.9), (0, 0.8), (4, 0.95), (6, 0.4), (7, 0.55)))


def test_agrees_with_scikit_learn(random_case):
    labels, probabilities = random_case
    result = ev.evaluate(labels, probabilities)
    predicted = probabilities.argmax(axis=1)
    assert result.accuracy == pytest.approx(metrics.accuracy_score(labels, predicted))
    assert result.errors == (labels != predicted).sum()
    assert result.loss == pytest.approx(
        -np.log(probabilities[np.arange(500), labels].astype(float)).mean(), rel=1e-5
    )
    report = metrics.classification_report(labels, predicted, output_dict=True)
    rows = result.report.set_index("class")
    assert rows.loc["Shirt", "f1"] == pytest.approx(report["6"]["f1-score"])
    assert rows.loc["macro avg", "precision"] == pytest.approx(report["macro avg"]["precision"])
    assert rows.loc["weighted avg", "recall"] == pytest.approx(report["weighted avg"]["recall"])
    assert list(result.report.columns) == ["class", "precision", "recall", "f1", "support"]


def test_small_case_by_hand(small):
    assert small.accuracy == 0.4
    assert small.errors == 3
    assert small.predictions.tolist() == [6, 0, 4, 6, 7]
    assert small.is_correct.tolist() == [True, False, False, True, False]
    assert small.confidence == pytest.approx([0.9, 0.8, 0.95, 0.4, 0.55])
    assert small.confusion_matrix[6].tolist() == [1, 0, 0, 0, 1, 0, 2, 0, 0, 0]
    assert small.confusion_matrix[9, 7] == 1
    assert small.confusion_matrix.sum() == 5
    assert small.top_confusions == [(6, 0, 1), (6, 4, 1), (9, 7, 1)]
    shirt = small.report.set_index("class").loc["Shirt"]
    assert (shirt["precision"], shirt["recall"], shirt["support"]) == (1.0, 0.5, 4)
    assert small.report.set_index("class").loc["Trouser", "f1"] == 0


def test_the_loss_is_scikit_learns_but_for_the_extremes(random_case):
    labels, probabilities = random_case
    expected = metrics.log_loss(labels, probabilities, labels=range(10))
    assert ev.mean_cross_entropy(labels, probabilities) == pytest.approx(expected, abs=1e-6)
    assert ev.evaluate(labels, probabilities).loss == ev.mean_cross_entropy(labels, probabilities)
    certain = np.eye(10, dtype=np.float32)
    assert ev.mean_cross_entropy(np.arange(10), certain) == 0
    # one of ten true classes has the probability 0, which counts as 1e-7: 7 ln 10 / 10
    wrong = np.array([1, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    assert ev.mean_cross_entropy(wrong, certain) == pytest.approx(0.7 * np.log(10))


def test_top2_counts_the_second_guess():
    probabilities = np.full((3, 10), 0.0125, np.float32)
    probabilities[:, 0], probabilities[:, 6] = 0.6, 0.3
    assert ev.evaluate(np.array([0, 6, 3]), probabilities).top2_accuracy == pytest.approx(2 / 3)


def test_most_frequent_confusion_comes_first():
    result = ev.evaluate(np.array([6, 6, 2, 6]), _rows((0, 0.9), (0, 0.9), (4, 0.9), (6, 0.9)))
    assert result.top_confusions == [(6, 0, 2), (2, 4, 1)]


@pytest.mark.parametrize(
    ("right", "count", "low", "high"),
    [
        # R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_interval_as_published(right, count, low, high):
    assert ev.wilson_interval(right, count) == pytest.approx((low, high), abs=5e-5)


def test_wilson_interval_stays_within_0_and_1():
    low, high = ev.wilson_interval(3, 3)
    assert low == pytest.approx(0.4385, abs=5e-5)
    assert high == 1.0


def test_one_image_is_enough():
    result = ev.evaluate(np.array([3]), _rows((3, 0.7)))
    assert (result.accuracy, result.errors, result.top_confusions) == (1.0, 0, [])
    assert result.loss == pytest.approx(-np.log(0.7), rel=1e-5)


@pytest.mark.parametrize(
    ("labels", "probabilities", "message"),
    [
        (np.zeros(3), _rows((0, 1.0), (0, 1.0)), r"\(3,\).*\(2, 10\)"),
        (np.zeros(0), np.zeros((0, 10)), r"N ≥ 1"),
        (np.zeros(1), np.ones((1, 3)) / 3, r"\(1, 3\)"),
        (np.array([10]), _rows((0, 1.0)), "0 to 9"),
        (np.array([-1]), _rows((0, 1.0)), "0 to 9"),
        (np.array([1.5]), _rows((0, 1.0)), "0 to 9"),
        (np.zeros(2), np.stack([_rows((0, 1.0))[0], np.ones(10)]), "row 1, sums to 10"),
        (np.zeros(1), np.full((1, 10), np.nan), "do not sum to 1"),
    ],
)
def test_says_what_is_wrong(labels, probabilities, message):
    with pytest.raises(ValueError, match=message):
        ev.evaluate(labels, probabilities)


def test_select_orders_mistakes_by_confidence(small):
    assert ev.select(small).tolist() == [2, 1, 4]
    assert ev.select(small, sort="uncertain").tolist() == [4, 1, 2]
    assert ev.select(small, sort="index").tolist() == [1, 2, 4]
    assert ev.select(small, show="right").tolist() == [0, 3]
    assert ev.select(small, show="all", sort="index").tolist() == [0, 1, 2, 3, 4]


def test_select_filters(small):
    assert ev.select(small, true=6).tolist() == [2, 1]
    assert ev.select(small, predicted=7).tolist() == [4]
    assert ev.select(small, true=6, predicted=0).tolist() == [1]
    assert ev.select(small, true=1).tolist() == []
    assert ev.select(small, sort="uncertain", true=1).tolist() == []
    assert ev.select(small, min_confidence=0.6).tolist() == [2, 1]
    assert ev.select(small, show="all", max_confidence=0.5).tolist() == [3]


def test_ties_stay_in_the_order_of_the_dataset():
    result = ev.evaluate(np.zeros(4), _rows((1, 0.5), (1, 0.7), (1, 0.5), (1, 0.7)))
    assert ev.select(result).tolist() == [1, 3, 0, 2]


def test_normalised():
    matrix = np.zeros((10, 10), int)
    matrix[6] = [1, 0, 0, 0, 0, 0, 3, 0, 0, 0]
    matrix[9, 9] = 4
    assert ev.normalised(matrix, "rows")[6, 6] == 0.75
    assert ev.normalised(matrix, "rows")[0].tolist() == [0] * 10
    assert ev.normalised(matrix, "share")[6, 0] == 0.125
    assert ev.normalised(matrix, "errors").sum() == 1
    assert ev.normalised(matrix, "counts").sum() == 8


def test_predictions_table(small):
    table = ev.predictions_table(small)
    named = ["index", "label", "class", "predicted", "predicted_class", "correct", "confidence"]
    assert table.columns.tolist() == named + [f"p{label}" for label in range(10)]
    second = table.iloc[1]
    assert (second["class"], second["predicted_class"], second["correct"]) == (
        "Shirt",
        "T-shirt/top",
        False,
    )
    assert second["p0"] == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("confusion", "words"),
    [
        ((6, 0, 117), "117 shirts called T-shirt/top"),
        ((0, 6, 1), "1 T-shirt/top called Shirt"),
        ((9, 7, 1), "1 ankle boot called Sneaker"),
    ],
)
def test_describe_confusion(confusion, words):
    assert ev.describe_confusion(*confusion) == words


def test_classes_of_other_names():
    names = tuple("abcdefghij")
    evaluation = ev.evaluate(np.array([0, 0, 9]), np.eye(10)[[0, 3, 9]], names)
    assert evaluation.class_names == names
    assert list(evaluation.report["class"][:10]) == list(names)
    table = ev.predictions_table(evaluation)
    assert list(table["class"]) == ["a", "a", "j"]
    assert list(table["predicted_class"]) == ["a", "d", "j"]
    assert ev.describe_confusion(0, 3, 1200, names) == "1,200 of “a” called “d”"
