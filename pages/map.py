"""Map: what does it see as alike?"""

import streamlit as st

from pages._evaluate import scored
from pages._evaluate.linked_grid import open_on_evaluate
from pages._map import choices, features, scatter, selection

run, data, evaluation = scored.open_page(
    "Map",
    "What does it see as alike? Each point is a test image; those that look alike to the model "
    "lie close together.",
)
# Places of their own for what comes and goes: the map is drawn anew where its own place changes.
waiting = st.container()
choices.render(evaluation)
background = st.container()
left, right = st.columns([3, 2], gap="medium")
with waiting:
    values = features.read(run, data)
with background:
    points = features.place(run, data, values)
dots = selection.choose_dots(points, evaluation)
with left:
    clicked = scatter.render(dots, evaluation, data)
with right:
    selection.render_images(dots, evaluation, data)
if clicked is not None:
    open_on_evaluate(clicked)
