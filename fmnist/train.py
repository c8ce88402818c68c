"""Train one model and score it: `python -m fmnist.train`.

A run folder is made (or given), waits for its turn, and only then is TensorFlow loaded: a queued
run costs next to nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import json
import math
import os
import platform
import subprocess
import sys
import textwrap
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import filelock
import psutil

from fmnist import runs
from fmnist.config import FIELDS, ConfigError, TrainConfig, field_bounds
from fmnist.dataset import (
    Dataset,
    DatasetError,
    DatasetMissing,
    Progress,
    download_dataset,
    load_dataset,
    split_train_val,
)
from fmnist.evaluate import mean_cross_entropy
from fmnist.feature_maps import check_architecture
from fmnist.models import EMA_MOMENTUM, build_model, build_network, count_macs
from fmnist.recipes import RECIPES

if TYPE_CHECKING:
    import keras
    import numpy as np
    import tensorflow as tf

LOOK_FOR_TURN_EVERY = 0.3  # seconds
QUEUE_HEARTBEAT_EVERY = 30.0  # seconds; how a computer that shares the folder sees a waiting run
SHOW_DOWNLOAD_EVERY = 0.2  # seconds
SCORING_BATCH = 250  # images
_LONGEST_REASON = 200  # characters of an unforeseen error's message


class TrainingError(RuntimeError):
    """A training could not be finished; the message says why."""


# -- training -------------------------------------------------------------------------------------


def train_and_evaluate(
    config: TrainConfig, run_dir: Path, *, screen: TextIO | None = None
) -> dict[str, Any]:
    """Train `config`, keep the model in `run_dir`, score it once on the whole test set.

    Writes every file of a run folder. A `stop` file (or Ctrl-C) ends the training early; the model
    as it stands then is kept and scored, and the run is `stopped` instead of `completed`.

    Args:
        screen: where to draw a progress bar; None for none.

    Returns:
        `results.json`: test_accuracy, test_loss, best_epoch (from 0), best_val_accuracy (both by
        validation accuracy, None when no epoch was finished), seconds (building, training and
        validating, without imports, loading and scoring) and train_images; empty when the run was
        stopped before its first step.

    Raises:
        ConfigError, DatasetError: the network cannot be built, or there is no data.
        TrainingError: the loss, or what the model answers, became NaN.
        OSError: the folder can no longer be written.
    """
    dataset = load_dataset()
    train_indices, val_indices = split_train_val(
        len(dataset.train_labels), config.validation_fraction, config.seed
    )
    if not len(train_indices) or not len(val_indices):
        raise ConfigError(
            f"validation_fraction {config.validation_fraction:g} of {len(dataset.train_labels)} "
            "training images leaves one side of the split empty: choose another share."
        )
    import keras
    import numpy as np

    from fmnist.callbacks import CHECKPOINT_NAME
    from fmnist.fast_layers import choose_precision, computing_in

    began = time.perf_counter()
    keras.utils.set_random_seed(config.seed)
    precision = choose_precision(config.precision)
    with computing_in(precision):
        model = build_network(config, fast=True)
    compile_model(
        model, config, math.ceil(config.epoch_images(len(train_indices)) / config.batch_size)
    )
    environment = describe_environment(config, build_network(config), dataset, precision)
    runs.write_json(run_dir / "environment.json", environment)
    was_stopped, message = _fit(model, config, dataset, train_indices, val_indices, run_dir, screen)
    seconds = time.perf_counter() - began
    if model.optimizer.iterations == 0:
        runs.write_status(
            run_dir,
            status="stopped",
            started_at=None,
            finished_at=time.time(),
            message="Stopped before the first step.",
        )
        return {}

    runs.write_status(
        run_dir,
        status="running",
        finished_at=None,
        heartbeat_at=time.time(),
        message="scoring",
    )
    save_model(model, config, run_dir / "model.keras")
    probabilities = compute_probabilities(run_dir / "model.keras", dataset.test_images)
    if not np.isfinite(probabilities).all():
        (run_dir / "model.keras").unlink()
        raise TrainingError(
            "The model's answers became NaN: lower the learning rate "
            f"(it was {config.learning_rate:g})."
        )
    save_array(run_dir / "test_probabilities.npy", probabilities)
    results = {
        **score(probabilities, dataset.test_labels),
        **_best_epoch(run_dir),
        "seconds": round(seconds, 2),
        "train_images": len(train_indices),
    }
    runs.write_json(run_dir / "results.json", results)
    (run_dir / CHECKPOINT_NAME).unlink(missing_ok=True)  # model.keras has them now
    runs.write_status(
        run_dir,
        status="stopped" if was_stopped else "completed",
        finished_at=time.time(),
        message=message,
    )
    return results


def _fit(
    model: keras.Model,
    config: TrainConfig,
    dataset: Dataset,
    train_indices: np.ndarray,
    val_indices: np.ndarray,
    run_dir: Path,
    screen: TextIO | None,
) -> tuple[bool, str]:
    """Run the epochs; returns whether somebody stopped them, and a message for the status."""
    from keras.callbacks import EarlyStopping

    from fmnist import callbacks

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
    if screen:
        watchers.append(
            callbacks.ScreenProgress(screen, config.epochs, image_count, config.batch_size)
        )
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
        reporter.close()
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

    from fmnist.schedules import make_schedule

    make_optimizer, options = {
        "adam": (optimizers.Adam, {}),
        "adamw": (optimizers.AdamW, {"weight_decay": config.weight_decay}),
        "sgd": (
            optimizers.SGD,
            {"momentum": 0.9, "nesterov": True, "weight_decay": config.weight_decay or None},
        ),
        "rmsprop": (optimizers.RMSprop, {}),
    }[config.optimizer]
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


def make_training_batches(
    images: np.ndarray, labels: np.ndarray, config: TrainConfig
) -> tf.data.Dataset:
    """Endless epochs of (images uint8 (B, 28, 28, 1), targets float32 (B, 10)), shuffled anew each.

    The images stay uint8 in memory; a batch is gathered, augmented and one-hot encoded as a whole.
    Label smoothing changes these targets alone, so that the validation loss stays the plain
    cross-entropy, as the test loss is. The same seed gives the same batches. With
    `augmented_copies` an epoch has every image unchanged too.
    """
    import tensorflow as tf

    from fmnist.augment import augment_images

    with tf.device("CPU"):
        all_images = tf.constant(images)
        all_targets = tf.one_hot(labels, 10)
    if config.label_smoothing:
        all_targets = all_targets * (1 - config.label_smoothing) + config.label_smoothing / 10

    def make_epoch(epoch):
        order = tf.random.experimental.stateless_shuffle(
            tf.range(config.epoch_images(len(labels))), [config.seed, tf.cast(epoch, tf.int32)]
        )
        batches = tf.data.Dataset.from_tensor_slices(order).batch(config.batch_size)
        return tf.data.Dataset.zip(batches, tf.data.Dataset.counter(epoch * 2**32))

    def make_batch(numbers, batch_number):
        indices = numbers % len(labels)
        batch = tf.gather(all_images, indices)
        seed = tf.stack([tf.cast(config.seed, tf.int64), batch_number])
        changed = augment_images(batch, config.augmentation, seed)
        if config.augmented_copies:
            is_original = (numbers < len(labels))[:, tf.newaxis, tf.newaxis]
            changed = tf.where(is_original, batch, changed)
        return changed[..., tf.newaxis], tf.gather(all_targets, indices)

    return tf.data.Dataset.counter().flat_map(make_epoch).map(make_batch).prefetch(4)


def make_validation_batches(images: np.ndarray, labels: np.ndarray) -> tf.data.Dataset:
    """(images uint8 (B, 28, 28, 1), targets float32 (B, 10)) in order, nothing changed."""
    import tensorflow as tf

    with tf.device("CPU"):
        data = tf.data.Dataset.from_tensor_slices((images[..., None], tf.one_hot(labels, 10)))
    return data.batch(SCORING_BATCH).cache().prefetch(2)


# -- after training -------------------------------------------------------------------------------


def save_model(model: keras.Model, config: TrainConfig, path: Path) -> None:
    """Write the network alone (no optimizer, no loss), in one move."""
    plain = build_model(config)
    plain.set_weights(model.get_weights())
    draft = path.with_name(f".{path.name}")  # Keras asks for the .keras
    try:
        plain.save(draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def compute_probabilities(model_path: Path, images: np.ndarray) -> np.ndarray:
    """What the saved model answers: float32 (N, 10) for images uint8 (N, 28, 28)."""
    import keras

    model = keras.models.load_model(model_path, compile=False, safe_mode=True)
    return model.predict(images[..., None], batch_size=SCORING_BATCH, verbose=0)


def save_array(path: Path, array: np.ndarray) -> None:
    """Write a .npy file in one move."""
    import numpy as np

    draft = path.with_name(f".{path.name}")
    try:
        with draft.open("wb") as file:
            np.save(file, array)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def score(probabilities: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """test_accuracy (share) and test_loss (mean cross-entropy, natural logarithm)."""
    return {
        "test_accuracy": float((probabilities.argmax(axis=1) == labels).mean()),
        "test_loss": mean_cross_entropy(labels, probabilities),
    }


def _best_epoch(run_dir: Path) -> dict[str, Any]:
    history = runs.read_history(runs.read_run(run_dir))
    if history.empty:
        return {"best_epoch": None, "best_val_accuracy": None}
    best = history["val_accuracy"].idxmax()
    return {
        "best_epoch": int(history["epoch"][best]),
        "best_val_accuracy": float(history["val_accuracy"][best]),
    }


def describe_environment(
    config: TrainConfig, network: keras.Model, dataset: Dataset, precision: str
) -> dict[str, Any]:
    """`environment.json`: what else decided the outcome, and the network's size.

    precision: what the training really computed in, "float32" or "bfloat16".
    """
    import keras
    import numpy as np
    import tensorflow as tf

    return {
        "parameters": network.count_params(),
        "macs_per_image": count_macs(network),
        "dataset": dataset.name,
        "dataset_fingerprint": dataset.fingerprint,
        "seed": config.seed,
        "precision": precision,
        "versions": {
            "python": platform.python_version(),
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "numpy": np.__version__,
        },
        "hardware": {
            "cpu": _cpu_name(),
            "cores": psutil.cpu_count(),
            "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
            "gpus": [
                tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name)
                for gpu in tf.config.list_physical_devices("GPU")
            ],
            "system": platform.platform(),
        },
        "git_commit": _git_commit(),
    }


def _cpu_name() -> str:
    """The processor's own name where the system tells it."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass  # not Linux
    return platform.processor() or platform.machine()


def _git_commit() -> str | None:
    """The commit of this project's own checkout, if it is one."""
    root = Path(__file__).parent.parent
    if not (root / ".git").exists():
        return None
    try:
        answer = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True, timeout=5
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None


# -- waiting for a turn ---------------------------------------------------------------------------


def wait_for_turn(run_dir: Path) -> bool:
    """Wait until this run may train, and mark it running; False when it was cancelled or deleted.

    At most `parallel_trainings` runs of the folder train at once. A file lock alone is not first
    come, first served: a waiting run goes on only when it is the oldest.
    """
    try:
        return _wait(run_dir)
    except FileNotFoundError:
        if run_dir.is_dir():
            raise
        return False


def _wait(run_dir: Path) -> bool:
    lock = filelock.FileLock(run_dir.parent / ".queue.lock")
    finished: set[Path] = set()
    next_heartbeat = time.monotonic() + QUEUE_HEARTBEAT_EVERY
    while not runs.is_stop_requested(run_dir):
        if runs.read_status(run_dir).status != "queued":
            # A reader took this process for dead, as it may when the clock was set.
            runs.write_status(run_dir, status="queued", finished_at=None, message="")
            runs.claim_run(run_dir)
        with lock:
            if _is_next(run_dir, finished):
                now = time.time()
                runs.write_status(
                    run_dir,
                    status="running",
                    started_at=now,
                    heartbeat_at=now,
                    message="loading TensorFlow",
                )
                return True
        if time.monotonic() > next_heartbeat:
            next_heartbeat += QUEUE_HEARTBEAT_EVERY
            runs.write_status(run_dir, heartbeat_at=time.time())
        time.sleep(LOOK_FOR_TURN_EVERY)
    runs.write_status(
        run_dir,
        status="stopped",
        finished_at=time.time(),
        message="Cancelled before it started.",
    )
    return False


def _is_next(run_dir: Path, finished: set[Path]) -> bool:
    """Whether a place is free and no older run waits. `finished` remembers who need not be read."""
    live = []
    for entry in run_dir.parent.iterdir():
        if entry in finished or entry.name.startswith(".") or not entry.is_dir():
            continue
        run = runs.read_run(entry)
        if run.is_live:
            live.append(run)
        elif not run.damaged and entry != run_dir:
            finished.add(entry)
    running = [run for run in live if run.status.status == "running"]
    waiting = runs.queue(live)
    has_place = len(running) < runs.read_parallel_trainings()
    return has_place and bool(waiting) and waiting[0].run_id == run_dir.name


# -- command line ---------------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, without the pages of usage."""
        self.exit(2, f"{self.prog}: {message} (--help lists all options)\n")


def build_parser() -> argparse.ArgumentParser:
    """The command line; one option for each field of `TrainConfig`, with its bounds."""
    parser = _Parser(
        prog="python -m fmnist.train",
        description="Train a model on Fashion-MNIST and score it on the test set. The last line "
        "of the output is JSON.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "run_dir", nargs="?", type=Path, metavar="RUN_DIR", help="a queued run's folder"
    )
    parser.add_argument(
        "--recipe",
        metavar="NAME",
        default=argparse.SUPPRESS,
        help=f"start from one of: {', '.join(RECIPES)}",
    )
    parser.add_argument(
        "--runs-dir",
        type=Path,
        metavar="DIR",
        default=argparse.SUPPRESS,
        help="where runs live (default: FMNIST_RUNS_DIR)",
    )
    for name, field in FIELDS.items():
        options: dict[str, Any] = {"type": _reader(field.default), "metavar": "VALUE"}
        if isinstance(field.default, bool):
            options |= {"nargs": "?", "const": True}
        parser.add_argument(
            "--" + name.replace("_", "-"),
            dest=name,
            default=argparse.SUPPRESS,
            help=_option_help(name),
            **options,
        )
    return parser


def _option_help(name: str) -> str:
    bounds, default = field_bounds(name), FIELDS[name].default
    parts = [bounds.help]
    if bounds.choices:
        parts.append(f"one of {', '.join(bounds.choices)}")
    elif bounds.low is not None:
        parts.append(f"{bounds.low:g} to {bounds.high:.10g}")
    if isinstance(default, tuple):
        parts.append(f"up to {bounds.max_length}, joined by commas")
        default = ",".join(map(str, default))
    if default != "":
        parts.append(f"default {default}")
    return "; ".join(parts).replace("%", "%%")


def _reader(default: Any):
    """A function from an option's text to a value of the type of `default`."""
    if isinstance(default, tuple):
        return _read_whole_numbers
    if isinstance(default, bool):
        return _read_truth
    return {int: _read_whole_number, float: _read_number, str: str}[type(default)]


def _read_whole_numbers(text: str) -> tuple[int, ...]:
    return tuple(_read_whole_number(part) for part in text.split(",") if part.strip())


def _read_whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a whole number, got {text!r}") from None


def _read_number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a number, got {text!r}") from None


def _read_truth(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise argparse.ArgumentTypeError(f"expected true or false, got {text!r}")
    return text.lower() == "true"


def read_config(options: dict[str, Any]) -> TrainConfig:
    """The config that the command line describes: a recipe's, the defaults, then the options.

    Raises:
        ConfigError: an unknown recipe, a value out of bounds, a network that cannot be built.
    """
    recipe = options.get("recipe")
    if recipe is not None and recipe not in RECIPES:
        raise ConfigError(f"There is no recipe {recipe!r}: choose one of {', '.join(RECIPES)}.")
    base = RECIPES[recipe].config if recipe else TrainConfig()
    config = base.replace(**{name: options[name] for name in FIELDS if name in options})
    check_architecture(config)
    return config


def open_run(run_dir: Path) -> runs.Run:
    """The queued run in a folder that somebody else made.

    Raises:
        ConfigError: it is no run folder, its training has already begun, or another process
            has taken it and waits for its turn.
    """
    run = runs.read_run(run_dir.resolve())
    if run.damaged:
        raise ConfigError(f"{run_dir} is not a run that can be trained: {run.damaged}.")
    if run.status.status != "queued":
        raise ConfigError(f"{run_dir} is {run.status.status}: only a queued run can be trained.")
    if run.status.pid not in (None, os.getpid()) and runs.process_is_alive(run.status):
        raise ConfigError(
            f"{run_dir} already belongs to process {run.status.pid} on {run.status.host}, which "
            "waits for its turn: let it go on, or stop that run first."
        )
    check_architecture(run.config)
    return run


def ensure_dataset(screen: TextIO) -> None:
    """Have the dataset on this computer; download it, showing how far it is, if it is absent.

    Raises:
        DatasetError: a file is wrong, or no mirror gives it.
    """
    try:
        load_dataset()
        return
    except DatasetMissing as missing:
        if not missing.can_download:
            raise
        print(f"Downloading Fashion-MNIST to {missing.folder}", file=screen, flush=True)
    try:
        download_dataset(progress=_show_download(screen))
    finally:
        if screen.isatty():
            screen.write("\r\033[K")
            screen.flush()
    load_dataset()


def _show_download(screen: TextIO) -> Progress:
    """Draws one line that is overwritten on a terminal; elsewhere, one line per whole file."""
    next_draw = 0.0

    def show(name: str, done: int, total: int) -> None:
        nonlocal next_draw
        line = f"{name}: {done / 1e6:.1f} of {total / 1e6:.1f} MB"
        now = time.monotonic()
        if screen.isatty() and (now >= next_draw or done == total):
            next_draw = now + SHOW_DOWNLOAD_EVERY
            screen.write(f"\r{line}\033[K")
            screen.flush()
        elif not screen.isatty() and done == total:
            print(line, file=screen, flush=True)

    return show


def lower_priority() -> None:
    """Let the rest of the computer go first."""
    process = psutil.Process()
    if sys.platform == "win32":
        process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        process.nice(max(10, process.nice()))  # lower than it is already may not be raised


def keep_logs_off_screen(log_path: Path) -> TextIO:
    """Send standard error, TensorFlow's included, to a file; returns the screen itself."""
    screen = os.fdopen(os.dup(2), "w", encoding="utf-8", errors="replace")
    with log_path.open("ab") as log:
        os.dup2(log.fileno(), 2)
    return screen


def train_run(run: runs.Run, screen: TextIO | None) -> dict[str, Any]:
    """Wait, train, and leave the folder with a status that says how it ended.

    Raises:
        ConfigError, DatasetError: as recorded in the status.
        TrainingError: for any other reason; one line. What nobody foresaw has its traceback in
            `log.txt`.
    """
    try:
        runs.claim_run(run.run_dir)
        if not wait_for_turn(run.run_dir):
            return {}
        return train_and_evaluate(run.config, run.run_dir, screen=screen)
    except (ConfigError, DatasetError, TrainingError) as error:
        _record_failure(run.run_dir, str(error))
        raise
    except KeyboardInterrupt:
        _record_failure(run.run_dir, "Interrupted with Ctrl-C.")
        raise
    except OSError as error:
        message = _describe_os_error(error, run.run_dir)
        _record_failure(run.run_dir, message)
        raise TrainingError(message) from error
    except Exception as error:  # TensorFlow has dozens of kinds, with pages of text
        log = run.file("log.txt")
        with contextlib.suppress(OSError), log.open("a", encoding="utf-8") as file:
            traceback.print_exc(file=file)
        reason = f"{type(error).__name__}: {_first_line(error)}"
        _record_failure(run.run_dir, f"{reason} (log.txt has the whole story)")
        raise TrainingError(f"{reason} (the whole story is in {log})") from error


def _describe_os_error(error: OSError, run_dir: Path) -> str:
    """Which folder is full, read-only or gone: that of the file, or the run's own."""
    folder = Path(os.fsdecode(error.filename)).parent if error.filename else run_dir
    advice = {
        errno.ENOSPC: "the disk is full; free some space",
        errno.EROFS: "it is read-only; allow writing there",
        errno.EACCES: "allow writing there",
        errno.EPERM: "allow writing there",
    }.get(error.errno, "see that the folder is there and can be written")
    return f"{folder} could not be written or read ({error.strerror or error}): {advice}."


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines() or ["no message"]
    return textwrap.shorten(lines[0], _LONGEST_REASON, placeholder=" …")


def _record_failure(run_dir: Path, message: str) -> None:
    # Where the folder itself is the trouble, whoever reads it sees that the process is gone.
    with contextlib.suppress(OSError, ValueError):
        runs.write_status(run_dir, status="failed", finished_at=time.time(), message=message)


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = build_parser()
    options = vars(parser.parse_args(arguments))
    run_dir = options["run_dir"]
    screen: TextIO | None = None
    try:
        if run_dir:
            others = [name.replace("_", "-") for name in options if name != "run_dir"]
            if others:
                parser.error(f"RUN_DIR has its own settings: leave out --{others[0]}")
            run = open_run(run_dir)
            os.environ["FMNIST_RUNS_DIR"] = str(run.run_dir.parent)
            lower_priority()
        else:
            config = read_config(options)
            if "runs_dir" in options:
                os.environ["FMNIST_RUNS_DIR"] = str(options["runs_dir"].resolve())
            ensure_dataset(sys.stderr)  # better told before a run is made
            run = runs.create_run(config)
            screen = keep_logs_off_screen(run.file("log.txt"))
            print(f"Run {run.run_id} in {run.run_dir.parent}", file=screen, flush=True)
        results = train_run(run, screen)
    except (ConfigError, DatasetError, runs.RunsFolderError) as error:
        print(error, file=screen or sys.stderr)
        return 2
    except (TrainingError, OSError) as error:
        print(f"The training failed: {error}", file=screen or sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted.", file=screen or sys.stderr)
        return 130
    keys = ("test_accuracy", "test_loss", "seconds")
    print(json.dumps({"run_id": run.run_id, **{key: results.get(key) for key in keys}}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
