"""How the accuracy takes noise, blur and the like, against another run if one is chosen."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fmnist import formats
from fmnist.analysis.robustness import read_robustness
from fmnist.data.dataset import Dataset
from fmnist.evaluation.corruptions import CORRUPTIONS, STRENGTHS, Robustness, corrupt
from fmnist.evaluation.evaluate import Evaluation
from fmnist.plain_text import markdown
from fmnist.runs import analyses, outputs
from fmnist.runs.analyses import Analysis
from fmnist.runs.store import Run
from fmnist.runs.time_estimate import estimate_prediction_seconds
from pages._shared import all_runs, analysis, url
from pages._shared.image_grid import render_grid


def render(run: Run, data: Dataset, evaluation: Evaluation) -> None:
    wanted = analyses.find_analysis("robustness", data, run)
    st.markdown(
        "Accuracy on test images that are spoiled in seven ways, each in five strengths: what the "
        "model was never trained on shows what it relies on."
    )
    images = len(CORRUPTIONS) * STRENGTHS * len(data.test_images)
    seconds = estimate_prediction_seconds(run, images)
    if not analysis.render(wanted, "Measure robustness", seconds):
        return
    found = read_robustness(wanted.folder)
    if found is None:
        st.warning(
            "The results cannot be read. Delete the run's folder `analyses` and measure again.",
            icon=":material/broken_image:",
        )
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.metric(
            "Mean accuracy, spoiled",
            formats.percent(found.mean_accuracy),
            f"as they are {formats.percent(evaluation.accuracy)}",
            delta_color="off",
            delta_arrow="off",
            width=200,
        )
        other = _choose_other(run, data)
    name = _choose_corruption()
    _render_chart(found, evaluation.accuracy, name, other)
    _render_strip(found, evaluation, data, name)
    _render_table(found)


def _choose_other(run: Run, data: Dataset) -> tuple[str, Robustness, float] | None:
    """Another run that was measured on the same images, by the address (`against`)."""
    measured: dict[str, tuple[Run, Robustness]] = {}
    for one in all_runs.take():
        if one.run_id != run.run_id and one.has_model:
            found = _read(analyses.find_analysis("robustness", data, one))
            if found:
                measured[one.run_id] = one, found
    if url.read("against") not in [None, *measured]:
        st.warning(
            f"The robustness of {markdown(url.read('against'))} was not measured: open its page to "
            "do so.",
            icon=":material/link_off:",
        )
        url.write(against=None)
    if not measured:
        st.caption("Measure another run too, and it can be compared here.", width="content")
        return None
    chosen = st.selectbox(
        "Compare with",
        measured,
        index=None,
        format_func=lambda run_id: measured[run_id][0].title,
        placeholder="No other run",
        width=280,
        **url.bind("against"),
    )
    if chosen is None:
        return None
    one, found = measured[chosen]
    return one.title, found, outputs.read_results(one).get("test_accuracy", 0.0)


def _read(found: Analysis) -> Robustness | None:
    return read_robustness(found.folder) if found.folder.is_dir() else None


def _choose_corruption() -> str:
    return st.pills(
        "Corruption",
        list(CORRUPTIONS),
        format_func=lambda name: CORRUPTIONS[name].name,
        required=True,
        label_visibility="collapsed",
        **url.bind("corruption"),
    )


def _render_chart(
    found: Robustness, clean: float, name: str, other: tuple[str, Robustness, float] | None
) -> None:
    from fmnist.figures.robustness import plot_robustness

    if other:
        st.caption(f"Dotted: {markdown(other[0])}.")
    st.plotly_chart(
        plot_robustness(found, clean, name, other),
        key="robustness",
        config={"displayModeBar": False},
        alt="Accuracy against the strength of each corruption",
    )


def _render_strip(found: Robustness, evaluation: Evaluation, data: Dataset, name: str) -> None:
    """The same image as it is and at the five strengths."""
    corruption, image = CORRUPTIONS[name], data.test_images[:1]
    spoiled = [corrupt(image, name, strength) for strength in range(1, STRENGTHS + 1)]
    accuracies = [evaluation.accuracy, *found.accuracies(name)]
    said = ["as it is", *(f"{value:g}" for value in corruption.values)]
    st.caption(
        f"The first test image, spoiled: {corruption.unit}, and the accuracy on all images so."
    )
    render_grid(
        np.concatenate([image, *spoiled]),
        [
            f"{value}\n{formats.percent(accuracy)}"
            for value, accuracy in zip(said, accuracies, strict=True)
        ],
        alts=[
            f"{corruption.name} {value}: {formats.percent(accuracy)} accuracy"
            for value, accuracy in zip(said, accuracies, strict=True)
        ],
        key="robustness_strip",
        size=112,
        label=f"One image at five strengths of {corruption.name.lower()}",
    )


def _render_table(found: Robustness) -> None:
    with st.expander("All figures", icon=":material/table_chart:"):
        st.table(
            {
                "Corruption": [each.name for each in CORRUPTIONS.values()],
                **{
                    f"Strength {place + 1}": [
                        formats.percent(found.accuracies(name)[place]) for name in CORRUPTIONS
                    ]
                    for place in range(STRENGTHS)
                },
            }
        )
