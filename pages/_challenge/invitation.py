"""Before the first image: a challenge is made, its link sent, and whoever opens it begins."""

from __future__ import annotations

import secrets

import streamlit as st

from fmnist import formats, teacher_key
from fmnist.classroom import challenges
from fmnist.classroom.challenges import Challenge, ChallengeError, Key
from fmnist.data.dataset import CLASS_NAMES, STANDARD, Dataset
from fmnist.plain_text import markdown
from fmnist.runs import store
from pages._challenge import removal
from pages._evaluate import not_scored
from pages._shared import model_in_hand, url
from pages._shared.data import can_evaluate, dataset, evaluate_run, switch_to_dataset_of
from pages._shared.dataset_choice import choose
from pages._shared.role import session_id

_NAME = "challenge_name"


def render_make() -> None:
    """A new challenge with the model in hand."""
    st.markdown(
        "Thirty tops, dresses and coats that a model hesitates over, the same for everybody who "
        "has the link. Each names them alone; then all scores stand beside the model's."
    )
    run = model_in_hand.read()
    if run is None:
        not_scored.render_no_run()
        return
    if not run.has_scores:
        not_scored.render_reason(run)
        return
    data = switch_to_dataset_of(run)
    if data.class_names != CLASS_NAMES:
        st.info("This is about the classes of Fashion-MNIST; the data here has others.")
        return
    st.button(
        f"Make a challenge against {markdown(run.title)}",
        type="primary",
        icon=":material/add_link:",
        key="challenge_make",
        on_click=_make,
        args=(Key(run.run_id, data.slug, secrets.randbelow(challenges.HIGHEST_SEED)),),
    )
    st.caption(
        "Its results are kept on this computer, beside the runs. Nobody sees a right answer or "
        "another score before having named all the images."
    )


def _make(key: Key) -> None:
    url.write(challenge=key)


def open_challenge(key: Key) -> tuple[Challenge, Dataset]:
    """What is asked and its images; where that is not here, why, and the script ends."""
    try:
        challenge = challenges.read_challenge(key)
        if url.read("data") != key.dataset:
            choose(key.dataset)
        data = dataset()
        if key.dataset not in (STANDARD, data.slug):
            raise ChallengeError(f"Its dataset {key.dataset} is not here.")
        if challenge is None:
            challenge = _draw(key, data)
    except ValueError as error:
        _refuse(str(error))
    is_here = challenge.fingerprint == data.fingerprint and data.class_names == CLASS_NAMES
    if not is_here or max(challenge.indices) >= len(data.test_images):
        _refuse("The images of this challenge are no longer here.")
    return challenge, data


def _draw(key: Key, data: Dataset) -> Challenge:
    """Raises ValueError where its model cannot be had."""
    run = store.load_run(key.run_id)
    if not run.has_scores or not can_evaluate(run, data):
        raise ChallengeError(f"“{run.title}”, the model of this challenge, has no scores here.")
    evaluation = evaluate_run(run, data)
    return challenges.make_challenge(evaluation, key.seed, data.fingerprint, run.title)


def _refuse(reason: str) -> None:
    st.warning(f"This challenge cannot be opened. {markdown(reason)}", icon=":material/link_off:")
    st.button(
        "Make another one",
        icon=":material/add_link:",
        on_click=url.write,
        kwargs={"challenge": None},
    )
    st.stop()


def render_start(key: Key, challenge: Challenge) -> None:
    """The rules, the link, and Start."""
    count = len(challenge.indices)
    st.markdown(
        f"**{count} images** of tops, dresses and coats; name each with one click or one key. "
        f"“{markdown(challenge.model)}”, right on {formats.percent(challenge.model_accuracy)} of "
        "all test images, hesitated over these. You see the answers, and how the others did, when "
        "you have named them all."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            "Nickname (optional; the others see it)",
            max_chars=challenges.LONGEST_NAME,
            key=_NAME,
            width=300,
        )
        st.button(
            "Start",
            type="primary",
            icon=":material/play_arrow:",
            key="challenge_start",
            on_click=_start,
            args=(key, challenge),
        )
    people = challenges.read_people(key)
    begun = len(people)
    if begun:
        st.caption(f"{begun} {'person has' if begun == 1 else 'people have'} begun.")
    if teacher_key.is_set():  # who is the teacher need not take part to look after the names
        removal.render(key, {token: one.name for token, one in people.items()})
    render_link(key)


def render_link(key: Key) -> None:
    st.markdown("**Send this link** to whoever is to take part:")
    st.code(f"{st.context.url}?challenge={key}", language=None, wrap_lines=True)


def _start(key: Key, challenge: Challenge) -> None:
    try:
        challenges.join(key, challenge, session_id(), st.session_state.get(_NAME) or "")
    except ValueError as error:
        st.toast(markdown(error), icon=":material/error:")
