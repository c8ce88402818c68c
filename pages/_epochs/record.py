"""The epochs that were recorded, the one looked at, and its figures."""

from __future__ import annotations

import streamlit as st

from fmnist import formats
from fmnist.data.dataset import Dataset
from fmnist.evaluation.config_text import describe_command
from fmnist.evaluation.dynamics import Dynamics, compute_dynamics
from fmnist.evaluation.evaluate import Evaluation
from fmnist.runs import epochs
from fmnist.runs.store import Run
from pages._evaluate import not_scored
from pages._shared import url

_HELP = {
    "Learned last": "Right at the end, but wrong after the first recorded epoch or a later one.",
    "Forgotten": "Right after some epoch, wrong at the end.",
    "Never learned": "Wrong after every epoch.",
}


def read(run: Run, data: Dataset) -> Dynamics:
    """What was learned when; where nothing was recorded, how to, and the script ends."""
    recorded = epochs.list_epochs(run)
    dynamics = None
    if recorded:
        written_at = run.file(epochs.FOLDER).stat().st_mtime_ns
        dynamics = _compute(run.run_id, written_at, data.fingerprint, _run=run, _data=data)
    if dynamics is None:
        _render_nothing_recorded(run, bool(recorded))
        st.stop()
    return dynamics


@st.cache_data(show_spinner="Reading every epoch …", max_entries=10)
def _compute(
    run_id: str, written_at: int, fingerprint: str, _run: Run, _data: Dataset
) -> Dynamics | None:
    numbers, predictions = epochs.read_predictions(_run, len(_data.test_labels))
    return compute_dynamics(_data.test_labels, predictions, numbers) if numbers else None


def _render_nothing_recorded(run: Run, is_unreadable: bool) -> None:
    if is_unreadable:
        st.warning(
            "The epochs recorded for this run cannot be read, or are of other test images.",
            icon=":material/broken_image:",
        )
        return
    st.info(
        "This run's epochs were not recorded. Turn on “Record every epoch” in the group Training "
        "of the Train page, or train it again like this:",
        icon=":material/history:",
    )
    if not (run.imported_model or run.fine_tuned):
        st.code(
            describe_command(run.config.replace(record_epochs=True)), language=None, wrap_lines=True
        )
    not_scored.render_link("train", "Train a model", ":material/model_training:")


def choose_epoch(dynamics: Dynamics) -> int:
    """The epoch looked at, from 0: by the address (`epoch`, from 1), or the last."""
    shown = [number + 1 for number in dynamics.epochs]
    wanted = url.read("epoch")
    chosen = wanted if wanted in shown else shown[-1]
    st.caption(
        "Recorded for looking back: no choice was made on it. The model was chosen on validation "
        "images, or is the last."
    )
    if len(shown) > 1:
        st.session_state["epochs_slider"] = chosen
        st.select_slider("After epoch", shown, key="epochs_slider", on_change=_keep_epoch)
    return chosen - 1


def _keep_epoch() -> None:
    url.write(epoch=st.session_state["epochs_slider"], page=None)


def evaluate_epoch(run: Run, data: Dataset, epoch: int) -> Evaluation:
    """The `Evaluation` of what was predicted after `epoch`, which can be read."""
    path = run.file(epochs.FOLDER)
    written_at = path.stat().st_mtime_ns
    return _evaluate(run.run_id, written_at, data.fingerprint, epoch, _run=run, _data=data)


@st.cache_data(show_spinner="Evaluating …", max_entries=60)
def _evaluate(
    run_id: str, written_at: int, fingerprint: str, epoch: int, _run: Run, _data: Dataset
) -> Evaluation:
    from fmnist.evaluation.evaluate import evaluate

    probabilities = epochs.read_epoch(_run, epoch, len(_data.test_labels))
    return evaluate(_data.test_labels, probabilities, _data.class_names)


def render_metrics(dynamics: Dynamics, epoch: int, evaluation: Evaluation) -> None:
    row = dynamics.epochs.index(epoch)
    # With a hyphen: Streamlit takes a minus sign for a rise.
    change = f"{100 * (dynamics.accuracy[row] - dynamics.accuracy[row - 1]):+.2f} points"
    lists = {
        "Learned last": dynamics.learned_last,
        "Forgotten": dynamics.forgotten,
        "Never learned": dynamics.never_learned,
    }
    with st.container(horizontal=True, gap="small"):
        st.metric(
            "Test accuracy",
            formats.percent(evaluation.accuracy),
            change if row else "the first",
            delta_color="normal" if row else "off",
            delta_arrow="auto" if row else "off",
            width=148,
        )
        st.metric("Errors", formats.count(evaluation.errors), width=148)
        for label, indices in lists.items():
            st.metric(label, formats.count(len(indices)), width=148, help=_HELP[label])
