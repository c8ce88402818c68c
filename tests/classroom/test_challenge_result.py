"""Scores side by side, by hand."""

import pytest

from fmnist.classroom.challenge_result import compute_result
from fmnist.classroom.challenges import Challenge, Person

CHALLENGE = Challenge("abc", "conv-32", 0.9, [9, 8, 7, 6], [0, 1, 2, 3], [0, 1, 4, 4])


def test_four_images_and_three_people_by_hand():
    people = {
        "a": Person("Ada", [0, 1, 2, 4], 0.0),
        "b": Person("", [0, 0, 3, 4], 0.0),
        "c": Person("Cy", [1, 1, 3, 2], 0.0),
        "d": Person("unfinished", [0, 1, 2], 0.0),
    }
    found = compute_result(CHALLENGE, people)
    assert [(one.place, one.token, one.score.right) for one in found.standings] == [
        (1, "a", 3),
        (2, "", 2),
        (3, "b", 1),
        (3, "c", 1),
    ]
    assert (found.people, found.better_than_model) == (3, 1)
    assert found.right.tolist() == [2, 2, 1, 0]
    assert found.missed_by_all.tolist() == [3]
    assert found.hardest_first.tolist() == [3, 2, 0, 1]
    assert found.common.tolist() == [1, 0, 3, 4]
    assert found.model_is_right.tolist() == [True, True, False, False]
    # Those of statsmodels, proportion_confint of 3 in 4 by "wilson".
    assert found.standings[0].score.interval == pytest.approx((0.3006, 0.9544), abs=1e-4)


def test_nobody_has_finished():
    with pytest.raises(ValueError, match="Nobody"):
        compute_result(CHALLENGE, {"d": Person("", [0], 0.0)})
