"""You against the model: who is better at the hard ones?"""

from pages._evaluate import scored

run, data, evaluation = scored.open_page("You against the model", "Who is better at the hard ones?")
