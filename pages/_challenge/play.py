"""One image after the other, kept as soon as it is answered: a reload loses nothing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from fmnist.classroom import challenges
from fmnist.classroom.challenges import Challenge, Key, Person
from fmnist.data.dataset import Dataset
from fmnist.plain_text import markdown
from pages._match import game
from pages._shared.role import session_id


def render(key: Key, challenge: Challenge, data: Dataset, person: Person) -> None:
    number = len(person.answers)

    def answer(position: int) -> None:
        _keep(lambda: challenges.answer(key, session_id(), position, number))

    def step_back() -> None:
        _keep(lambda: challenges.step_back(key, session_id()))

    game.render(data, np.array(challenge.indices), number, answer, step_back)


def _keep(change: Callable[[], None]) -> None:
    try:
        change()
    except ValueError as error:
        st.toast(markdown(error), icon=":material/error:")
