"""Six guided experiments: a question, what is trained for it, and what a person can predict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from fmnist.config import TrainConfig

# A network that shows each effect within seconds: a run takes 20 s on two cores, ten epochs 35 s.
_BASE = TrainConfig(filters=(16,), dense_units=(64,), epochs=5, batch_size=256, keep="last")
TAG = "experiment"  # of each run that was started for one
_SHOES = "sandals, sneakers and ankle boots"

Measure = Literal["test", "mirrored shoes"]


@dataclass(frozen=True)
class Arm:
    """One of the settings that are compared. run_name: what its runs are called in Runs."""

    label: str
    run_name: str
    config: TrainConfig


@dataclass(frozen=True)
class Slider:
    """A number to predict, in percentage points of accuracy or in percent."""

    question: str
    low: float
    high: float
    step: float
    start: float


@dataclass(frozen=True)
class Choice:
    """One of some answers to predict, by name; what they say."""

    question: str
    options: Mapping[str, str]


@dataclass(frozen=True)
class Experiment:
    """The first arm is what the others are compared with. seeds: with how many each is trained."""

    name: str
    title: str
    icon: str
    question: str
    setup: str
    arms: tuple[Arm, ...]
    guess: Slider | Choice
    seeds: int = 3
    measure: Measure = "test"

    def configs(self) -> list[TrainConfig]:
        """All that is trained for it, a seed after the other; those of the first arm first."""
        return [
            arm.config.replace(seed=seed, name=f"{arm.run_name} seed {seed}")
            for arm in self.arms
            for seed in range(self.seeds)
        ]


def _arm(label: str, run_name: str, **changes: object) -> Arm:
    return Arm(label, run_name, _BASE.replace(**changes))


_ALIKE = "too close to tell"

EXPERIMENTS: Mapping[str, Experiment] = MappingProxyType(
    {
        experiment.name: experiment
        for experiment in (
            Experiment(
                "filters",
                "Double the filters",
                "filter_alt",
                "What do twice as many filters bring?",
                "A convolution with 16 filters and one with 32, each before a dense layer of 64 "
                "units; five epochs.",
                (
                    _arm("16 filters", "conv-16"),
                    _arm("32 filters", "conv-32", filters=(32,)),
                ),
                Slider(
                    "By how many points does the test accuracy change with 32 filters?",
                    -3.0, 3.0, 0.1, 0.0,
                ),
            ),
            Experiment(
                "dropout",
                "Dropout",
                "blur_on",
                "Does it help to drop units at random while training?",
                "The same network with no dropout, 0.25 and 0.5 after its convolution and its "
                "dense layer; ten epochs.",
                (
                    _arm("no dropout", "conv-16 10 epochs", epochs=10),
                    _arm("dropout 0.25", "conv-16 dropout 0.25", epochs=10, dropout=0.25),
                    _arm("dropout 0.5", "conv-16 dropout 0.5", epochs=10, dropout=0.5),
                ),
                Choice(
                    "Which has the highest test accuracy?",
                    {
                        "none": "No dropout",
                        "quarter": "Dropout 0.25",
                        "half": "Dropout 0.5",
                        "alike": f"The best two are {_ALIKE}",
                    },
                ),
                seeds=2,
            ),
            Experiment(
                "epochs",
                "One epoch or ten",
                "repeat",
                "How much is there to learn after the first epoch?",
                "The same network, trained for one epoch and for ten.",
                (
                    _arm("1 epoch", "conv-16 1 epoch", epochs=1),
                    _arm("10 epochs", "conv-16 10 epochs", epochs=10),
                ),
                Slider(
                    "By how many points does the test accuracy change from one epoch to ten?",
                    -5.0, 20.0, 0.5, 0.0,
                ),
            ),
            Experiment(
                "rate",
                "Learning rate × 10",
                "speed",
                "What do steps do that are ten times as long?",
                "The same network, trained by Adam with a learning rate of 0.001 and of 0.01; five "
                "epochs.",
                (
                    _arm("rate 0.001", "conv-16"),
                    _arm("rate 0.01", "conv-16 rate 0.01", learning_rate=0.01),
                ),
                Choice(
                    "What becomes of the test accuracy with 0.01?",
                    {
                        "better": "It is better",
                        "alike": f"It is {_ALIKE}",
                        "worse": "It is worse",
                        "fails": "It learns next to nothing (less than half right)",
                    },
                ),
            ),
            Experiment(
                "dense",
                "No convolution",
                "grid_off",
                "What is a convolution good for?",
                "The network with 16 filters, and one without: each of its 64 units sees all "
                "pixels; five epochs.",
                (
                    _arm("with convolution", "conv-16"),
                    _arm("dense only", "dense-64", architecture="dense"),
                ),
                Slider(
                    "By how many points does the test accuracy change without the convolution?",
                    -15.0, 5.0, 0.5, 0.0,
                ),
            ),
            Experiment(
                "flips",
                "Flipped shoes",
                "flip",
                "Does a network recognise a shoe that points the other way?",
                f"All {_SHOES} of the test set are mirrored, and named by a network trained as "
                "usual and by one that saw half its images mirrored while training; five epochs.",
                (
                    _arm("trained as usual", "conv-16"),
                    _arm("trained with flips", "conv-16 flips", augmentation="flip"),
                ),
                Slider(
                    "Of 100 mirrored shoes, how many does the network trained as usual get right?",
                    0.0, 100.0, 1.0, 50.0,
                ),
                measure="mirrored shoes",
            ),
        )
    }
)  # fmt: skip


def find_next(experiment: Experiment) -> Experiment:
    """The one after it; after the last one, the first."""
    names = list(EXPERIMENTS)
    return EXPERIMENTS[names[(names.index(experiment.name) + 1) % len(names)]]
