"""The last layer of a model, with weights apart from the layers before it, and how it learns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fmnist.config import TrainConfig
from fmnist.drawing.fine_tuning_data import FineTuningData
from fmnist.runs.process import TrainingError
from fmnist.training.scoring import SCORING_BATCH

if TYPE_CHECKING:
    import keras

CORRECTED_WEIGHT = 0.05  # of all corrections, as a fraction of the rehearsal set


@dataclass(frozen=True, eq=False)
class SplitModel:
    """A loaded model, split before its last layer with weights.

    `backbone` gives that layer's inputs, float32 (N, features), for images; `classifier` the
    network's ten probabilities for those. Where the model averages its network's predictions for
    several views of an image, both are about one view.
    """

    model: keras.Model
    backbone: keras.Model
    classifier: keras.Model
    head: keras.layers.Dense

    def features(self, images: np.ndarray) -> np.ndarray:
        """The head's inputs, float32 (N, F), for images uint8 (N, 28, 28)."""
        return self.backbone.predict(images[..., None], batch_size=SCORING_BATCH, verbose=0)

    def predict(self, images: np.ndarray) -> np.ndarray:
        """The whole model's probabilities, float32 (N, 10), for images uint8 (N, 28, 28)."""
        return self.model.predict(images[..., None], batch_size=SCORING_BATCH, verbose=0)


def load_split_model(path: Path) -> SplitModel:
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
            f"{path.name} cannot be fine-tuned: its last layer with weights is no dense layer of "
            "ten. Use the model for drawings that comes with the Lab."
        )
    backbone = keras.Model(network.inputs, head.input)
    return SplitModel(model, backbone, keras.Model(head.input, network.outputs), head)


class HeadTrainer:
    """Trains the head on features that the backbone computes once: inputs, targets and weights."""

    def __init__(
        self,
        split_model: SplitModel,
        config: TrainConfig,
        data: FineTuningData,
        variants: np.ndarray,
        labels: np.ndarray,
    ) -> None:
        """variants: uint8 (N × V, 28, 28) of corrections with these labels (N,), one by one."""
        import keras

        self.split_model, self._config = split_model, config
        self._rehearsal = split_model.features(data.rehearsal)
        self._rehearsal_targets = split_model.classifier.predict(self._rehearsal, verbose=0)
        self._variants = split_model.features(variants)
        self._numbers = np.repeat(np.arange(len(labels)), len(variants) // len(labels))
        self._targets = np.eye(10, dtype=np.float32)[labels][self._numbers]
        shown = data.shows_garment
        self.validation = (
            split_model.features(data.validation[shown]),
            np.eye(10, dtype=np.float32)[data.validation_labels[shown]],
        )
        self.length = len(self._rehearsal) + len(self._variants)
        optimizer = keras.optimizers.Adam(config.learning_rate)
        split_model.classifier.compile(
            optimizer, loss="categorical_crossentropy", metrics=["accuracy"]
        )
        optimizer.build(split_model.classifier.trainable_variables)
        self._variables = [*split_model.head.weights, *optimizer.variables]
        self._values_before = [variable.numpy() for variable in self._variables]

    def fit(
        self,
        are_included: np.ndarray,
        callbacks: Sequence[Any] = (),
        validation: tuple[np.ndarray, np.ndarray] | None = None,
    ) -> None:
        """Train the head anew, from its weights before; bool (N,): on which corrections."""
        chosen = are_included[self._numbers]
        rehearsal, corrected = len(self._rehearsal), int(chosen.sum())
        weights = np.ones(rehearsal + corrected, np.float32)
        weights[rehearsal:] = CORRECTED_WEIGHT * rehearsal / corrected
        classifier, config = self.split_model.classifier, self._config
        self.reset()
        classifier.fit(
            np.concatenate([self._rehearsal, self._variants[chosen]]),
            np.concatenate([self._rehearsal_targets, self._targets[chosen]]),
            sample_weight=weights,
            validation_data=validation,
            epochs=config.epochs,
            batch_size=config.batch_size,
            callbacks=list(callbacks),
            verbose=0,
        )

    def reset(self) -> None:
        """Give the head its weights from before."""
        for variable, value in zip(self._variables, self._values_before, strict=True):
            variable.assign(value)
