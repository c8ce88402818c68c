"""Try many settings and seeds: `python -m fmnist sweep`.

    python -m fmnist sweep --recipe quick --grid filters=16,32,64 --seeds 0,1,2
    python -m fmnist sweep --range learning_rate=1e-4:1e-2:log --grid optimizer=adam,sgd --trials 20
    python -m fmnist sweep SWEEP_ID

The sweep is carried out by a process of its own, which this command starts and watches. Ctrl-C
pauses it: what is training goes on to its end, and the third line resumes the rest. Exit code 0:
done. 1: it failed. 2: bad input. 130: paused. The last line of the output is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fmnist import formats
from fmnist.commands.config_options import add_config_options, add_recipe, read_config
from fmnist.commands.ensure_dataset import ensure_dataset
from fmnist.commands.parser import Parser
from fmnist.config import ConfigError
from fmnist.data import catalogue
from fmnist.data.dataset import DatasetError
from fmnist.runs import settings, time_estimate
from fmnist.runs.folder import RunsFolderError
from fmnist.runs.launch import WATCHED_BY
from fmnist.runs.process import TrainingError, choose_runs_dir
from fmnist.sweeps import driving
from fmnist.sweeps.estimate import estimate_sweep_seconds
from fmnist.sweeps.results import Results, read_results
from fmnist.sweeps.space import Axis, parse_range, parse_values
from fmnist.sweeps.sweep import (
    METHODS,
    Sweep,
    SweepNotFound,
    SweepState,
    load_sweep,
    read_sweep,
    request,
)
from fmnist.terminal import draw_progress, say

_LOOK_EVERY = 0.5  # seconds
_TRIALS = 20  # of a search without a budget


def build_parser() -> Parser:
    """The command line; beside its own options, those of `train` describe what is not varied."""
    parser = Parser(
        prog="python -m fmnist sweep",
        description="Train many settings and seeds, and compare them by validation accuracy. "
        "Ctrl-C pauses; SWEEP_ID resumes. The last line of the output is JSON.",
    )
    parser.add_argument("sweep", nargs="?", metavar="SWEEP_ID", help="resume this one")
    parser.add_argument(
        "--grid",
        action="append",
        default=argparse.SUPPRESS,
        metavar="SETTING=VALUES",
        help="try these, e.g. filters=16,32-64 (two convolutions); may be given again",
    )
    parser.add_argument(
        "--range",
        action="append",
        default=argparse.SUPPRESS,
        metavar="SETTING=LOW:HIGH[:log]",
        help="search between these, e.g. learning_rate=1e-4:1e-2:log; may be given again",
    )
    parser.add_argument(
        "--seeds", default=argparse.SUPPRESS, metavar="SEEDS", help="train each with these: 0,1,2"
    )
    parser.add_argument(
        "--method",
        choices=METHODS,
        default=argparse.SUPPRESS,
        help="grid: every combination; tpe: a search by Optuna (default: tpe with a range)",
    )
    parser.add_argument(
        "--trials", type=int, default=argparse.SUPPRESS, metavar="N", help="settings to try"
    )
    parser.add_argument(
        "--minutes", type=float, default=argparse.SUPPRESS, metavar="N", help="begin none later"
    )
    parser.add_argument(
        "--prune",
        action=argparse.BooleanOptionalAction,
        default=argparse.SUPPRESS,
        help="end trials that are below the median after an epoch (default: with tpe)",
    )
    parser.add_argument(
        "--on",
        default=argparse.SUPPRESS,
        metavar="ADDRESS",
        help="a Ray cluster that trains (default: FMNIST_RAY_ADDRESS, else this computer)",
    )
    add_recipe(parser)
    parser.add_runs_dir(default=argparse.SUPPRESS)
    add_config_options(parser)
    return parser


def read_sweep_options(options: dict[str, Any]) -> Sweep:
    """The sweep that the command line describes. Raises ConfigError."""
    axes = [
        *_read_axes(options.get("grid", []), "values", parse_values),
        *_read_axes(options.get("range", []), "low:high", parse_range),
    ]
    if not axes:
        raise ConfigError(
            "Nothing to vary: give --grid SETTING=VALUES or --range SETTING=LOW:HIGH."
        )
    method = options.get("method") or ("tpe" if any(axis.is_range for axis in axes) else "grid")
    # The base by itself may be one that cannot be built; each of the settings is looked at.
    varied = {axis.name for axis in axes}
    base = read_config({name: value for name, value in options.items() if name not in varied})
    trials, minutes = options.get("trials"), options.get("minutes")
    if method == "tpe" and trials is None and minutes is None:
        trials = _TRIALS
    return Sweep(
        base=base,
        axes=tuple(axes),
        method=method,
        seeds=_read_seeds(options.get("seeds"), base.seed),
        trials=trials,
        minutes=minutes,
        prune=options.get("prune", method == "tpe"),
        on=options.get("on") or os.environ.get("FMNIST_RAY_ADDRESS", ""),
        name=options.get("name", ""),
    )


def _read_axes(texts: list[str], form: str, parse: Callable[[str, str], Axis]) -> list[Axis]:
    axes = []
    for text in texts:
        name, is_given, rest = text.partition("=")
        if not is_given:
            raise ConfigError(f"{text[:60]!r} is no axis: write SETTING={form}.")
        axes.append(parse(name.strip().replace("-", "_"), rest))
    return axes


def _read_seeds(text: str | None, default: int) -> tuple[int, ...]:
    if text is None:
        return (default,)
    try:
        return tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise ConfigError(f"Seeds are whole numbers joined by commas, got {text[:40]!r}.") from None


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    options = vars(build_parser().parse_args(arguments))
    try:
        if WATCHED_BY in os.environ:  # this process drives, and does nothing else
            del os.environ[WATCHED_BY]
            from fmnist.sweeps.driver import drive

            drive(Path(options["sweep"]))
            return 0
        choose_runs_dir(options.get("runs_dir"))
        return _follow(_resume(options) if options["sweep"] else _start(options))
    except (ConfigError, DatasetError, RunsFolderError, SweepNotFound) as error:
        say(error)
        return 2
    except TrainingError as error:
        say(error)
        return 1


def _start(options: dict[str, Any]) -> SweepState:
    sweep = read_sweep_options(options)
    ensure_dataset(sys.stderr, sweep.base.dataset)
    _announce(sweep)
    return driving.start_sweep(sweep)


def _announce(sweep: Sweep) -> None:
    trials = sweep.most_trials()
    each = f" × {len(sweep.seeds)} seeds" if len(sweep.seeds) > 1 else ""
    images = len(catalogue.load(sweep.base.dataset).train_labels)
    seconds = estimate_sweep_seconds(
        sweep, images, time_estimate.past_runs(), settings.read_parallel_trainings()
    )
    about = "" if sweep.on else f", about {formats.rough_duration(seconds)}"
    say(f"{'Trials as time allows' if trials is None else f'{trials} trials'}{each}{about}")


def _resume(options: dict[str, Any]) -> SweepState:
    others = [name.replace("_", "-") for name in options if name not in ("sweep", "runs_dir")]
    if others:
        raise ConfigError(f"A sweep that is resumed has its own settings: leave out --{others[0]}.")
    folder = Path(options["sweep"])
    state = read_sweep(folder) if (folder / "sweep.json").is_file() else load_sweep(folder.name)
    if state.sweep is None or state.damaged:
        raise ConfigError(f"{state.sweep_id} cannot be resumed: {state.damaged}")
    os.environ["FMNIST_RUNS_DIR"] = str(state.folder.resolve().parent.parent)
    if state.status.status != "completed":
        driving.resume(state)
    return read_sweep(state.folder)


def _follow(state: SweepState) -> int:
    """Watch a sweep to its end, and see that it has its driver."""
    say(f"Sweep {state.sweep_id} in {state.folder}")
    try:
        with draw_progress(sys.stderr) as show:
            told = 0
            while (state := read_sweep(state.folder)).is_live:
                driving.ensure_driver(state)
                found = read_results(state.folder)
                done = sum(trial.is_over for trial in found.trials)
                most = state.sweep.most_trials() if state.sweep else None
                if show:
                    show(_describe(found), done, most or len(found.trials))
                elif done > told:
                    say(f"{done} of {most or '?'} trials: {_describe(found)}")
                told = done
                time.sleep(_LOOK_EVERY)
    except KeyboardInterrupt:
        return _pause(state)
    _print_results(state)
    if state.status.status == "failed" or state.damaged:
        say(f"The sweep failed: {state.damaged or state.status.message}")
        return 1
    return 0


def _describe(found: Results) -> str:
    best = found.best
    return f"best val {formats.percent(best.val_accuracy)}" if best else "no trial done yet"


def _pause(state: SweepState) -> int:
    request(state, "pause")
    say("Paused: what is training goes on to its end.")
    say(f"To resume: python -m fmnist sweep {state.sweep_id}")
    _print_results(read_sweep(state.folder), "paused")
    return 130


def _print_results(state: SweepState, status: str = "") -> None:
    found = read_results(state.folder)
    best = found.best
    print(
        json.dumps(
            {
                "sweep_id": state.sweep_id,
                "status": status or state.status.status,
                "trials": len(found.trials),
                "best_trial": best and best.number,
                "settings": best and dict(best.settings),
                "val_accuracy": best and best.val_accuracy,
                "test_accuracy": best and best.test_accuracy,
                "run_ids": list(best.run_ids) if best else [],
                "seconds": round(found.seconds, 1),
            }
        )
    )
