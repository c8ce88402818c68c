"""How a training in the foreground is shown: a bar at a terminal, a line for each epoch."""

from __future__ import annotations

import time
from typing import Any, TextIO

import keras
from rich.progress import Progress, ProgressColumn, Task, TextColumn
from rich.table import Column
from rich.text import Text

from fmnist import formats
from fmnist.terminal import make_bar_column, make_console

TERMINAL_EVERY = 0.2  # seconds


class TerminalProgress(keras.callbacks.Callback):
    """A progress bar with loss, accuracy, rate and time left, and one line per epoch.

    A file or a pipe gets the lines alone. `close` it after a training that an exception has ended.
    """

    def __init__(self, terminal: TextIO, epochs: int, train_images: int, batch_size: int):
        super().__init__()
        self._is_terminal = terminal.isatty()
        self._epochs = epochs
        self._train_images = train_images
        self._batch_size = batch_size
        self._next_draw = 0.0
        self._bar = Progress(
            TextColumn("{task.description}"),
            make_bar_column(),
            TextColumn("{task.fields[scores]}"),
            _Pace(Column(no_wrap=True)),
            console=make_console(terminal),
            auto_refresh=False,  # no second thread beside the training
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            get_time=time.perf_counter,
            disable=not self._is_terminal,
        )
        self._task = self._bar.add_task("", total=epochs * train_images, scores="")

    def on_train_begin(self, logs: Any = None) -> None:
        self._bar.start()

    def on_train_end(self, logs: Any = None) -> None:
        self.close()

    def close(self) -> None:
        """Take the bar off the terminal."""
        if self._is_terminal:
            self._bar.stop()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch = epoch
        self._began = time.perf_counter()
        self._bar.update(self._task, description=f"Epoch {epoch + 1}/{self._epochs}", refresh=True)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        now = time.perf_counter()
        if now < self._next_draw or not self._is_terminal:
            return
        self._next_draw = now + TERMINAL_EVERY
        images = min((batch + 1) * self._batch_size, self._train_images)
        self._bar.update(
            self._task,
            completed=self._epoch * self._train_images + images,
            scores=_describe_scores(logs["loss"], logs["accuracy"]),
            refresh=True,
        )

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        seconds = time.perf_counter() - self._began
        self._bar.console.print(
            f"Epoch {epoch + 1}/{self._epochs}: "
            f"{_describe_scores(logs['loss'], logs['accuracy'])}, "
            f"validation {_describe_scores(logs['val_loss'], logs['val_accuracy'])}, "
            f"{formats.duration(seconds)}",
            soft_wrap=True,
        )


class _Pace(ProgressColumn):
    """Images per second, over the last half minute, and the time left at that rate."""

    def render(self, task: Task) -> Text:
        if not task.speed:
            return Text("")
        return Text(
            f"{task.speed:,.0f} images/s, {formats.duration(task.time_remaining or 0)} left"
        )


def _describe_scores(loss: float, accuracy: float) -> str:
    return f"loss {formats.loss(loss)}, accuracy {formats.percent(accuracy)}"
