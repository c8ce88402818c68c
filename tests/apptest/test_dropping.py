"""Questions to the engine: dropped when nobody waits, and shared by those who ask the same."""

import threading

import numpy as np
import pytest
import streamlit as st

from fmnist.engine import child
from fmnist.engine.client import EngineError
from pages._inside import ask
from pages._shared import engine as shared
from tests.waits import wait_for


class Gone(Exception):
    """As Streamlit ends a script that draws while it is to run anew."""


def test_a_question_is_no_longer_wanted_once_its_script_has_ended(monkeypatch):
    def end() -> None:
        raise Gone

    unwanted = []

    def question() -> None:
        is_wanted = child._IS_WANTED.get()
        wait_for(lambda: not is_wanted(), "the end of the script")
        unwanted.append(True)

    monkeypatch.setattr(st, "empty", end)
    with pytest.raises(Gone):
        shared.drop_when_unseen(question)
    wait_for(lambda: unwanted, "the question to hear of it")


def test_an_answer_and_a_refusal_come_through():
    assert shared.drop_when_unseen(lambda: 5) == 5

    def refuse() -> None:
        raise EngineError("The model is damaged.")

    with pytest.raises(EngineError, match="damaged"):
        shared.drop_when_unseen(refuse)


def test_those_who_ask_the_same_at_once_share_one_answer(engine, made, monkeypatch):
    st.cache_data.clear()
    everybody, explain = threading.Event(), engine.explain
    calls = []

    def explain_slowly(*question, **about):
        calls.append(question)
        everybody.wait(60)
        return explain(*question, **about)

    monkeypatch.setattr(engine, "explain", explain_slowly)
    path, image, answers = str(made.file("model.keras")), np.zeros((28, 28), np.uint8), []
    people = [
        threading.Thread(target=lambda: answers.append(ask._attribution(path, 1, image)))
        for _ in range(10)
    ]
    for person in people:
        person.start()
    wait_for(lambda: calls, "the first question")
    everybody.set()
    for person in people:
        person.join()
    assert len(answers) == 10 and len(calls) == 1
