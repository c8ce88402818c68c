"""One run, watched: its progress, numbers and curves while it trains, its outcome afterwards.

The same rows in the same places in every state, so that nothing jumps when a run moves on.
"""

from __future__ import annotations

import functools

import plotly.graph_objects as go
import streamlit as st

from fmnist import figures, formats, jobs, progress, run_files, runs, turns
from fmnist.plain_text import markdown
from fmnist.progress import Curves
from fmnist.runs import Run
from pages import _recipe, _url

# Seconds between two looks. A place in line changes seldom; a damaged run may only have been met
# while a file of it was being replaced.
TICKS = {"running": 0.5, "queued": 1.0, "damaged": 3.0}
CHART_HEIGHT = 235  # pixels
_BADGES = {
    "queued": ("Waiting", ":material/hourglass_top:", "gray"),
    "running": ("Training", ":material/model_training:", "blue"),
    "completed": ("Finished", ":material/check_circle:", "green"),
    "stopped": ("Stopped", ":material/stop_circle:", "orange"),
    "failed": ("Failed", ":material/error:", "red"),
    "silent": ("Not responding", ":material/heart_broken:", "orange"),
}
_STOP_HELP = {
    "queued": "Takes it out of the line",
    "running": "Keeps and scores the model as it stands",
    "taught": "Ends it without a model",
    "silent": "Ends its process, within seconds and without a model",
}


def render_live(run: Run) -> None:
    """Draw a run in whatever state it is; a live one is kept up to date without a reload."""
    state = _state(run)
    if state in TICKS:
        st.fragment(_tick, run_every=TICKS[state])(run.run_id, state)
    else:
        _render(run)


def _state(run: Run) -> str:
    return "damaged" if run.damaged else run.status.status


def render_nothing_yet(everything: list[Run]) -> None:
    """What will be seen here, and the last finished runs to look at meanwhile."""
    with st.container(border=True):
        st.markdown("##### :material/show_chart: Your training will appear here")
        st.markdown(
            "Choose the settings, then **Start training**. Accuracy and loss are drawn here while "
            "it learns. It goes on in the background when you look at other pages, or close this "
            "one."
        )
    finished = [
        run
        for run in everything
        if run.status.status == "completed" and not (run.damaged or run.own_model)
    ]
    for run in finished[:3]:
        accuracy = formats.percent(run_files.read_results(run).get("test_accuracy"))
        where = "stand-in" if run.saw_standin else "test set"
        label = f"{markdown(run.title)} · {accuracy} on the {where}"
        _render_link("train", label, ":material/history:", run)


def _tick(run_id: str, shown: str) -> None:
    """One look. Anything but more of the same is a matter for the whole page."""
    try:
        run = runs.load_run(run_id)
    except runs.RunNotFound:
        st.rerun()
    if _state(run) != shown:
        st.rerun()
    _render(run)


def _render(run: Run) -> None:
    if run.damaged:
        st.error(
            markdown(f"{run.title} is damaged: {run.damaged}."), icon=":material/broken_image:"
        )
        return
    if run.own_model:
        st.info(
            f"“{markdown(run.title)}” was trained elsewhere and brought as a file, so there are no "
            "curves.",
            icon=":material/upload_file:",
        )
        _render_link("runs", "See the run", ":material/list_alt:", run)
        return
    curves = progress.read_curves(run)
    _render_head(run)
    if run.taught:
        st.caption(f":material/school: {run.taught.explanation}")
    {
        "queued": _render_queued,
        "running": _render_running,
        "completed": _render_ended,
        "stopped": _render_ended,
        "failed": _render_failed,
    }[run.status.status](run, curves)
    if run.status.status in ("queued", "failed") and not len(curves.batches):
        return
    for metric in ("accuracy", "loss"):
        st.plotly_chart(
            _figure(curves, metric, run.config.epochs, run.status.steps_per_epoch),
            height=CHART_HEIGHT,
            key=f"live_{metric}",
            config={"displayModeBar": False},
        )
    _recipe.render_comparison(run)


def _render_head(run: Run) -> None:
    label, icon, colour = _BADGES["silent" if run.is_silent else run.status.status]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(markdown(run.title), anchor=False, width="content")
        st.badge(label, icon=icon, color=colour)
        if run.saw_standin:
            st.badge("Stand-in data", icon=":material/auto_awesome:", color="violet")
        st.space("stretch")
        if run.is_live:
            _render_stop(run)


def _render_stop(run: Run) -> None:
    is_stopping = runs.is_stop_requested(run.run_dir) and not run.is_silent
    is_queued = run.status.status == "queued"
    kind = "silent" if run.is_silent else "queued" if is_queued else "running"
    st.button(
        "Stopping …" if is_stopping else "Cancel" if is_queued else "Stop",
        icon=":material/stop:",
        key="live_stop",
        help=_STOP_HELP["taught" if run.taught else kind],
        disabled=is_stopping,
        on_click=_stop,
        args=(run.run_id,),
    )
    if "live_problem" in st.session_state:
        st.error(markdown(st.session_state.pop("live_problem")), icon=":material/error:")


def _stop(run_id: str) -> None:
    try:
        jobs.stop_run(run_id)
    except (runs.RunNotFound, runs.RunsFolderError) as error:
        st.session_state["live_problem"] = str(error)


def _render_queued(run: Run, _curves: Curves) -> None:
    _render_silence(run)
    everything = runs.list_runs()
    try:
        turns.keep_moving(everything)
    except runs.RunsFolderError as error:
        st.error(markdown(error), icon=":material/error:")
    st.info(markdown(progress.describe_place(run, everything)), icon=":material/hourglass_top:")
    st.caption("It starts by itself when its turn comes, even if this page is closed.")


def _render_silence(run: Run) -> None:
    if run.is_silent:
        st.warning(
            f"{progress.describe_silence(run)}: its process hangs, or has been halted. Stop ends "
            "it without a model, and the next in line begins.",
            icon=":material/heart_broken:",
        )


def _render_running(run: Run, curves: Curves) -> None:
    status = run.status
    _render_silence(run)
    st.progress(progress.share_done(status), markdown(_describe_progress(run, curves)))
    numbers = progress.latest(curves)
    _render_metrics(
        ("Accuracy", formats.percent(numbers.get("accuracy")), "of the latest training batches"),
        ("Validation", formats.percent(numbers.get("val_accuracy")), "accuracy, last epoch"),
        ("Loss", formats.loss(numbers.get("loss")), "of the latest training batches"),
        ("Validation loss", formats.loss(numbers.get("val_loss")), "last epoch"),
    )


def _describe_progress(run: Run, curves: Curves) -> str:
    status = run.status
    if status.message == "scoring":
        return "Scoring the model on the test set …"
    if runs.is_stop_requested(run.run_dir):
        return "Stopping after this step …"
    if run.taught and status.message:
        return f"Teaching: {status.message} …"
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
    results = run_files.read_results(run)
    is_completed = run.status.status == "completed"
    if not results:
        what = "It finished, but left no scores." if is_completed else "It ended before it began."
        st.info(markdown(run.status.message or what), icon=":material/info:")
        return
    said = run.status.message or ("" if is_completed else "Stopped; scored as it stood.")
    epochs = f"{len(curves.history)} of {run.config.epochs} epochs"
    took = f"{epochs} in {formats.duration(results.get('seconds'))}"
    st.progress(
        progress.share_done(run.status) if not is_completed else 1.0, markdown(f"{took}. {said}")
    )
    best = results.get("best_epoch")
    which = "Stand-in" if run.saw_standin else "Test"
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
    with st.container(horizontal=True):
        _render_link("evaluate", "See what it gets wrong", ":material/query_stats:", run)
        _render_link("draw", "Try a drawing", ":material/draw:", run)
        _render_link("runs", "Compare runs", ":material/list_alt:", run)


def _which_epoch(run: Run) -> str:
    """Of the validation accuracy, which need not be of the weights that were scored."""
    if run.config.keep == "best":
        return "accuracy of the best epoch, whose weights the test set scores"
    return "accuracy of the best epoch; the test set scores the weights after the last step"


def _render_link(page: str, label: str, icon: str, run: Run) -> None:
    link = _url.link(run=run.run_id)
    st.page_link(f"pages/{page}.py", label=label, icon=icon, query_params=link)


def _render_failed(run: Run, _curves: Curves) -> None:
    reason = run.status.message or "The training failed and left no reason."
    st.error(markdown(reason), icon=":material/error:")
    st.caption("Change what the message names, then start it again; the other runs are untouched.")
    log = run_files.read_log(run)
    if log:
        with st.expander("End of the log", icon=":material/article:"):
            st.code(log, language=None, wrap_lines=True)


def _render_metrics(*metrics: tuple[str, str, str]) -> None:
    with st.container(key="live_numbers"):
        for label, value, explanation in metrics:
            st.metric(label, value, help=f"{label}: {explanation}.")


@functools.lru_cache(maxsize=32)
def _figure(curves: Curves, metric: str, epochs: int, steps_per_epoch: int | None) -> go.Figure:
    return figures.plot_history(
        curves.history, curves.batches, metric, epochs=epochs, steps_per_epoch=steps_per_epoch
    )
