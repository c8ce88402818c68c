"""Train one model and score it."""

from __future__ import annotations

import contextlib
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from fmnist import json_files
from fmnist.config import ConfigError, TrainConfig
from fmnist.data import catalogue
from fmnist.data.dataset import Dataset
from fmnist.data.samples import split_train_val
from fmnist.files import save_array
from fmnist.models.keras_import import import_keras
from fmnist.models.network import EMA_MOMENTUM, build_network, count_macs, list_fast_layers
from fmnist.models.processor import choose_precision, computing_in, uses_onednn
from fmnist.runs import store
from fmnist.runs.process import TrainingError
from fmnist.runs.receipt import write_receipt
from fmnist.training.batches import make_training_batches, make_validation_batches
from fmnist.training.environment import describe_environment
from fmnist.training.scoring import best_epoch, compute_probabilities, save_model, score

if TYPE_CHECKING:
    import keras
    import numpy as np


def train_and_evaluate(
    config: TrainConfig, run_dir: Path, *, terminal: TextIO | None = None
) -> dict[str, Any]:
    """Train `config`, keep the model in `run_dir`, score it once on the whole test set.

    Writes every file of a run folder. A `stop` file (or Ctrl-C) ends the training early; the model
    as it stands then is kept and scored, and the run is `stopped` instead of `completed`.

    Args:
        terminal: where to draw a progress bar; None for none.

    Returns:
        `results.json`: test_accuracy, test_loss, best_epoch (from 0), best_val_accuracy (both by
        validation accuracy, None when no epoch was finished), seconds (building, training and
        validating, without imports, loading and scoring) and train_images; empty when the run was
        stopped before its first step.

    Raises:
        ConfigError, DatasetError: the network cannot be built, or there is no data.
        TrainingError: the loss, or what the model puts out, became NaN.
        OSError: the folder can no longer be written.
    """
    dataset = catalogue.load(config.dataset)
    train_indices, val_indices = split_train_val(
        len(dataset.train_labels), config.validation_fraction, config.seed
    )
    if not len(train_indices) or not len(val_indices):
        raise ConfigError(
            f"validation_fraction {config.validation_fraction:g} of {len(dataset.train_labels)} "
            "training images leaves one side of the split empty: choose another fraction."
        )
    import_keras()
    import keras
    import numpy as np

    from fmnist.training.callbacks import CHECKPOINT_NAME, Heartbeat

    began = time.perf_counter()
    keras.utils.set_random_seed(config.seed)
    precision = choose_precision(config.precision)
    with computing_in(precision):
        model = build_network(config, fast=True)
    _start_from(run_dir / store.START_FILE, model)
    compile_model(
        model, config, math.ceil(config.epoch_images(len(train_indices)) / config.batch_size)
    )
    network = build_network(config)
    environment = {
        "parameters": network.count_params(),
        "macs_per_image": count_macs(network),
        "seed": config.seed,
        "precision": precision,
        "onednn": uses_onednn(),
        "fast_layers": list_fast_layers(model),
        **describe_environment(dataset),
    }
    json_files.write_json(run_dir / "environment.json", environment)
    was_stopped, message = _fit(
        model, config, dataset, train_indices, val_indices, run_dir, terminal
    )
    seconds = time.perf_counter() - began
    if model.optimizer.iterations == 0:
        store.write_status(
            run_dir,
            status="stopped",
            started_at=None,
            finished_at=time.time(),
            message="Stopped before the first step.",
        )
        return {}

    store.write_status(
        run_dir,
        status="running",
        finished_at=None,
        heartbeat_at=time.time(),
        message="scoring",
    )
    save_model(model, config, run_dir / "model.keras")
    probabilities = compute_probabilities(
        run_dir / "model.keras", dataset.test_images, [Heartbeat(run_dir)]
    )
    if not np.isfinite(probabilities).all():
        (run_dir / "model.keras").unlink()
        raise TrainingError(
            "The model's outputs became NaN: lower the learning rate "
            f"(it was {config.learning_rate:g})."
        )
    save_array(run_dir / "test_probabilities.npy", probabilities)
    results = {
        **score(probabilities, dataset.test_labels),
        **best_epoch(run_dir),
        "seconds": round(seconds, 2),
        "train_images": len(train_indices),
    }
    json_files.write_json(run_dir / "results.json", results)
    (run_dir / CHECKPOINT_NAME).unlink(missing_ok=True)  # model.keras has them now
    status = "stopped" if was_stopped else "completed"
    write_receipt(store.read_run(run_dir), status)
    store.write_status(
        run_dir,
        status=status,
        finished_at=time.time(),
        message=message,
    )
    return results


def _start_from(path: Path, model: keras.Model) -> None:
    """Give the network the weights of the model in this file, where there is one.

    Raises:
        ConfigError: it is no model, or its layers are others.
    """
    if not path.is_file():
        return
    import keras

    try:
        weights = keras.models.load_model(path, compile=False, safe_mode=True).get_weights()
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ConfigError("The model to start from cannot be opened as a Keras model.") from error
    if [w.shape for w in weights] != [w.shape for w in model.get_weights()]:
        raise ConfigError(
            "The model to start from has other layers than these settings describe: use the "
            "settings that it was trained with."
        )
    model.set_weights(weights)


def _fit(
    model: keras.Model,
    config: TrainConfig,
    dataset: Dataset,
    train_indices: np.ndarray,
    val_indices: np.ndarray,
    run_dir: Path,
    terminal: TextIO | None,
) -> tuple[bool, str]:
    """Run the epochs; returns whether somebody stopped them, and a message for the status."""
    from keras.callbacks import EarlyStopping

    from fmnist.training import callbacks, event_log, terminal_progress
    from fmnist.training.epoch_recorder import EpochRecorder

    image_count = config.epoch_images(len(train_indices))
    reporter = callbacks.RunReporter(run_dir, image_count, config.batch_size)
    watchers: list[keras.callbacks.Callback] = [
        callbacks.DivergenceGuard(config.learning_rate),
        reporter,
    ]
    averaged = callbacks.AveragedWeights() if config.weight_averaging else None
    checkpoint = callbacks.BestCheckpoint(run_dir) if config.keep == "best" else None
    patience = config.early_stopping_patience
    early_stopping = EarlyStopping(monitor="val_loss", patience=patience) if patience else None
    watchers += [callback for callback in (averaged, checkpoint, early_stopping) if callback]
    if config.record_epochs:
        watching = [callbacks.Heartbeat(run_dir), callbacks.StopWatcher(run_dir)]
        watchers.append(EpochRecorder(config, run_dir, dataset.test_images, watching))
    closing = contextlib.ExitStack()
    closing.callback(reporter.close)
    if event_log.can_be_read():
        events = event_log.EventLog(run_dir)
        closing.callback(events.close)
        watchers.append(events)
    if terminal:
        progress = terminal_progress.TerminalProgress(
            terminal, config.epochs, image_count, config.batch_size
        )
        closing.callback(progress.close)
        watchers.append(progress)
    watchers.append(callbacks.StopWatcher(run_dir))  # last: what a step reports is written first

    images, labels = dataset.split("train")
    was_stopped = False
    message = ""
    try:
        model.fit(
            make_training_batches(images[train_indices], labels[train_indices], config),
            validation_data=make_validation_batches(images[val_indices], labels[val_indices]),
            steps_per_epoch=math.ceil(image_count / config.batch_size),
            epochs=config.epochs,
            callbacks=watchers,
            shuffle=False,  # the batches come shuffled
            verbose=0,
        )
    except (callbacks.StopRequested, KeyboardInterrupt):
        was_stopped = True
        if averaged and model.optimizer.iterations > 0:
            averaged.use_average()
    except callbacks.TrainingDiverged as error:
        raise TrainingError(str(error)) from None
    finally:
        closing.close()
    if checkpoint and not was_stopped:  # a stopped model is kept as it stands
        checkpoint.restore()
    if early_stopping and early_stopping.stopped_epoch:
        message = (
            f"Stopped early after epoch {early_stopping.stopped_epoch + 1}: the validation loss "
            f"had not improved for {patience} {'epoch' if patience == 1 else 'epochs'}."
        )
    return was_stopped, message


def compile_model(model: keras.Model, config: TrainConfig, steps_per_epoch: int) -> None:
    """Give the model its optimizer, learning rate schedule, loss and metric.

    SGD has Nesterov's momentum of 0.9; everything else not in the config is Keras's default. Weight
    decay spares biases and normalisations. No XLA: it slows convolutions on a CPU.
    """
    from keras import optimizers

    from fmnist.training.schedules import make_schedule

    optimizers_by_name: dict[str, tuple[Any, dict[str, Any]]] = {
        "adam": (optimizers.Adam, {}),
        "adamw": (optimizers.AdamW, {"weight_decay": config.weight_decay}),
        "sgd": (
            optimizers.SGD,
            {"momentum": 0.9, "nesterov": True, "weight_decay": config.weight_decay or None},
        ),
        "rmsprop": (optimizers.RMSprop, {}),
    }
    make_optimizer, options = optimizers_by_name[config.optimizer]
    if config.weight_averaging:
        options = {**options, "use_ema": True, "ema_momentum": EMA_MOMENTUM}
    optimizer = make_optimizer(make_schedule(config, config.epochs * steps_per_epoch), **options)
    if config.weight_decay:
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    model.compile(
        optimizer=optimizer,
        loss="categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=False,
    )
