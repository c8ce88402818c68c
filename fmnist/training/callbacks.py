"""What a training tells the outside, and what ends it: Keras callbacks that write the run folder.

All of them do next to nothing on most batches: watching costs the training under 2 % of its speed.
"""

from __future__ import annotations

import math
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import keras

from fmnist.files import replacing_file
from fmnist.runs import outputs, store

REPORT_EVERY = 0.5  # seconds
LOOK_FOR_STOP_EVERY = 0.2  # seconds
CHECKPOINT_NAME = "checkpoint.weights.h5"

_RATE_ROWS = 20  # rows that the shown images per second are averaged over


class StopRequested(Exception):
    """Somebody asked the training to end; raised between two steps."""


class TrainingDiverged(Exception):
    """The loss is no longer a number; the message says when, and what to try."""


@dataclass(frozen=True)
class _Sums:
    """Images, and the sums of their losses and of correct predictions."""

    images: int = 0
    loss: float = 0.0
    accuracy: float = 0.0

    def __add__(self, other: _Sums) -> _Sums:
        return _Sums(
            self.images + other.images, self.loss + other.loss, self.accuracy + other.accuracy
        )

    def __sub__(self, other: _Sums) -> _Sums:
        return _Sums(
            self.images - other.images, self.loss - other.loss, self.accuracy - other.accuracy
        )


class RunReporter(keras.callbacks.Callback):
    """Writes `status.json`, `batches.csv` and `history.csv` while a model trains.

    Loss and accuracy in `batches.csv` are means over the images since the row before, so that the
    curve does not jump back at the start of an epoch as Keras's running means do. `step` counts
    the steps of the whole run, in `status.json` too.

    Raises OSError, which ends the training, when the folder can no longer be written.
    """

    def __init__(self, run_dir: Path, train_images: int, batch_size: int):
        super().__init__()
        self.images_per_second = 0.0
        self._run_dir = run_dir
        self._train_images = train_images
        self._batch_size = batch_size
        self._steps_per_epoch = math.ceil(train_images / batch_size)
        self._files: dict[str, IO[str]] = {}
        self._epoch = 0
        self._rows: deque[tuple[int, float]] = deque(maxlen=_RATE_ROWS)  # images, seconds
        self._has_traced = False
        self._row_sums = _Sums()  # of the row to come
        self._row_seconds = 0.0

    def on_train_begin(self, logs: Any = None) -> None:
        self._open("history.csv", outputs.HISTORY_COLUMNS)
        self._open("batches.csv", outputs.BATCH_COLUMNS)
        self._report(0)

    def on_train_end(self, logs: Any = None) -> None:
        self._report(self._step_after(self._steps_per_epoch - 1))
        self.close()

    def close(self) -> None:
        """Close the tables; for a training that ended with an exception."""
        for file in self._files.values():
            file.close()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch = epoch
        self._epoch_began = self._part_began = time.perf_counter()
        self._part_start = _Sums()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        now = time.perf_counter()
        if not self._has_traced:
            # The first step also traces the graph: no measure of the speed.
            self._has_traced = True
            self._part_began = now
            self._part_start = self._sums_after(batch, logs)
        is_due = now - self._last_report >= REPORT_EVERY
        if not is_due and batch + 1 < self._steps_per_epoch:
            return
        # A row may begin in one epoch and end in the next; the validation between does not count.
        sums = self._sums_after(batch, logs)
        self._row_sums += sums - self._part_start
        self._row_seconds += now - self._part_began
        self._part_start, self._part_began = sums, now
        if is_due:
            if self._row_sums.images:
                self._write_row(self._step_after(batch))
            self._report(self._step_after(batch))

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        self._report_if_due()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        values = {
            **logs,
            "epoch": epoch,
            "learning_rate": float(self.model.optimizer.learning_rate),
            "seconds": time.perf_counter() - self._epoch_began,
        }
        row = [f"{values[column]:.8g}" for column in outputs.HISTORY_COLUMNS]
        self._append("history.csv", ",".join(row) + "\n")
        self._report_if_due()

    def _step_after(self, batch: int) -> int:
        """Steps of the whole run done after batch number `batch` of this epoch."""
        return self._epoch * self._steps_per_epoch + batch + 1

    def _sums_after(self, batch: int, logs: dict[str, float]) -> _Sums:
        """This epoch's images after batch number `batch` (the last may be smaller), and sums."""
        images = min((batch + 1) * self._batch_size, self._train_images)
        return _Sums(images, logs["loss"] * images, logs["accuracy"] * images)

    def _write_row(self, step: int) -> None:
        sums, seconds = self._row_sums, self._row_seconds
        self._row_sums, self._row_seconds = _Sums(), 0.0
        self._rows.append((sums.images, seconds))
        images, all_seconds = (sum(column) for column in zip(*self._rows, strict=True))
        self.images_per_second = images / all_seconds
        loss, accuracy = sums.loss / sums.images, sums.accuracy / sums.images
        row = f"{step},{self._epoch},{loss:.6g},{accuracy:.6g},{sums.images / seconds:.5g}\n"
        self._append("batches.csv", row)

    def _report_if_due(self) -> None:
        if time.perf_counter() - self._last_report >= REPORT_EVERY:
            self._report(self._step_after(self._steps_per_epoch - 1))

    def _report(self, step: int) -> None:
        self._last_report = time.perf_counter()
        # A reader may have taken this process for dead, when the clock was set: take it back.
        store.write_status(
            self._run_dir,
            status="running",
            finished_at=None,
            epoch=self._epoch,
            step=step,
            steps_per_epoch=self._steps_per_epoch,
            images_per_second=round(self.images_per_second, 1) or None,
            heartbeat_at=time.time(),
            message="",
        )

    def _open(self, name: str, columns: tuple[str, ...]) -> None:
        self._files[name] = (self._run_dir / name).open("w", encoding="utf-8", newline="\n")
        self._append(name, ",".join(columns) + "\n")

    def _append(self, name: str, line: str) -> None:
        """One write per line and a flush: a kill loses nothing, a reader sees whole lines."""
        self._files[name].write(line)
        self._files[name].flush()


class Heartbeat(keras.callbacks.Callback):
    """Says that the process is well while a model is scored, which may take minutes."""

    def __init__(self, run_dir: Path):
        super().__init__()
        self._run_dir = run_dir

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        store.write_status(self._run_dir, heartbeat_at=time.time())


class StopWatcher(keras.callbacks.Callback):
    """Ends the training, in an epoch or in its validation, soon after the `stop` file appears."""

    def __init__(self, run_dir: Path):
        super().__init__()
        self._run_dir = run_dir
        self._next_look = 0.0

    def on_train_begin(self, logs: Any = None) -> None:
        self._look()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._look()

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        self._look()

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        self._look()

    def _look(self) -> None:
        now = time.perf_counter()
        if now < self._next_look:
            return
        self._next_look = now + LOOK_FOR_STOP_EVERY
        if store.is_stop_requested(self._run_dir):
            raise StopRequested


class DivergenceGuard(keras.callbacks.Callback):
    """Ends the training with a TrainingDiverged as soon as a loss is NaN or infinite.

    The loss of a step is from before its update: what an epoch's last update broke shows in the
    validation loss, or in the weights alone, as oneDNN's relu makes a 0 of NaN.
    """

    def __init__(self, learning_rate: float):
        super().__init__()
        self._learning_rate = learning_rate
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._check("loss", logs["loss"], f"in epoch {self._epoch + 1}, step {batch + 1}")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._check("loss", logs["loss"], f"in epoch {epoch + 1}")
        self._check("validation loss", logs["val_loss"], f"after epoch {epoch + 1}")
        for weight in self.model.trainable_variables:
            extreme = float(keras.ops.max(keras.ops.absolute(weight)))
            self._check("largest weight", extreme, f"after epoch {epoch + 1}")

    def _check(self, name: str, loss: float, when: str) -> None:
        if not math.isfinite(loss):
            became = "NaN" if math.isnan(loss) else "infinite"
            raise TrainingDiverged(
                f"The {name} became {became} {when}: lower the learning rate "
                f"(it was {self._learning_rate:g})."
            )


class BestCheckpoint(keras.callbacks.Callback):
    """Keeps the weights of the epoch with the highest validation accuracy, the first such.

    They lie in `checkpoint.weights.h5`; a crash in the middle of a write leaves the one before.
    """

    def __init__(self, run_dir: Path):
        super().__init__()
        self.path = run_dir / CHECKPOINT_NAME
        self.best_epoch: int | None = None
        self._best = -math.inf

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if logs["val_accuracy"] <= self._best:
            return
        with replacing_file(self.path, ".weights.h5") as draft:
            self.model.save_weights(draft)
        self._best = logs["val_accuracy"]
        self.best_epoch = epoch

    def restore(self) -> None:
        """Put the best epoch's weights into the model; none yet: leave it as it stands."""
        if self.best_epoch is not None:
            self.model.load_weights(self.path)


class AveragedWeights(keras.callbacks.Callback):
    """Validates, checkpoints and ends with the optimizer's moving average of the weights.

    For an optimizer with `use_ema`. Training itself goes on from the weights as they were.
    """

    def __init__(self) -> None:
        super().__init__()
        self._raw_weights: list[Any] | None = None  # arrays

    def on_test_begin(self, logs: Any = None) -> None:
        self.use_average()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if self._raw_weights is not None:
            for variable, value in zip(
                self.model.trainable_variables, self._raw_weights, strict=True
            ):
                variable.assign(value)
            self._raw_weights = None

    def use_average(self) -> None:
        """Put the average into the model, unless it is there already."""
        if self._raw_weights is None:
            self._raw_weights = [variable.numpy() for variable in self.model.trainable_variables]
            self.model.optimizer.finalize_variable_values(self.model.trainable_variables)
