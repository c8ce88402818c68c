"""What does one change to a network do, and would I have guessed it? Six guided experiments."""

from __future__ import annotations

import streamlit as st

from fmnist.classroom import attempts
from fmnist.classroom.experiments import EXPERIMENTS
from pages._experiments import cards, live, prediction, result
from pages._shared import all_runs, standin, url
from pages._shared.data import dataset
from pages._shared.role import session_id

everything = all_runs.take_own()
name = url.read("experiment")
if name is None:
    cards.render(dataset(), everything)
    st.stop()
experiment = EXPERIMENTS[name]
cards.render_head(experiment)
data = dataset()
standin.render_banner()
attempt = attempts.read_attempt(experiment, data.slug, session_id())
if attempt is None:
    prediction.render(experiment, data, everything)
    st.stop()
found = attempts.look(experiment, attempt)
prediction.render_made(experiment, attempt.guess)
if found.finished == len(found.runs):
    result.render(experiment, attempt, found, data)
else:
    live.render(experiment, attempt, data)
