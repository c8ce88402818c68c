"""Challenges: the same hidden images for everybody who has the link, and for a model.

A challenge is a folder of the runs folder, `.challenges/KEY`. Its `challenge.json` holds the images
and what the model said of them, so that it outlives the model; `people` has one file per person,
which nobody else writes: a hundred who answer at once lose nothing. All of it is bounded, as
anybody with the link can write there.
"""

from __future__ import annotations

import functools
import re
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from fmnist import json_files
from fmnist.classroom.room import make_room
from fmnist.config import DATASET_SLUG
from fmnist.evaluation.evaluate import Evaluation
from fmnist.evaluation.match import CONTESTED, IMAGES, answer_as_model, draw_images
from fmnist.files import drafting_folder, move
from fmnist.plain_text import clean
from fmnist.runs.folder import BUNDLED_ID, RUN_ID, cannot_write, runs_dir

MOST_CHALLENGES = 200
MOST_PEOPLE = 500  # of one challenge
LONGEST_NAME = 24  # characters
HIGHEST_SEED = 2**31 - 1
STILL_HERE = 300.0  # seconds after an answer within which a person counts as still answering
_APART = 20  # with it, a seed draws other images than on the page You against it
_TOKEN = re.compile(r"[0-9a-f]{16}")
_FOLDER, _FILE, _PEOPLE = ".challenges", "challenge.json", "people"


class ChallengeError(ValueError):
    """It cannot be opened or answered; the message says why."""


class Key(NamedTuple):
    """All that a link has to carry: the model, the dataset and which images are drawn."""

    run_id: str
    dataset: str  # its short name
    seed: int

    def __str__(self) -> str:
        return f"{self.run_id}.{self.dataset}.{self.seed}"


def parse_key(text: str) -> Key:
    """The key that `str` wrote. Raises ValueError for any other text."""
    run_id, dataset, seed = text.split(".")
    is_run = run_id == BUNDLED_ID or RUN_ID.fullmatch(run_id)
    is_seed = re.fullmatch(r"0|[1-9][0-9]{0,9}", seed) and int(seed) <= HIGHEST_SEED
    if not (is_run and DATASET_SLUG.fullmatch(dataset) and is_seed):
        raise ValueError
    return Key(run_id, dataset, int(seed))


class Challenge(msgspec.Struct, frozen=True):
    """`challenge.json`. Labels and answers are positions in `CONTESTED`, one for each image."""

    fingerprint: str  # of the dataset
    model: str  # what the model was called
    model_accuracy: float  # on all test images, 0 to 1
    indices: list[int]  # of test images
    labels: list[int]
    model_answers: list[int]


class Person(msgspec.Struct, frozen=True):
    """One who answers: `people/TOKEN.json`."""

    name: str  # "" where none was given
    answers: list[int]  # positions in `CONTESTED`, of the first images
    seen_at: float  # Unix seconds of the last answer


def make_challenge(evaluation: Evaluation, seed: int, fingerprint: str, model: str) -> Challenge:
    """The images that a seed draws of those the model hesitated over; writes nothing."""
    indices = draw_images(evaluation, (seed, _APART))
    if not len(indices):
        raise ChallengeError("The test images have no tops, dresses or coats to draw from.")
    labels = np.searchsorted(CONTESTED, evaluation.labels[indices])
    return Challenge(
        fingerprint,
        clean(model, 60),
        evaluation.accuracy,
        indices.tolist(),
        labels.tolist(),
        answer_as_model(evaluation, indices).tolist(),
    )


def read_challenge(key: Key) -> Challenge | None:
    """As it was first answered; None where nobody has yet. Raises ChallengeError if damaged."""
    path = _folder(key) / _FILE
    try:
        stat = path.stat()
        return _read_challenge(path, stat.st_mtime_ns, stat.st_size)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ChallengeError(
            "The file of this challenge is damaged: ask for another challenge."
        ) from error


@functools.lru_cache(maxsize=MOST_CHALLENGES)
def _read_challenge(path: Path, _written_at: int, _size: int) -> Challenge:
    found = json_files.read_record(path, Challenge)
    count = len(found.indices)
    is_sound = 0 < count <= IMAGES and count == len(found.labels) == len(found.model_answers)
    if not is_sound or min(found.indices) < 0 or _senseless(found.labels + found.model_answers):
        raise ValueError
    return found


def _senseless(answers: list[int]) -> bool:
    return any(not 0 <= answer < len(CONTESTED) for answer in answers)


def read_people(key: Key) -> dict[str, Person]:
    """All who have answered, by token; files that are damaged are left out."""
    people = {}
    try:
        for path in sorted((_folder(key) / _PEOPLE).glob("*.json"))[:MOST_PEOPLE]:
            person = _find_person(path) if _TOKEN.fullmatch(path.stem) else None
            if person:
                people[path.stem] = person
    except OSError:
        pass
    return people


def read_person(key: Key, token: str) -> Person | None:
    """None for one who has not answered yet. token: 16 hexadecimal digits."""
    return _find_person(_person_file(key, token))


def _find_person(path: Path) -> Person | None:
    try:
        stat = path.stat()
        return _read_person(path, stat.st_mtime_ns, stat.st_ino)
    except (OSError, ValueError):
        return None


@functools.lru_cache(maxsize=4 * MOST_PEOPLE)  # a page looks every few seconds, at all of them
def _read_person(path: Path, _written_at: int, _inode: int) -> Person:
    found = json_files.read_record(path, Person)
    if len(found.answers) > IMAGES or _senseless(found.answers):
        raise ValueError
    return msgspec.structs.replace(found, name=clean(found.name, LONGEST_NAME))


def join(key: Key, challenge: Challenge, token: str, name: str) -> None:
    """Have a person begin, and the challenge kept if this is the first one.

    Raises:
        ChallengeError: as many as can be have begun, or there are too many challenges.
        RunsFolderError: the folder cannot be written.
    """
    folder = _folder(key)
    if not (folder / _FILE).is_file():
        _keep(folder, challenge)
    is_new = not _person_file(key, token).exists()
    if is_new and len(read_people(key)) >= MOST_PEOPLE:
        raise ChallengeError(f"{MOST_PEOPLE} people have taken this challenge: it is full.")
    if is_new:
        _write(key, token, Person(clean(name, LONGEST_NAME), [], time.time()))


_changing = threading.Lock()  # who is being removed does not come back with an answer


def answer(key: Key, token: str, position: int, number: int) -> None:
    """Keep a person's answer to image `number`, from 0; others than the next one change nothing.

    Raises as `join` does, and ChallengeError for one who has not begun.
    """
    with _changing:
        challenge, person = _playing(key, token)
        is_next = number == len(person.answers) < len(challenge.indices)
        if is_next and 0 <= position < len(CONTESTED):
            _write(key, token, Person(person.name, [*person.answers, position], time.time()))


def step_back(key: Key, token: str) -> None:
    """Take a person's last answer back, as long as some are missing. Raises as `answer` does."""
    with _changing:
        challenge, person = _playing(key, token)
        if 0 < len(person.answers) < len(challenge.indices):
            _write(key, token, Person(person.name, person.answers[:-1], time.time()))


def remove_person(key: Key, token: str) -> None:
    """Delete a person's nickname and answers; one who is not there changes nothing.

    They may start again. Raises RunsFolderError where the folder cannot be written.
    """
    try:
        with _changing:
            _person_file(key, token).unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(runs_dir(), error) from error


def _playing(key: Key, token: str) -> tuple[Challenge, Person]:
    challenge, person = read_challenge(key), read_person(key, token)
    if challenge is None or person is None:
        raise ChallengeError("This challenge is no longer here: load the page again.")
    return challenge, person


def _write(key: Key, token: str, person: Person) -> None:
    path = _person_file(key, token)
    try:
        json_files.write_json(path, msgspec.to_builtins(person))
    except OSError as error:
        raise cannot_write(runs_dir(), error) from error


def _keep(folder: Path, challenge: Challenge) -> None:
    """Make the folder of a challenge, in one move; who comes a moment later finds it made."""
    parent = folder.parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        if not make_room(parent, MOST_CHALLENGES):
            raise ChallengeError(
                f"There are {MOST_CHALLENGES} challenges here, all of them answered within a "
                f"month. Delete some of the folders in {parent}."
            )
        with drafting_folder(parent) as draft:
            (draft / _PEOPLE).mkdir()
            json_files.write_json(draft / _FILE, msgspec.to_builtins(challenge))
            try:
                move(draft, folder)
            except OSError:
                if not (folder / _FILE).is_file():
                    raise
    except OSError as error:
        raise cannot_write(runs_dir(), error) from error


def count_answering(challenge: Challenge, people: Mapping[str, Person]) -> int:
    """How many are at it: unfinished, with an answer within the last minutes."""
    now = time.time()
    return sum(
        not is_finished(challenge, person) and now - person.seen_at < STILL_HERE
        for person in people.values()
    )


def is_finished(challenge: Challenge, person: Person) -> bool:
    return len(person.answers) == len(challenge.indices)


def _folder(key: Key) -> Path:
    return runs_dir() / _FOLDER / str(key)


def _person_file(key: Key, token: str) -> Path:
    if not _TOKEN.fullmatch(token):
        raise ChallengeError("Load the page again, please.")
    return _folder(key) / _PEOPLE / f"{token}.json"
