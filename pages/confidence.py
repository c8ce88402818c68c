"""Confidence: can its confidence be trusted?"""

from pages._evaluate import scored

run, data, evaluation = scored.open_page("Confidence", "Can its confidence be trusted?")
