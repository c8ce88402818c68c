"""One network from several: the mean of their weights.

Networks that were trained on from the same weights, with other seeds, lie in one valley of the
loss: their mean is better than each, and costs no more to ask (Wortsman et al. 2022, "Model soups",
https://arxiv.org/abs/2203.05482).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fmnist.training.scoring import write_model


def average_models(paths: Sequence[Path], target: Path) -> None:
    """Write the .keras file whose weights are the means of those of `paths`, in one move.

    Raises ValueError where their networks differ.
    """
    import keras
    import numpy as np

    models = [keras.models.load_model(path, compile=False, safe_mode=True) for path in paths]
    every = [model.get_weights() for model in models]
    if len({tuple(weight.shape for weight in weights) for weights in every}) > 1:
        raise ValueError("The models cannot be averaged: their layers differ.")
    models[0].set_weights([np.mean(same, axis=0) for same in zip(*every, strict=True)])
    write_model(models[0], target)
