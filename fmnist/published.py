"""What a source says its training reached, and what a run of ours reached of that."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pandas as pd


Kind = Literal["accuracy", "loss", "seconds"]


@dataclass(frozen=True)
class Figure:
    """One number about a training, as a reader meets it."""

    label: str
    kind: Kind
    value: float  # accuracy 0 to 1, loss in nats


@dataclass(frozen=True)
class Published:
    """What a source says its training reached; None or empty where it says nothing.

    Accuracies go from 0 to 1, losses are in nats, times those of the source's own computer.
    Epochs are counted from 1.
    """

    test_accuracy: float | None = None
    test_loss: float | None = None
    train_accuracy: float | None = None
    train_loss: float | None = None
    train_accuracy_by_epoch: tuple[tuple[int, float], ...] = ()
    val_accuracy_by_epoch: tuple[tuple[int, float], ...] = ()
    seconds: float | None = None
    seconds_per_epoch: float | None = None
    is_lower_bound: bool = False  # the source says "over", not "is"

    def figures(self) -> list[Figure]:
        """All that is known, in the order to read it."""
        known: list[tuple[str, Kind, float | None]] = [
            ("Test accuracy", "accuracy", self.test_accuracy),
            ("Test loss", "loss", self.test_loss),
            ("Training accuracy", "accuracy", self.train_accuracy),
            ("Training loss", "loss", self.train_loss),
            *(
                (f"{split} accuracy, epoch {epoch}", "accuracy", accuracy)
                for split, by_epoch in (
                    ("Training", self.train_accuracy_by_epoch),
                    ("Validation", self.val_accuracy_by_epoch),
                )
                for epoch, accuracy in by_epoch
            ),
            ("Time", "seconds", self.seconds),
            ("Time per epoch", "seconds", self.seconds_per_epoch),
        ]
        return [Figure(label, kind, value) for label, kind, value in known if value is not None]


def same_figures_of(
    published: Published, history: pd.DataFrame, results: Mapping[str, Any]
) -> Published:
    """The same figures of a run, NaN where the run lacks one: `figures()` lists both alike.

    Training accuracy and loss are those that Keras reports: means over an epoch's steps, dropout
    included, of the last epoch where no epoch is named.

    Args:
        history: the run's `history.csv`.
        results: the run's `results.json`.
    """

    def after(column: str, epochs: tuple[tuple[int, float], ...]) -> tuple[tuple[int, float], ...]:
        by_epoch = dict(zip(history["epoch"] + 1, history[column], strict=True))
        return tuple((epoch, by_epoch.get(epoch, math.nan)) for epoch, _ in epochs)

    def last(column: str) -> float:
        return float(history[column].iloc[-1]) if len(history) else math.nan

    ours = {
        "test_accuracy": results.get("test_accuracy", math.nan),
        "test_loss": results.get("test_loss", math.nan),
        "train_accuracy": last("accuracy"),
        "train_loss": last("loss"),
        "seconds": results.get("seconds", math.nan),
        "seconds_per_epoch": float(history["seconds"].mean()),
    }
    return Published(
        **{name: value for name, value in ours.items() if getattr(published, name) is not None},
        train_accuracy_by_epoch=after("accuracy", published.train_accuracy_by_epoch),
        val_accuracy_by_epoch=after("val_accuracy", published.val_accuracy_by_epoch),
    )
