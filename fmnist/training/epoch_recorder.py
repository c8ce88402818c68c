"""Keeps the test probabilities after every epoch, for looking back: nothing is chosen by them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from fmnist.config import TrainConfig
from fmnist.models.network import build_model
from fmnist.runs.epochs import write_epoch
from fmnist.training.scoring import SCORING_BATCH


class EpochRecorder(keras.callbacks.Callback):
    """Predicts as the saved model would, with the weights that validation used.

    With averaged weights those are the averages. The last epoch is what is published where the
    last one is kept.

    watching: callbacks for the prediction, which may raise StopRequested.
    """

    def __init__(
        self,
        config: TrainConfig,
        run_dir: Path,
        images: np.ndarray,
        watching: Sequence[keras.callbacks.Callback] = (),
    ):
        super().__init__()
        self._run_dir = run_dir
        self._images = images[..., None]
        self._watching = list(watching)
        self._plain = build_model(config)  # one for all epochs: its graph is traced once

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._plain.set_weights(self.model.get_weights())
        probabilities = self._plain.predict(
            self._images, batch_size=SCORING_BATCH, verbose=0, callbacks=self._watching
        )
        write_epoch(self._run_dir, epoch, probabilities)
