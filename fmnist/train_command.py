"""The training command: `python -m fmnist.train`.

A run folder is made (or given), waits for its turn, and only then is TensorFlow loaded: a queued
run costs next to nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import json
import os
import sys
import textwrap
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

import psutil

from fmnist import catalogue, runs
from fmnist.command_line import Parser, draw_progress
from fmnist.config import FIELDS, ConfigError, TrainConfig, field_bounds
from fmnist.dataset import STAND_IN, STANDARD, DatasetError, DatasetMissing, Progress
from fmnist.download import download_dataset
from fmnist.feature_maps import check_architecture
from fmnist.recipes import RECIPES
from fmnist.train import TrainingError, train_and_evaluate
from fmnist.turns import wait_for_turn

SHOW_DOWNLOAD_EVERY = 0.2  # seconds
_WITHOUT_DATA = f"To try it on generated look-alikes meanwhile, add --dataset {STAND_IN}."
_LONGEST_REASON = 200  # characters of an unforeseen error's message


# -- options --------------------------------------------------------------------------------------


def build_parser() -> Parser:
    """The command line; one option for each field of `TrainConfig`, with its bounds."""
    parser = Parser(
        prog="python -m fmnist.train",
        description="Train a model on Fashion-MNIST, or on another dataset, and score it on the "
        "test set. The last line of the output is JSON.",
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


# -- before a training ----------------------------------------------------------------------------


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


def ensure_dataset(screen: TextIO, slug: str = STANDARD) -> None:
    """Have the dataset on this computer, showing how far it is: where it is absent, the standard
    one is downloaded and the stand-in generated.

    Raises:
        DatasetError: there is no such dataset, a file is wrong, or it cannot be had.
    """
    if slug == STAND_IN:
        print(
            "The stand-in: generated look-alikes, made once; no figure here is about the real "
            "dataset.",
            file=screen,
            flush=True,
        )
        with draw_progress(screen) as progress:
            catalogue.make_standin(progress)
    try:
        catalogue.load(slug)
        return
    except DatasetMissing as missing:
        if not missing.can_download:
            raise DatasetError(f"{missing} {_WITHOUT_DATA}") from None
        print(f"Downloading Fashion-MNIST to {missing.folder}", file=screen, flush=True)
    try:
        download_dataset(progress=_show_download(screen))
    except DatasetError as error:
        raise DatasetError(f"{error} {_WITHOUT_DATA}") from None
    finally:
        if screen.isatty():
            screen.write("\r\033[K")
            screen.flush()
    catalogue.load(slug)


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


# -- a training, however it ends ------------------------------------------------------------------


def train_run(run: runs.Run, screen: TextIO | None) -> dict[str, Any]:
    """Wait, train, and leave the folder with a status that says how it ended.

    Raises:
        ConfigError, DatasetError: as recorded in the status.
        TrainingError: for any other reason; one line. What nobody foresaw has its traceback in
            `log.txt`.
    """
    with recording_failure(run):
        runs.claim_run(run.run_dir)
        if not wait_for_turn(run.run_dir):
            return {}
        return train_and_evaluate(run.config, run.run_dir, screen=screen)


@contextlib.contextmanager
def recording_failure(run: runs.Run) -> Iterator[None]:
    """Leave the folder with a status that says why, when what happens inside fails.

    Raises:
        ConfigError, DatasetError, TrainingError: see `train_run`.
    """
    try:
        yield
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
        reason = f"{type(error).__name__}: {first_line(error)}"
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


def first_line(error: Exception) -> str:
    """The first line of an error's message, cut where it gets too long to read."""
    lines = str(error).strip().splitlines() or ["no message"]
    return textwrap.shorten(lines[0], _LONGEST_REASON, placeholder=" …")


def _record_failure(run_dir: Path, message: str) -> None:
    # Where the folder itself is the trouble, whoever reads it sees that the process is gone.
    with contextlib.suppress(OSError, ValueError):
        runs.write_status(run_dir, status="failed", finished_at=time.time(), message=message)


# -- command line ---------------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = build_parser()
    options = vars(parser.parse_args(arguments))
    run_dir = options["run_dir"]

    def open_or_create() -> runs.Run:
        if run_dir:
            others = [name.replace("_", "-") for name in options if name != "run_dir"]
            if others:
                parser.error(f"RUN_DIR has its own settings: leave out --{others[0]}")
            return open_run(run_dir)
        config = read_config(options)
        choose_runs_dir(options.get("runs_dir"))
        ensure_dataset(sys.stderr, config.dataset)  # better told before a run is made
        return runs.create_run(config)

    return run_command(open_or_create, train_run, is_new=not run_dir, failed="The training failed")


def choose_runs_dir(folder: Path | None) -> None:
    """What --runs-dir names, where it was given, is where runs live."""
    if folder:
        os.environ["FMNIST_RUNS_DIR"] = str(folder.resolve())


def run_command(
    open_run: Callable[[], runs.Run],
    work: Callable[[runs.Run, TextIO | None], dict[str, Any]],
    *,
    is_new: bool,
    failed: str = "",
) -> int:
    """Do the work of a run whose process this is; the last line of the output is JSON.

    open_run: opens the folder that the app made, or makes a new one (`is_new`), for which somebody
    watches a terminal. work: from the run and that terminal to `results.json`. failed: said before
    the reason of a failure. Returns the exit code: 0 done, 1 failed, 2 bad input, 130 interrupted.
    """
    screen: TextIO | None = None
    try:
        run = open_run()
        if is_new:
            screen = keep_logs_off_screen(run.file("log.txt"))
            print(f"Run {run.run_id} in {run.run_dir.parent}", file=screen, flush=True)
        else:
            os.environ["FMNIST_RUNS_DIR"] = str(run.run_dir.parent)
            lower_priority()
        results = work(run, screen)
    except (ConfigError, DatasetError, runs.RunsFolderError) as error:
        print(error, file=screen or sys.stderr)
        return 2
    except (TrainingError, OSError) as error:
        print(f"{failed}: {error}" if failed else error, file=screen or sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted.", file=screen or sys.stderr)
        return 130
    keys = ("test_accuracy", "test_loss", "seconds")
    print(json.dumps({"run_id": run.run_id, **{key: results.get(key) for key in keys}}))
    return 0
