"""Weak spots: what do its errors have in common?"""

from pages._evaluate import scored
from pages._shared import view_switch
from pages._slices import errors, robustness

VIEWS = {
    "errors": ":material/target: Images it gets wrong",
    "robustness": ":material/blur_on: Spoiled images",
}

run, data, evaluation = scored.open_page("Weak spots", "What do its errors have in common?")
if view_switch.render(VIEWS) == "robustness":
    robustness.render(run, data, evaluation)
else:
    errors.render(run, data, evaluation)
