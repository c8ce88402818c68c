"""What is said of a watched run in each state: its place, its progress and numbers, its outcome."""

from __future__ import annotations

import streamlit as st

from fmnist import formats
from fmnist.plain_text import markdown
from fmnist.runs import outputs, progress, queue, store
from fmnist.runs.progress import Curves
from fmnist.runs.store import Run
from pages._shared import url
from pages._train.outcome import render_outcome
from pages._train.queue_list import look_at_queue, render_queue


def render(run: Run, curves: Curves) -> None:
    """All but the head and the curves."""
    {
        "queued": _render_queued,
        "running": _render_running,
        "completed": _render_ended,
        "stopped": _render_ended,
        "failed": _render_failed,
    }[run.status.status](run, curves)


def _render_queued(run: Run, _curves: Curves) -> None:
    _render_silence(run)
    found = look_at_queue()
    try:
        queue.keep_moving(found.waiting)
    except store.RunsFolderError as error:
        st.error(markdown(error), icon=":material/error:")
    place = progress.describe_queue_position(run, [*found.running, *found.waiting])
    st.info(markdown(place), icon=":material/hourglass_top:")
    st.caption("It starts by itself, even if this page is closed.")
    render_queue(run, found)


def _render_silence(run: Run) -> None:
    if run.is_silent:
        st.warning(
            f"{progress.describe_silence(run)}: its process is stuck or suspended. Stop ends it "
            "without a model; then the next in the queue starts.",
            icon=":material/heart_broken:",
        )


def _render_running(run: Run, curves: Curves) -> None:
    status = run.status
    _render_silence(run)
    st.progress(progress.fraction_done(status), markdown(_describe_progress(run, curves)))
    numbers = progress.latest(curves)
    _render_metrics(
        ("Accuracy", formats.percent(numbers.get("accuracy")), "of the latest training batches"),
        ("Validation", formats.percent(numbers.get("val_accuracy")), "accuracy, last epoch"),
        ("Loss", formats.loss(numbers.get("loss")), "of the latest training batches"),
        ("Validation loss", formats.loss(numbers.get("val_loss")), "last epoch"),
    )
    render_queue(run, look_at_queue())


def _describe_progress(run: Run, curves: Curves) -> str:
    status = run.status
    if status.message == "scoring":
        return "Scoring the model on the test set …"
    if store.is_stop_requested(run.run_dir):
        return "Ending its process …" if run.is_silent else "Stopping after this step …"
    if run.fine_tuned and status.message:
        return f"Fine-tuning: {status.message} …"
    if not status.steps_per_epoch:
        return f"{status.message[:1].upper()}{status.message[1:]} …" if status.message else "…"
    step = progress.step_of_epoch(status)
    parts = [
        f"Epoch {(status.epoch or 0) + 1} of {status.epochs}",
        f"step {formats.count(step)} of {formats.count(status.steps_per_epoch)}",
    ]
    if status.images_per_second:
        parts.append(f"{formats.count(status.images_per_second)} images/s")
    seconds = progress.seconds_left(run, curves.history)
    if seconds is not None and not run.is_silent:
        parts.append(f"{formats.duration(seconds)} left")
    return " · ".join(parts)


def _render_ended(run: Run, curves: Curves) -> None:
    results = outputs.read_results(run)
    is_completed = run.status.status == "completed"
    if not results:
        what = "It finished, but left no scores." if is_completed else "It ended before it began."
        st.info(markdown(run.status.message or what), icon=":material/info:")
        return
    said = run.status.message or ("" if is_completed else "Stopped; scored as it stood.")
    epochs = f"{len(curves.history)} of {run.config.epochs} epochs"
    took = f"{epochs} in {formats.duration(results.get('seconds'))}"
    st.progress(
        progress.fraction_done(run.status) if not is_completed else 1.0, markdown(f"{took}. {said}")
    )
    best = results.get("best_epoch")
    which = "Stand-in" if run.trained_on_standin else "Test"
    _render_metrics(
        (
            f"{which} accuracy",
            formats.percent(results.get("test_accuracy")),
            "on the whole test set",
        ),
        ("Validation", formats.percent(results.get("best_val_accuracy")), _which_epoch(run)),
        (f"{which} loss", formats.loss(results.get("test_loss")), "on the whole test set"),
        ("Best epoch", "–" if best is None else f"{best + 1:.0f}", "by validation accuracy"),
    )
    render_outcome(run, curves)
    with st.container(horizontal=True):
        render_link("evaluate", "See its mistakes", ":material/query_stats:", run)
        render_link("inside", "Look inside", ":material/visibility:", run)
        render_link("draw", "Try a drawing", ":material/draw:", run)
        render_link("runs", "Compare runs", ":material/list_alt:", run)


def _which_epoch(run: Run) -> str:
    """Of the validation accuracy, which need not be of the weights that were scored."""
    if run.config.keep == "best":
        return "accuracy of the best epoch, whose weights the test set scores"
    return "accuracy of the best epoch; the test set scores the weights after the last step"


def render_link(page: str, label: str, icon: str, run: Run) -> None:
    name = "model" if page in ("evaluate", "inside", "draw") else "run"
    link = url.link(**{name: run.run_id})
    st.page_link(f"pages/{page}.py", label=label, icon=icon, query_params=link)


def _render_failed(run: Run, _curves: Curves) -> None:
    reason = run.status.message or "The training failed and left no reason."
    st.error(markdown(reason), icon=":material/error:")
    st.caption("Fix the cause above, then start again. Other runs are not affected.")
    log = outputs.read_log(run)
    if log:
        with st.expander("End of the log", icon=":material/article:"):
            st.code(log, language=None, wrap_lines=True)


def _render_metrics(*metrics: tuple[str, str, str]) -> None:
    with st.container(key="live_numbers"):
        for label, value, explanation in metrics:
            st.metric(label, value, help=f"{label}: {explanation}.")
