"""Labels: which labels of the dataset are wrong?"""

import streamlit as st

from fmnist import formats
from fmnist.data.dataset import Dataset
from fmnist.evaluation.label_issues import LabelIssues, describe_rate, rate_verdicts, verdicts_table
from fmnist.plain_text import to_csv
from fmnist.runs.verdicts import VerdictsFile
from pages._evaluate import scored
from pages._labels import judge, ranking
from pages._shared import analysis, suspected, url, view_switch

SPLITS = {"test": "Test set", "train": "Training set"}
SECONDS = 180  # of five trainings by the cheap recipe, on two cores


def render_counts(issues: LabelIssues, split: str, said: VerdictsFile) -> None:
    """How many labels are suspected, and what became of those judged."""
    st.markdown(
        f"**{formats.count(len(issues.indices))}** of {formats.count(issues.images)} labels "
        f"suspected ({formats.percent(issues.fraction)}). "
        f"{describe_rate(rate_verdicts(said.verdicts.values(), split))}"
    )


def render_export(data: Dataset, said: VerdictsFile) -> None:
    if not said.verdicts:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Download verdicts",
            lambda: to_csv(verdicts_table(said.verdicts.values(), data.class_names)),
            file_name=f"label-verdicts-{data.fingerprint}.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
        st.page_link(
            "pages/evaluate.py",
            label="The score without wrong labels",
            icon=":material/balance:",
            query_params=url.link(honest=True, judged=True),
            width="content",
        )


def find_place(issues: LabelIssues, split: str, said: VerdictsFile) -> int:
    """Of the image that the address names, or else of the first one that was not judged."""
    judged, index = said.indices(split), url.read("index")
    place = issues.find_place(index, judged)
    if place is None:
        st.caption(
            f":material/link_off: The label of image {formats.count(index)} is not suspected."
        )
        place = issues.find_next(-1, judged)
    return place


run, data, evaluation = scored.open_page("Labels", "Which labels of the dataset are wrong?")
st.caption(
    "Suspected are labels that a model not trained on these images contradicts with confidence "
    "(confident learning, by cleanlab). About half of them are really wrong: look, and judge."
)
split = view_switch.render(SPLITS, "index")
said = suspected.read_verdicts(data)
judge.render_problem()
if split == "test":
    issues = suspected.find_in_test_set(run, data)
else:
    issues = suspected.find_in_training_set(data)
    if issues is None:
        st.markdown(
            "Five models are trained, each on four fifths of the training images; each classifies "
            "the images that it was not trained on."
        )
    work, is_whole = suspected.training_analysis(data), issues is not None
    analysis.render(work, "Look for suspected labels", SECONDS, is_whole=is_whole)
if issues is not None:
    render_counts(issues, split, said)
    if len(issues.indices):
        place = find_place(issues, split, said)
        judge.render(data, issues, split, said, place)
        ranking.render(data, issues, split, said, place)
    render_export(data, said)
