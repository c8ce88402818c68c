"""Who is better at the hard ones: my class or the model? The same images for all, by a link."""

from __future__ import annotations

import streamlit as st

from fmnist.classroom import challenges
from fmnist.classroom.challenges import is_finished
from pages._challenge import board, invitation, play
from pages._evaluate import questions
from pages._shared import url
from pages._shared.role import session_id

st.title("Challenge")
key = url.read("challenge")
if key is None:
    questions.render_links()
    invitation.render_make()
    st.stop()
challenge, data = invitation.open_challenge(key)
person = challenges.read_person(key, session_id())
if person is None:
    invitation.render_start(key, challenge)
elif is_finished(challenge, person):
    board.render(key, challenge, data, session_id())
else:
    play.render(key, challenge, data, person)
