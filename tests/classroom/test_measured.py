"""What an experiment came to, and that its two sentences are true whichever way it went."""

import numpy as np
import pytest

from fmnist.classroom.experiments import EXPERIMENTS
from fmnist.classroom.measured import Fit, Outcome, find_shoes, measure
from fmnist.classroom.reasons import explain
from fmnist.data.dataset import load_dataset
from fmnist.evaluation.repeats import Repeats
from tests.factories import experiments as experiment_factory

NBSP = "\N{NO-BREAK SPACE}"


def made(name: str, *accuracies: float, deviation: float = 0.001, training=None, **more) -> Outcome:
    """An outcome of 10,000 images; training: the last training accuracy of each arm."""
    experiment = EXPERIMENTS[name]
    training = training or (0.9,) * len(accuracies)
    fits = [
        Fit(arm.config, np.linspace(0.5, last, 10), np.linspace(0.5, 0.9, 10))
        for arm, last in zip(experiment.arms, training, strict=True)
    ]
    return Outcome(experiment, repeats(accuracies, deviation), tuple(fits), **more)


def repeats(accuracies, deviation: float = 0.001) -> Repeats:
    correct = [np.tile(np.arange(10_000) < round(1e4 * value), (3, 1)) for value in accuracies]
    return Repeats(tuple(correct), deviation, 2 * len(correct))


def test_runs_from_their_folders(lab):
    data = load_dataset(lab.data_dir)
    runs = experiment_factory.write_runs(
        lab.runs_dir, "filters", [0.7, 0.72, 0.71, 0.9, 0.92, 0.91]
    )
    outcome = measure(EXPERIMENTS["filters"], runs, data)
    assert outcome.repeats.accuracies(1).tolist() == pytest.approx([0.9, 0.92, 0.91])
    assert outcome.answer == pytest.approx(20.0)
    assert not outcome.change.is_noise
    assert outcome.fits[0].training[-1] == pytest.approx(1 - 0.3 * 0.7**4, abs=1e-5)
    with pytest.raises(ValueError, match="missing"):
        measure(EXPERIMENTS["flips"], runs, data)


def test_mirrored_shoes(lab):
    data = load_dataset(lab.data_dir)
    runs = experiment_factory.write_runs(lab.runs_dir, "flips", [0.9] * 6)
    shoes = find_shoes(data)
    assert set(data.test_labels[shoes].tolist()) == {5, 7, 9}
    assert len(shoes) == 60
    right = np.eye(10, dtype=np.float32)[data.test_labels[shoes]]
    wrong = np.roll(right, 1, axis=1)
    outcome = measure(EXPERIMENTS["flips"], runs, data, [wrong, right, wrong, right, right, right])
    assert outcome.answer == pytest.approx(100 / 3)
    assert outcome.repeats.estimate(1).value == 1.0
    assert outcome.plain.estimate(0).value == pytest.approx(0.9, abs=0.1)


@pytest.mark.parametrize(
    ("accuracies", "answer"),
    [((0.9, 0.88, 0.85), "none"), ((0.88, 0.9, 0.85), "quarter"), ((0.85, 0.88, 0.9), "half"),
     ((0.85, 0.9, 0.9005), "alike")],
)  # fmt: skip
def test_which_dropout_was_right(accuracies, answer):
    outcome = made("dropout", *accuracies, deviation=0.002)
    assert outcome.answer == answer


@pytest.mark.parametrize(
    ("second", "answer"), [(0.93, "better"), (0.9005, "alike"), (0.87, "worse"), (0.1, "fails")]
)
def test_which_rate_was_right(second, answer):
    assert made("rate", 0.9, second).answer == answer


def test_every_outcome_has_two_sentences_of_its_own():
    """Better, worse or neither, with better or worse training accuracy: none says the opposite."""
    for name, experiment in EXPERIMENTS.items():
        seen = set()
        for second in (0.8, 0.9001, 0.95):
            for training in (0.85, 0.95):
                arms = len(experiment.arms)
                accuracies = (0.9, second, *(0.7,) * (arms - 2))
                trained = (0.9, training, *(0.9,) * (arms - 2))
                more = {"plain": repeats((0.95, 0.94))} if name == "flips" else {}
                outcome = made(name, *accuracies, training=trained, **more)
                sentences = explain(outcome)
                assert len(sentences) == 2
                assert all(said.endswith(".") and said[0].isupper() for said in sentences)
                is_noise = second == 0.9001
                assert is_noise == (
                    "no larger than" in sentences[1] or "told apart" in sentences[1]
                )
                seen.add(sentences[1])
        assert len(seen) >= 3, name


def test_what_is_said_of_overfitting_follows_the_training_accuracy():
    worse_but_fits = explain(made("filters", 0.9, 0.85, training=(0.9, 0.95)))
    assert "overfitting" in worse_but_fits[1]
    assert (
        f"95.0{NBSP}% of the training images right at the end instead of 90.0"
        in (worse_but_fits[0])
    )
    assert "not overfitting" in explain(made("filters", 0.9, 0.85, training=(0.9, 0.8)))[1]


def test_shoes_that_are_recognised_all_the_same():
    said = explain(made("flips", 0.95, 0.96, plain=repeats((0.95, 0.95))))[0]
    assert "tied to their side" not in said
    said = explain(made("flips", 0.6, 0.9, plain=repeats((0.95, 0.95))))
    assert "tied to their side" in said[0]
    assert "without a loss" in said[1]
