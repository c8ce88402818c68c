"""Labels: which labels of the dataset are wrong?"""

from pages._evaluate import scored

run, data, evaluation = scored.open_page("Labels", "Which labels of the dataset are wrong?")
