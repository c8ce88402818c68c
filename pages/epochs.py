"""Epochs: what did it learn, and when?"""

import streamlit as st

from pages._epochs import images, record
from pages._evaluate import scored

run, data, _ = scored.open_page("Epochs", "What did it learn, and when?")
dynamics = record.read(run, data)
epoch = record.choose_epoch(dynamics)
evaluation = record.evaluate_epoch(run, data, epoch)
record.render_metrics(dynamics, epoch, evaluation)
left, right = st.columns(2, gap="medium")
with left:
    images.render_curves(dynamics, epoch, data.class_names)
with right:
    images.render_matrix(evaluation)
images.render_lists(dynamics, evaluation, data)
