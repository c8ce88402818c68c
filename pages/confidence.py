"""Confidence: can its confidence be trusted?"""

import streamlit as st

from fmnist.evaluation.calibration import compute_reliability
from pages._confidence import reliability, temperature, threshold
from pages._evaluate import scored

run, data, evaluation = scored.open_page("Confidence", "Can its confidence be trusted?")
calibration, why_not = temperature.find_calibration(run, data)
before = compute_reliability(evaluation.confidence, evaluation.is_correct)
reliability.render_metrics(before, calibration)
left, right = st.columns(2, gap="large")
with left:
    reliability.render(before, calibration, why_not)
with right:
    threshold.render(evaluation, calibration.scaled if calibration else None)
