"""Map: what does it see as alike?"""

from pages._evaluate import scored

run, data, evaluation = scored.open_page("Map", "What does it see as alike?")
