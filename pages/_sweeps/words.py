"""What a sweep and its trials are called on the page."""

from __future__ import annotations

from collections.abc import Mapping

from fmnist import formats
from fmnist.sweeps.results import Results, Trial
from fmnist.sweeps.space import Axis
from fmnist.sweeps.sweep import Sweep, SweepState
from pages._runs.words import name_setting
from pages._train.config_labels import CHOICE_NAMES

STATUS = {
    "queued": ("Starting", ":material/hourglass_top:", "blue"),
    "running": ("Running", ":material/play_arrow:", "blue"),
    "completed": ("Finished", ":material/check_circle:", "green"),
    "stopped": ("Stopped", ":material/stop_circle:", "gray"),
    "failed": ("Failed", ":material/error:", "red"),
}
TRIAL_STATES = {
    "running": "Training",
    "completed": "Finished",
    "pruned": "Pruned",
    "failed": "Failed",
}
METHODS = {"grid": "Grid", "tpe": "Search"}


def describe_state(trial: Trial, *, is_live: bool) -> str:
    """is_live: whether the sweep goes on; else what had not ended by its end never will."""
    return TRIAL_STATES[trial.state] if is_live or trial.is_over else "Unfinished"


def describe_settings(settings: Mapping[str, str]) -> str:
    """E.g. "Filters 16, Optimizer SGD"."""
    return ", ".join(
        f"{name_setting(name)} {describe_value(text)}" for name, text in settings.items()
    )


def describe_value(text: str) -> str:
    """A setting's value as it is shown: three digits are enough of what a search has drawn."""
    try:
        return CHOICE_NAMES.get(text, text) if text.isdecimal() else f"{float(text):.3g}"
    except ValueError:
        return CHOICE_NAMES.get(text, text)


def describe_axis(axis: Axis) -> str:
    """E.g. "Filters 16, 32"."""
    return f"{name_setting(axis.name)} {axis.describe()}"


def describe_size(sweep: Sweep) -> str:
    """E.g. "12 settings × 3 seeds = 36 trainings", "20 trials"."""
    trials, seeds = sweep.most_trials(), len(sweep.seeds)
    if trials is None:
        return f"as many trials as {sweep.minutes:g} minutes allow"
    word = "trial" if trials == 1 else "trials"
    if seeds == 1:
        return f"{trials:,} {word}"
    return f"{trials:,} {word} × {seeds} seeds = {trials * seeds:,} trainings"


def describe_progress(state: SweepState, found: Results) -> str:
    """E.g. "3 of 12 trials · best so far 91.2 % validation"; "best" alone where it is over."""
    over = sum_over(found)
    most = state.sweep.most_trials() if state.sweep else None
    parts = [f"{over} of {most} trials" if most else f"{over} trials"]
    if found.best:
        word = "best so far" if state.is_live else "best"
        parts.append(f"{word} {formats.percent(found.best.val_accuracy)} validation")
    return " · ".join(parts)


def sum_over(found: Results) -> int:
    """How many trials are over."""
    return len([trial for trial in found.trials if trial.is_over])
