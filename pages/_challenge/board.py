"""Everybody's score beside the model's, kept up to date while others finish."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fmnist import formats
from fmnist.classroom import challenges
from fmnist.classroom.challenge_result import ChallengeResult, Standing, compute_result
from fmnist.classroom.challenges import Challenge, Key
from fmnist.data.dataset import Dataset
from fmnist.evaluation.match import CONTESTED
from fmnist.pace import Pace
from fmnist.plain_text import markdown
from pages._challenge import invitation, removal
from pages._shared import looks
from pages._shared.image_grid import render_grid

_PACE = Pace(usual=3.0, most=10.0)
_NBSP = "\N{NO-BREAK SPACE}"
_MOST_ROWS = 15  # of the table; beyond, it scrolls


def render(key: Key, challenge: Challenge, data: Dataset, you: str) -> None:
    """For one who has named all the images. you: that person's token."""
    looks.render_ticking(lambda: _render(key, challenge, data, you), _PACE)
    with st.expander("Invite others", icon=":material/link:"):
        invitation.render_link(key)


def _render(key: Key, challenge: Challenge, data: Dataset, you: str) -> None:
    people = challenges.read_people(key)
    if you not in people:  # removed, or the challenge was deleted
        st.rerun()
    found = compute_result(challenge, people)
    _render_headline(found, you)
    answering = challenges.count_answering(challenge, people)
    at_it = f" {answering} more at it now." if answering else ""
    st.caption(
        f"{_count(found.people)} finished.{at_it} These are images that “"
        f"{markdown(challenge.model)}” hesitated over: on all test images it is right on "
        f"{formats.percent(challenge.model_accuracy)}."
    )
    _render_scores(found, you)
    others = [one for one in found.standings if one.token not in ("", you)]
    removal.render(key, {one.token: one.name for one in others})
    _render_missed(challenge, data, found)
    with st.expander("All images, the hardest first", icon=":material/apps:"):
        _render_images(challenge, data, found, people[you].answers)


def _count(people: int) -> str:
    return f"{people}{_NBSP}{'person' if people == 1 else 'people'}"


def _render_headline(found: ChallengeResult, you: str) -> None:
    (own,) = (one for one in found.standings if one.token == you)
    (model,) = (one for one in found.standings if not one.token)
    if own.place == model.place:
        words = "you and the model are even"
    else:
        words = f"{'ahead of' if own.place < model.place else 'behind'} the model"
    st.subheader(f"Place {own.place} of {len(found.standings)}, {words}.", anchor=False)
    with st.container(horizontal=True, gap="small"):
        for who, score in (("You", own.score), ("The model", model.score)):
            low, high = (formats.percent(edge) for edge in score.interval)
            st.metric(
                f"{who}: {score.right} of {score.images}",
                formats.percent(score.accuracy),
                f"95{_NBSP}% interval {low[:-2]}–{high}",
                delta_color="off",
                delta_arrow="off",
                width=168,
            )
        if found.people > 1:
            st.metric(
                "Better than the model",
                f"{found.better_than_model} of {found.people}",
                "people",
                delta_color="off",
                delta_arrow="off",
                width=168,
            )


def _render_scores(found: ChallengeResult, you: str) -> None:
    scores = [one.score for one in found.standings]
    st.dataframe(
        {
            "place": [one.place for one in found.standings],
            "name": [_name(one, you) for one in found.standings],
            "right": [score.right for score in scores],
            "accuracy": [formats.percent(score.accuracy) for score in scores],
            "interval": [
                "–".join(f"{100 * edge:.0f}" for edge in score.interval) + f"{_NBSP}%"
                for score in scores
            ],
        },
        hide_index=True,
        height="content" if len(scores) <= _MOST_ROWS else 35 * _MOST_ROWS,
        column_config={
            "place": st.column_config.NumberColumn("Place", width=60, alignment="left"),
            "name": "Who",
            "right": st.column_config.ProgressColumn(
                "Right", format=f"%d of {scores[0].images}", max_value=scores[0].images
            ),
            "accuracy": "Accuracy",
            "interval": st.column_config.TextColumn(
                "95 % interval",
                help="How far the accuracy on very many such images may lie from that on these.",
            ),
        },
        key="challenge_scores",
    )


def _name(one: Standing, you: str) -> str:
    """Only text in a table: it is shown as it was typed."""
    if not one.token:
        return f"The model ({one.name})"
    if one.token == you:
        return f"You ({one.name})" if one.name else "You"
    return one.name or removal.NO_NAME


def _render_missed(challenge: Challenge, data: Dataset, found: ChallengeResult) -> None:
    missed = found.missed_by_all
    who = {1: "you", 2: "both of you"}.get(found.people, f"all {found.people} people")
    st.markdown(f"**Missed by {who}: {len(missed)}**")
    if not len(missed):
        st.caption("None.")
        return
    names = [data.class_names[label] for label in CONTESTED]
    captions, alts = [], []
    for place in missed:
        true, wrong = names[challenge.labels[place]], names[found.common[place]]
        model = "the model is right" if found.model_is_right[place] else "the model too"
        captions.append(f"{true}\nnot {wrong}\n{model}")
        alts.append(f"{true}, most often called {wrong}; {model}")
    _render_grid(challenge, data, missed, captions, alts, "challenge_missed")


def _render_images(
    challenge: Challenge, data: Dataset, found: ChallengeResult, own: list[int]
) -> None:
    st.caption("The tick or cross is yours; below, how many people and whether the model got it.")
    names = [data.class_names[label] for label in CONTESTED]
    order = found.hardest_first
    captions, alts, tones = [], [], []
    for place in order:
        true, said = names[challenge.labels[place]], names[own[place]]
        model = "✓" if found.model_is_right[place] else "✗"
        captions.append(f"{true}\n{found.right[place]} of {found.people}\nmodel {model}")
        alts.append(f"{true}: you said {said}, {found.right[place]} of {found.people} were right")
        tones.append("right" if own[place] == challenge.labels[place] else "wrong")
    _render_grid(challenge, data, order, captions, alts, "challenge_images", tones)


def _render_grid(
    challenge: Challenge,
    data: Dataset,
    places: np.ndarray,
    captions: list[str],
    alts: list[str],
    key: str,
    tones: list | None = None,
) -> None:
    indices = np.array(challenge.indices)[places]
    label = "Images of this challenge"
    render_grid(
        data.test_images[indices], captions, alts=alts, key=key, tones=tones, size=84, label=label
    )
