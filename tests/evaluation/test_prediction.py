"""What a model's ten probabilities say of a picture."""

import numpy as np

from fmnist.evaluation.prediction import describe_prediction


def test_the_best_guess_and_its_confidence():
    probabilities = np.full(10, 0.05, np.float32)
    probabilities[9] = 0.55
    assert describe_prediction(probabilities) == {
        "class": "Ankle boot",
        "label": 9,
        "confidence": 0.55,
        "unsure": False,
        "probabilities": [0.05] * 9 + [0.55],
    }


def test_under_one_half_is_unsure_and_still_names_the_best_guess():
    probabilities = np.array([0.49, 0.2, 0.31, 0, 0, 0, 0, 0, 0, 0], np.float32)
    result = describe_prediction(probabilities)
    assert (result["unsure"], result["label"], result["class"]) == (True, 0, "T-shirt/top")


def test_a_models_own_threshold_says_what_is_unsure():
    among_three = np.array([0.4, 0, 0.3, 0, 0, 0, 0.3, 0, 0, 0], np.float32)  # spread over 2.97
    assert describe_prediction(among_three)["unsure"]
    assert not describe_prediction(among_three, max_perplexity=3.0)["unsure"]
    assert describe_prediction(among_three, max_perplexity=2.9)["unsure"] is True
