"""Epochs: what did it learn, and when?"""

from pages._evaluate import scored

run, data, evaluation = scored.open_page("Epochs", "What did it learn, and when?")
