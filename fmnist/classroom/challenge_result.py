"""What a challenge came to: all scores beside the model's, and the images that everybody missed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fmnist.classroom.challenges import Challenge, Person, is_finished
from fmnist.evaluation.evaluate import Score
from fmnist.evaluation.match import CONTESTED


@dataclass(frozen=True)
class Standing:
    """place: from 1; those with as many right share it. token: "" of the model."""

    place: int
    token: str
    name: str
    score: Score


@dataclass(frozen=True, eq=False)
class ChallengeResult:
    """Of N images and all who have answered every one of them."""

    standings: tuple[Standing, ...]  # the best first, the model among them
    people: int
    right: np.ndarray  # int64 (N,): how many people were right
    common: np.ndarray  # int64 (N,): the people's most common wrong answer; -1 where none was
    model_is_right: np.ndarray  # bool (N,)

    @property
    def missed_by_all(self) -> np.ndarray:
        """Positions, int64, of images that no person got right."""
        return np.flatnonzero(self.right == 0)

    @property
    def hardest_first(self) -> np.ndarray:
        """Positions, int64, of all images."""
        return np.argsort(self.right, kind="stable")

    @property
    def better_than_model(self) -> int:
        """How many people were right more often than the model."""
        model = int(self.model_is_right.sum())
        return sum(one.score.right > model for one in self.standings if one.token)


def compute_result(challenge: Challenge, people: Mapping[str, Person]) -> ChallengeResult:
    """people: by token; those who have not finished are left out.

    Raises ValueError where nobody has finished.
    """
    finished = {token: person for token, person in people.items() if is_finished(challenge, person)}
    if not finished:
        raise ValueError("Nobody has finished this challenge yet.")
    labels = np.array(challenge.labels)
    answers = np.array([person.answers for person in finished.values()])  # (people, N)
    is_right = answers == labels
    model_is_right = np.array(challenge.model_answers) == labels
    rights = [("", challenge.model, int(model_is_right.sum()))]
    rights += [
        (token, person.name, int(right))
        for (token, person), right in zip(finished.items(), is_right.sum(axis=1), strict=True)
    ]
    standings = [
        Standing(
            1 + sum(other > right for _, _, other in rights), token, name, Score(right, len(labels))
        )
        for token, name, right in rights
    ]
    wrong = np.stack([((answers == place) & ~is_right).sum(axis=0) for place in _PLACES])
    return ChallengeResult(
        tuple(sorted(standings, key=lambda one: (one.place, one.token != "", one.name))),
        len(finished),
        is_right.sum(axis=0),
        np.where(wrong.any(axis=0), wrong.argmax(axis=0), -1),
        model_is_right,
    )


_PLACES = range(len(CONTESTED))
