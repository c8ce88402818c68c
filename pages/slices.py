"""Weak spots: what do its errors have in common?"""

from pages._evaluate import scored
from pages._slices import errors

run, data, evaluation = scored.open_page("Weak spots", "What do its errors have in common?")
errors.render(data, evaluation)
