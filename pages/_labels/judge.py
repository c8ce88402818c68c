"""One suspected label at a time: the image, the given and the suggested class, and the verdict."""

from __future__ import annotations

import streamlit as st

from fmnist import formats
from fmnist.data.dataset import Dataset
from fmnist.data.idx import SIDE
from fmnist.evaluation.label_issues import LabelIssues
from fmnist.images import image_png
from fmnist.plain_text import markdown
from fmnist.runs import verdicts
from fmnist.runs.verdicts import VerdictError, VerdictsFile
from pages._shared import url

SCALE = 7
# By verdict: its button, its icon, the key that presses it.
VERDICTS = {
    "wrong": ("Wrong label", ":material/label_off:", "1"),
    "ambiguous": ("Ambiguous", ":material/help:", "2"),
    "fine": ("Label is fine", ":material/check:", "3"),
}


def render(data: Dataset, issues: LabelIssues, split: str, said: VerdictsFile, place: int) -> None:
    """The suspected label at `place` of the ranking, its verdict so far, and the way to the next
    one that has none.
    """
    following = int(issues.indices[issues.find_next(place, said.indices(split))])
    index, suggested = int(issues.indices[place]), int(issues.suggested[place])
    images, labels = data.split(split)
    given, names = int(labels[index]), data.class_names
    kept = said.verdicts.get((split, index))
    so_far = kept.verdict if kept else None
    picture, words = st.columns([1, 2], gap="medium", vertical_alignment="center")
    picture.image(
        image_png(images[index], scale=SCALE),
        width=SCALE * SIDE,
        alt=f"{split} image {index}, enlarged {SCALE} times",
    )
    with words:
        st.subheader(markdown(f"{names[given]} → {names[suggested]}?"))
        st.caption(
            f"Number {formats.count(place + 1)} of {formats.count(len(issues.indices))} suspected "
            f"in the {'test' if split == 'test' else 'training'} set · image {index} · the given "
            f"label has {formats.percent(float(issues.self_confidence[place]))}"
        )
        with st.container(horizontal=True):
            for verdict, (label, icon, shortcut) in VERDICTS.items():
                st.button(
                    label,
                    key=f"verdict_{verdict}",
                    icon=icon,
                    type="primary" if verdict == so_far else "secondary",
                    shortcut=shortcut,
                    on_click=_judge,
                    args=(data.fingerprint, split, index, given, suggested, verdict, following),
                )
        with st.container(horizontal=True, vertical_alignment="center"):
            if so_far:
                st.button(
                    "Take it back",
                    type="tertiary",
                    icon=":material/undo:",
                    on_click=_withdraw,
                    args=(data.fingerprint, split, index),
                )
            st.button(
                "Next",
                type="tertiary",
                icon=":material/arrow_forward:",
                on_click=url.write,
                kwargs={"index": following},
            )
            is_test = split == "test"
            st.page_link(
                f"pages/{'evaluate' if is_test else 'browse'}.py",
                label="Look closer",
                icon=":material/zoom_in:",
                query_params=url.link(index=index, **({} if is_test else {"split": "train"})),
                width="content",
            )


def _judge(fingerprint, split, index, given, suggested, verdict, following) -> None:
    try:
        verdicts.judge(fingerprint, split, index, given, suggested, verdict)
    except VerdictError as error:
        st.session_state["verdict_problem"] = str(error)
    else:
        url.write(index=following)


def _withdraw(fingerprint: str, split: str, index: int) -> None:
    try:
        verdicts.withdraw(fingerprint, split, index)
    except VerdictError as error:
        st.session_state["verdict_problem"] = str(error)
    else:
        url.write(index=index)


def render_problem() -> None:
    """Why the last verdict could not be kept, said once."""
    if "verdict_problem" in st.session_state:
        st.error(markdown(st.session_state.pop("verdict_problem")), icon=":material/error:")
