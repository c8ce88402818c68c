"""The curves of a training as TensorBoard reads them, beside the run where it is installed."""

from __future__ import annotations

import contextlib
import importlib.util
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

FOLDER = "tensorboard"


def can_be_read() -> bool:
    """Whether TensorBoard is installed: without it, nobody could read what is written."""
    return importlib.util.find_spec("tensorboard") is not None


class EventLog(keras.callbacks.Callback):
    """Writes `tensorboard/train` and `tensorboard/validation`, an epoch at a time.

    The names and the steps are those of Keras's own callback, which fails with a full disk: here
    the curves end where one can no longer be written, and the training goes on.
    """

    def __init__(self, run_dir: Path):
        super().__init__()
        self._folder = run_dir / FOLDER
        self._writers: dict[str, Any] = {}
        self._is_over = False

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs = logs or {}
        rate = {"learning_rate": float(self.model.optimizer.learning_rate)}
        splits = {
            "train": {name: logs[name] for name in ("loss", "accuracy")} | rate,
            "validation": {name: logs[f"val_{name}"] for name in ("loss", "accuracy")},
        }
        if self._is_over:
            return
        try:
            for split, values in splits.items():
                if split not in self._writers:
                    self._writers[split] = tf.summary.create_file_writer(str(self._folder / split))
                with self._writers[split].as_default(step=epoch):
                    for name, value in values.items():
                        tf.summary.scalar(f"epoch_{name}", value)
                self._writers[split].flush()
        except (OSError, tf.errors.OpError) as error:
            print(f"The curves for TensorBoard end here: {error}", flush=True)
            self._is_over = True

    def close(self) -> None:
        """Close the files; for a training that ended with an exception, too."""
        for writer in self._writers.values():
            with contextlib.suppress(OSError, tf.errors.OpError):
                writer.close()
        self._writers = {}
        self._is_over = True
