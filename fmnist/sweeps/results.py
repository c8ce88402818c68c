"""What a sweep has found, as its driver writes it down and the page reads it: `trials.csv`.

Accuracies are fractions. A choice is made by the validation accuracy alone: the test accuracy of
the best trial is told beside it, and has chosen nothing.
"""

from __future__ import annotations

import csv
import io
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fmnist import json_files
from fmnist.files import replacing_file
from fmnist.runs import outputs
from fmnist.runs.folder import RUN_ID
from fmnist.runs.store import Run

TRIALS, IMPORTANCE, PROGRESS = "trials.csv", "importance.json", "progress.json"
STATES = ("running", "completed", "pruned", "failed")
_MOST_BYTES = 5_000_000
_HEAD = ("trial", "state")
_NUMBERS = (
    "val_accuracy", "val_sd", "test_accuracy", "test_sd", "epochs", "seconds",
)  # fmt: skip
_SETTING = "setting."  # before a setting's name in the table's head


@dataclass(frozen=True)
class Trial:
    """One setting; means over its seeds, sample standard deviations where there are two or more."""

    number: int
    state: str
    settings: Mapping[str, str]  # as the command line spells them
    val_accuracy: float | None = None
    val_deviation: float | None = None
    test_accuracy: float | None = None
    test_deviation: float | None = None
    epochs: int = 0  # done, of all seeds
    seconds: float | None = None  # of training, of all seeds
    run_ids: tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        return self.state != "running"


@dataclass(frozen=True)
class Results:
    """All trials in the order they began, each setting's importance, and the time taken."""

    trials: tuple[Trial, ...] = ()
    importance: Mapping[str, float] = field(default_factory=dict)  # sums to 1; {}: not known
    seconds: float = 0.0  # that drivers have worked

    def count(self, state: str) -> int:
        return sum(trial.state == state for trial in self.trials)

    @property
    def best(self) -> Trial | None:
        """The completed trial with the highest mean validation accuracy, the first of equals."""
        scored = [t for t in self.trials if t.state == "completed" and t.val_accuracy is not None]
        return max(scored, key=lambda t: (t.val_accuracy or 0.0, -t.number), default=None)

    @property
    def run_ids(self) -> list[str]:
        return [run_id for trial in self.trials for run_id in trial.run_ids]

    def best_so_far(self) -> list[float | None]:
        """After each trial, the highest validation accuracy of a completed one."""
        best: float | None = None
        found = []
        for trial in self.trials:
            if trial.state == "completed" and trial.val_accuracy is not None:
                best = max(best or 0.0, trial.val_accuracy)
            found.append(best)
        return found


def summarise_trial(
    number: int, state: str, settings: Mapping[str, str], runs: Sequence[Run]
) -> Trial:
    """A trial from its run folders, one run per seed."""
    histories = [outputs.read_history(run) for run in runs]
    results = [outputs.read_results(run) for run in runs]
    val = [read_val_accuracy(run) for run in runs]
    return Trial(
        number,
        state,
        dict(settings),
        *_spread(val),
        *_spread([found.get("test_accuracy") for found in results]),
        sum(map(len, histories)),
        sum(float(history["seconds"].sum()) for history in histories) or None,
        tuple(run.run_id for run in runs),
    )


def read_val_accuracy(run: Run) -> float | None:
    """The validation accuracy of the epoch that a run keeps; None before the first one ends."""
    known = outputs.read_history(run)["val_accuracy"].dropna()
    if known.empty:
        return None
    return float(known.max() if run.config.keep == "best" else known.iloc[-1])


def _spread(values: Iterable[float | None]) -> tuple[float | None, float | None]:
    known = [value for value in values if value is not None]
    mean = statistics.fmean(known) if known else None
    return mean, statistics.stdev(known) if len(known) > 1 else None


def write_trials(folder: Path, trials: Sequence[Trial]) -> None:
    """Write `trials.csv` in one move. Raises OSError."""
    names = list(trials[0].settings) if trials else []
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow([*_HEAD, *(_SETTING + name for name in names), *_NUMBERS, "run_ids"])
    for trial in trials:
        numbers = (
            trial.val_accuracy, trial.val_deviation, trial.test_accuracy, trial.test_deviation,
            trial.epochs, trial.seconds,
        )  # fmt: skip
        cells = ["" if number is None else f"{number:.6g}" for number in numbers]
        settings = [trial.settings.get(name, "") for name in names]
        table.writerow([trial.number, trial.state, *settings, *cells, " ".join(trial.run_ids)])
    with replacing_file(folder / TRIALS) as draft:
        draft.write_text(text.getvalue(), encoding="utf-8")


def read_results(folder: Path) -> Results:
    """What a sweep has found so far; what is missing or damaged is left out."""
    importance = json_files.read_json_or_empty(folder / IMPORTANCE)
    shares = {name: float(x) for name, x in importance.items() if _is_share(x)}
    seconds = json_files.read_json_or_empty(folder / PROGRESS).get("seconds")
    known = float(seconds) if isinstance(seconds, int | float) and seconds > 0 else 0.0
    return Results(tuple(_read_trials(folder / TRIALS)), shares, known)


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _read_trials(path: Path) -> list[Trial]:
    try:
        text = json_files.read_bytes(path, _MOST_BYTES).decode("utf-8")
        return [_read_trial(row) for row in csv.DictReader(io.StringIO(text))]
    except (OSError, ValueError, KeyError, TypeError, csv.Error):
        return []


def _read_trial(row: Mapping[str, str]) -> Trial:
    val, val_sd, test, test_sd, epochs, seconds = (_read_number(row[name]) for name in _NUMBERS)
    if row["state"] not in STATES:
        raise ValueError(row["state"])
    settings = {
        name.removeprefix(_SETTING): text for name, text in row.items() if name.startswith(_SETTING)
    }
    run_ids = tuple(word for word in row["run_ids"].split() if RUN_ID.fullmatch(word))
    return Trial(
        int(row["trial"]), row["state"], settings, val, val_sd, test, test_sd,
        int(epochs or 0), seconds, run_ids,
    )  # fmt: skip


def _read_number(text: str) -> float | None:
    number = float(text) if text else None
    if number is not None and not math.isfinite(number):
        raise ValueError(text)
    return number
