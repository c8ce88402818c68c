"""The honest score: the same model without the images that flatter or wrong it, and baselines."""

from __future__ import annotations

import streamlit as st

from fmnist import formats
from fmnist.data.dataset import Dataset
from fmnist.evaluation import honest
from fmnist.evaluation.evaluate import Evaluation
from fmnist.figures.honest import Row
from fmnist.runs.store import Run
from pages._shared import analysis, suspected, url

SECONDS = 30  # of a search for near-duplicates, on two cores


def render(run: Run, data: Dataset, evaluation: Evaluation) -> None:
    """Folded, and then not computed."""
    section = st.expander(
        "How honest is this score?",
        expanded=url.read("honest"),
        key="honest",
        icon=":material/balance:",
        on_change=lambda: url.write(honest=st.session_state["honest"]),
    )
    if section.open:
        with section:
            _render(run, data, evaluation)


def _render(run: Run, data: Dataset, evaluation: Evaluation) -> None:
    from fmnist.figures.honest import plot_scores

    judged_wrong = suspected.read_verdicts(data).indices("test", "wrong")
    wrong = honest.mark(judged_wrong, len(evaluation.labels))
    leaves_out = False
    if judged_wrong:
        leaves_out = st.toggle(
            f"Leave out the {_count_labels(len(judged_wrong))} that you judged wrong",
            **url.bind("judged"),
        )
    nearest = suspected.read_nearest(data)
    rows = _own_rows(run, data, evaluation, nearest, wrong, leaves_out)
    rows += _baseline_rows(honest.compute_baselines(data, nearest))
    left, right = st.columns([6, 7], gap="medium")
    left.plotly_chart(
        plot_scores([row for row, _ in rows if row.label != MAJORITY]),
        key="honest_scores",
        config={"displayModeBar": False},
        alt="Accuracy under each condition, with 95 % intervals, and the baselines",
    )
    right.markdown("\n".join(f"- **{row.label}**, {_spell(row)}: {why}" for row, why in rows))
    work, is_whole = suspected.near_duplicates(data), nearest is not None
    analysis.render(work, "Look for near-duplicates", SECONDS, is_whole=is_whole)
    st.page_link(
        "pages/labels.py",
        label="Judge the suspected labels",
        icon=":material/label:",
        query_params=url.link(),
        width="content",
    )


MAJORITY = "Always the same class"


def _own_rows(run, data, evaluation, nearest, wrong, leaves_out) -> list[tuple[Row, str]]:
    """The model's own scores, and what each of them says."""
    base = wrong if leaves_out else honest.mark([], len(wrong))
    found = honest.mark(suspected.find_in_test_set(run, data).indices, len(wrong))
    rows = [("All test images", base, "the usual score.")]
    if leaves_out:
        rows = [("Without labels judged wrong", base, "as you judged them yourself.")]
    if nearest is not None:
        why = (
            "none is closer to a training image than a quarter of its own length, so that nothing "
            "is known by heart. Easy images go with them."
        )
        rows.append(("Without near-duplicates", base | honest.find_near_duplicates(nearest), why))
    why = (
        "its own predictions say which those are, and it has all of them wrong: so much can label "
        "errors explain, and no more."
    )
    rows.append(("Without suspected labels", base | found, why))
    if wrong.any() and not leaves_out:
        rows.append(("Without labels judged wrong", wrong, "as you judged them yourself."))
    scored = [(name, honest.score_without(evaluation, out), why) for name, out, why in rows]
    return [
        (Row(name, score.accuracy, score.interval), _count(len(wrong) - score.images, why))
        for name, score, why in scored
        if score
    ]


def _count_labels(count: int) -> str:
    return f"{formats.count(count)} label{'' if count == 1 else 's'}"


def _count(left_out: int, why: str) -> str:
    return f"{why} {formats.count(left_out)} images left out." if left_out else why


def _baseline_rows(baselines: honest.Baselines) -> list[tuple[Row, str]]:
    rows = []
    if baselines.nearest:
        score = baselines.nearest
        row = Row("Nearest training image", score.accuracy, score.interval, is_baseline=True)
        rows.append((row, "its label, without any model."))
    elif baselines.nearest_known:
        row = Row("Nearest training image", baselines.nearest_known, is_baseline=True)
        rows.append((row, "its label, without any model, as measured once."))
    if baselines.human:
        row = Row("People", baselines.human, is_baseline=True)
        why = "no fashion experts, on 1,000 of the test images, as the dataset's README has it."
        rows.append((row, why))
    score = baselines.majority
    rows.append(
        (
            Row(MAJORITY, score.accuracy, score.interval, is_baseline=True),
            "the one that most training images have.",
        )
    )
    return rows


def _spell(row: Row) -> str:
    """ "94.4 % (93.9–94.8)": an accuracy and its interval."""
    if row.interval is None:
        return formats.percent(row.accuracy)
    low, high = row.interval
    return f"{formats.percent(row.accuracy)} ({100 * low:.1f}–{100 * high:.1f})"
