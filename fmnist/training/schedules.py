"""How the learning rate changes over a run."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from fmnist.config import TrainConfig

CLIMB = 0.25  # of the run


class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """Climbs in a straight line to `peak` over a quarter of the steps, then falls to 0.

    After Smith and Topin 2017, https://arxiv.org/abs/1708.07120.
    """

    def __init__(self, peak: float, steps: int):
        self.peak = peak
        self.steps = steps

    def __call__(self, step: Any) -> Any:
        done = (ops.cast(step, "float32") + 1) / (self.steps + 1)
        return self.peak * ops.minimum(done / CLIMB, (1 - done) / (1 - CLIMB))

    def get_config(self) -> dict[str, Any]:
        return {"peak": self.peak, "steps": self.steps}


def make_schedule(config: TrainConfig, steps: int) -> Any:
    """The learning rate of each of a run's `steps`, in the form that Keras's optimizers take."""
    if config.schedule == "one-cycle":
        return OneCycle(config.learning_rate, steps)
    if config.schedule == "cosine":
        return keras.optimizers.schedules.CosineDecay(config.learning_rate, decay_steps=steps)
    return config.learning_rate
