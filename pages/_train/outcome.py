"""What a finished training came to, in a sentence or two, and what can be done next."""

from __future__ import annotations

import streamlit as st

from fmnist import formats
from fmnist.evaluation.outcome import compare_probabilities, find_overfitting
from fmnist.evaluation.paired import PairedComparison
from fmnist.plain_text import markdown, shorten
from fmnist.runs import outputs
from fmnist.runs.progress import Curves
from fmnist.runs.store import Run
from pages._shared.data import dataset_if_here
from pages._train.live_curves import previous_run


def render_outcome(run: Run, curves: Curves) -> None:
    """Better or worse than the run before or within noise, and whether it overfits."""
    sentences = [_describe_change(run), _describe_overfitting(curves)]
    if any(sentences):
        st.markdown("  \n".join(f":small[{sentence}]" for sentence in sentences if sentence))


def _describe_change(run: Run) -> str:
    before = previous_run(run)
    found = before and _compare(run, before)
    if not found:
        return ""
    low, high = map(formats.points, found.interval)
    images = "stand-in" if run.trained_on_standin else "test"
    change = (
        f"“{markdown(shorten(before.title, 28))}”: {images} accuracy "
        f"{formats.points(found.difference)} points "
        f"(95\N{NO-BREAK SPACE}% interval {low} to {high})."
    )
    if found.is_noise:
        return f":material/drag_handle: **Within noise** of {change}"
    if found.difference > 0:
        return f":material/trending_up: **Better** than {change}"
    return f":material/trending_down: **Worse** than {change}"


def _compare(run: Run, before: Run) -> PairedComparison | None:
    """On the test images that both were scored on, where those are at hand."""
    data = dataset_if_here()
    if not data or {data.fingerprint} != set(map(outputs.read_fingerprint, (run, before))):
        return None
    try:
        scored = (outputs.read_probabilities(one) for one in (before, run))
        return compare_probabilities(data.test_labels, *scored)
    except ValueError:  # damaged, or not of these images
        return None


def _describe_overfitting(curves: Curves) -> str:
    history = curves.history
    found = find_overfitting(history["loss"].to_numpy(), history["val_loss"].to_numpy())
    if found is None:
        return ""
    if found.epoch is None:
        return ":material/check: **No overfitting** to be seen in the curves."
    rise = f"{100 * found.rise:.0f}\N{NO-BREAK SPACE}%"
    return (
        f":material/call_split: **Overfitting from epoch {found.epoch + 1}:** validation loss "
        f"ended {rise} above its lowest; training loss kept falling."
    )
