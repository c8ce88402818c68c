"""The last layer of a model, with weights apart from the layers before it, and how it learns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fmnist.config import TrainConfig
from fmnist.lessons import Lessons
from fmnist.process import TrainingError
from fmnist.scoring import SCORING_BATCH

if TYPE_CHECKING:
    import keras

CORRECTED_WEIGHT = 0.2  # of all corrections, as a share of what is rehearsed


@dataclass(frozen=True, eq=False)
class Pupil:
    """A loaded model, and its last layer with weights apart from what comes before.

    `look` gives that layer's inputs, float32 (N, features), for images; `answer` the network's ten
    probabilities for those. Where the model averages its network's answers to several views of an
    image, both are about one view.
    """

    model: keras.Model
    look: keras.Model
    answer: keras.Model
    head: keras.layers.Dense

    def see(self, images: np.ndarray) -> np.ndarray:
        """The head's inputs, float32 (N, F), for images uint8 (N, 28, 28)."""
        return self.look.predict(images[..., None], batch_size=SCORING_BATCH, verbose=0)

    def recognise(self, images: np.ndarray) -> np.ndarray:
        """The whole model's probabilities, float32 (N, 10), for images uint8 (N, 28, 28)."""
        return self.model.predict(images[..., None], batch_size=SCORING_BATCH, verbose=0)


def load_pupil(path: Path) -> Pupil:
    """The model of a file that this project wrote.

    Raises TrainingError when its last layer is no Dense of ten.
    """
    import keras

    model = keras.models.load_model(path, compile=False, safe_mode=True)
    network = model
    while True:
        inner = [layer for layer in network.layers if layer.weights]
        if len(inner) != 1 or not isinstance(inner[0], keras.Model):
            break
        network = inner[0]
    head = inner[-1] if inner else None
    if not isinstance(head, keras.layers.Dense) or head.units != 10:
        raise TrainingError(
            f"{path.name} cannot be taught: its last layer with weights is no dense layer of ten. "
            "Use the model for drawings that comes with the Lab."
        )
    look = keras.Model(network.inputs, head.input)
    return Pupil(model, look, keras.Model(head.input, network.outputs), head)


class _Course:
    """What the head learns, seen once by the layers before it: features, targets and weights."""

    def __init__(
        self,
        pupil: Pupil,
        config: TrainConfig,
        lessons: Lessons,
        variants: np.ndarray,
        labels: np.ndarray,
    ) -> None:
        """variants: uint8 (N × V, 28, 28) of corrections with these labels (N,), one by one."""
        import keras

        self.pupil, self._config = pupil, config
        self._rehearsed = pupil.see(lessons.rehearsed)
        self._rehearsed_targets = pupil.answer.predict(self._rehearsed, verbose=0)
        self._variants = pupil.see(variants)
        self._numbers = np.repeat(np.arange(len(labels)), len(variants) // len(labels))
        self._targets = np.eye(10, dtype=np.float32)[labels][self._numbers]
        shown = lessons.shows_garment
        self.validation = (
            pupil.see(lessons.validated[shown]),
            np.eye(10, dtype=np.float32)[lessons.validated_labels[shown]],
        )
        self.length = len(self._rehearsed) + len(self._variants)
        optimizer = keras.optimizers.Adam(config.learning_rate)
        pupil.answer.compile(optimizer, loss="categorical_crossentropy", metrics=["accuracy"])
        optimizer.build(pupil.answer.trainable_variables)
        self._variables = [*pupil.head.weights, *optimizer.variables]
        self._values_before = [variable.numpy() for variable in self._variables]

    def learn(
        self,
        are_learnt: np.ndarray,
        callbacks: Sequence[Any] = (),
        validation: tuple[np.ndarray, np.ndarray] | None = None,
    ) -> None:
        """Teach the head anew, from its weights before: bool (N,), which corrections."""
        chosen = are_learnt[self._numbers]
        rehearsed, corrected = len(self._rehearsed), int(chosen.sum())
        weights = np.ones(rehearsed + corrected, np.float32)
        weights[rehearsed:] = CORRECTED_WEIGHT * rehearsed / corrected
        answer, config = self.pupil.answer, self._config
        for variable, value in zip(self._variables, self._values_before, strict=True):
            variable.assign(value)
        answer.fit(
            np.concatenate([self._rehearsed, self._variants[chosen]]),
            np.concatenate([self._rehearsed_targets, self._targets[chosen]]),
            sample_weight=weights,
            validation_data=validation,
            epochs=config.epochs,
            batch_size=config.batch_size,
            callbacks=list(callbacks),
            verbose=0,
        )
