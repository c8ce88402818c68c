"""The suspected labels as a grid, the least credible first; a click opens one to be judged."""

from __future__ import annotations

import streamlit as st

from fmnist import formats
from fmnist.data.dataset import Dataset
from fmnist.evaluation.label_issues import LabelIssues
from fmnist.runs.verdicts import VerdictsFile
from pages._shared import url
from pages._shared.image_grid import render_grid

PER_PAGE = 60
SHORT = {"wrong": "wrong label", "ambiguous": "ambiguous", "fine": "fine"}
TONES = {"wrong": "wrong", "fine": "right"}


def render(data: Dataset, issues: LabelIssues, split: str, said: VerdictsFile, place: int) -> None:
    """The page of the ranking that `place` is on."""
    count = len(issues.indices)
    pages, page = -(-count // PER_PAGE), place // PER_PAGE + 1
    places = range((page - 1) * PER_PAGE, min(page * PER_PAGE, count))
    images, labels = data.split(split)
    captions, alts, tones = [], [], []
    for other in places:
        index = int(issues.indices[other])
        given = data.class_names[labels[index]]
        suggested = data.class_names[issues.suggested[other]]
        verdict = said.verdicts.get((split, index))
        word = SHORT[verdict.verdict] if verdict else ""
        captions.append("\n".join(filter(None, (f"{given} →", f"{suggested}", word))))
        alts.append(
            f"Image {index}: given {given}, suggested {suggested}, given label "
            f"{formats.percent(float(issues.self_confidence[other]))}"
            + (f", judged {word}" if word else "")
        )
        tones.append(TONES.get(verdict.verdict, "none") if verdict else "none")
    position = render_grid(
        images[issues.indices[places.start : places.stop]],
        captions,
        alts=alts,
        tones=tones,
        key="suspected",
        size=84,
        label="Suspected labels: given and suggested class",
    )
    if position is not None:
        url.write(index=int(issues.indices[places[position]]))
        st.rerun()
    if pages > 1:
        key = f"page_{page}_of_{pages}"  # see pages/_evaluate/images.py
        st.pagination(
            pages,
            default=page,
            key=key,
            on_change=lambda: url.write(
                index=int(issues.indices[(st.session_state[key] - 1) * PER_PAGE])
            ),
        )
