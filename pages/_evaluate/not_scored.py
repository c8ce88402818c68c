"""Why a run cannot be evaluated, and where to go instead."""

from __future__ import annotations

import streamlit as st

from fmnist import formats
from fmnist.data.dataset import STANDARD, Dataset
from fmnist.plain_text import markdown
from fmnist.runs import outputs
from fmnist.runs.store import Run
from pages._shared import url


def render_link(page: str, label: str, icon: str, **values: str) -> None:
    """A link to another page, whose address has `values` besides model and dataset."""
    st.page_link(f"pages/{page}.py", label=label, icon=icon, query_params=url.link(**values))


def render_no_run() -> None:
    st.info(
        "No model has been scored yet. Train one: it is scored on the test images as soon as its "
        "training ends, and its mistakes appear here.",
        icon=":material/query_stats:",
    )
    render_link("train", "Train a model", ":material/model_training:")


def render_reason(run: Run) -> None:
    """A run that is there, but has no scores."""
    if run.damaged:
        st.warning(f"This run is damaged: {markdown(run.damaged)}.", icon=":material/broken_image:")
        render_link("runs", "See all runs", ":material/list_alt:")
    elif run.imported_model:
        reason = "It is being checked." if run.is_live else run.status.message
        st.info(markdown(f"“{run.title}” has no scores. {reason}"), icon=":material/upload_file:")
        render_link("runs", "See it in Runs", ":material/list_alt:", run=run.run_id)
    elif run.is_live:
        st.info(
            f"“{markdown(run.title)}” is {run.status.status}. It is scored on all test images "
            "when it ends; until then, watch its curves.",
            icon=":material/hourglass_top:",
        )
        render_link("train", "Watch the training", ":material/model_training:", run=run.run_id)
    else:
        reason = run.status.message or "It ended before it was scored."
        st.warning(f"This run has no scores. {markdown(reason)}", icon=":material/error:")
        label = "See the run, or train again"
        render_link("train", label, ":material/model_training:", run=run.run_id)


def render_another_dataset(run: Run, loaded: Dataset) -> None:
    """The run's own figures, but no images: those loaded now are not the ones it was scored on."""
    results, environment = outputs.read_results(run), outputs.read_environment(run)
    done = "scored" if run.imported_model else "trained"
    if run.trained_on_standin:
        advice = "Delete the run."
    elif run.config.dataset != STANDARD:
        advice = "Import the same data again on the Browse page, or delete the run."
    elif run.is_bundled:
        advice = "Train a run on this data, or set FMNIST_DATA_DIR to the published Fashion-MNIST"
    else:
        advice = f"Set FMNIST_DATA_DIR to the folder it was {done} on"
    if run.config.dataset == STANDARD:
        advice += " and start the app again."
    st.warning(
        f"This run was {'' if run.imported_model else 'trained and '}scored on other data "
        f"({markdown(environment.get('dataset'))}, fingerprint "
        f"{markdown(environment.get('dataset_fingerprint'))}) "
        f"than is open now ({markdown(loaded.name)}, {loaded.fingerprint}), so its predictions "
        f"do not belong to these images. {advice}",
        icon=":material/difference:",
    )
    accuracy, loss = st.columns(2)
    accuracy.metric("Test accuracy then", formats.percent(results.get("test_accuracy")))
    loss.metric("Test loss then", formats.loss(results.get("test_loss")))
