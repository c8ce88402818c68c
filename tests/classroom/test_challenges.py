"""A challenge on disk: many people at once, hostile links and files, and its bounds."""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from fmnist.classroom import challenges
from fmnist.classroom.challenges import Challenge, ChallengeError, Key, parse_key
from fmnist.evaluation.evaluate import evaluate
from fmnist.evaluation.match import draw_images
from fmnist.runs.folder import RunsFolderError
from tests.factories import runs as run_factory

KEY = Key("bundled", "fashion-mnist", 7)
CHALLENGE = Challenge("abc", "conv-32", 0.9, [5, 6, 7], [0, 1, 2], [0, 1, 3])
TOKENS = [f"{number:016x}" for number in range(100)]


def test_a_link_carries_the_key():
    key = Key("20260102-030405-made", "my-digits", 2**31 - 1)
    assert parse_key(str(key)) == key


@pytest.mark.parametrize(
    "text",
    ["", "bundled", "bundled.fashion-mnist", "../x.fashion-mnist.1", "bundled.Fashion.1",
     "bundled.fashion-mnist.2147483648", "bundled.fashion-mnist.-1", "bundled.a.01",
     "bundled.a.1.2", "20260102-030405-made/../..a.1", "bundled.a.1\n"],
)  # fmt: skip
def test_a_hostile_link_is_no_key(text):
    with pytest.raises(ValueError):
        parse_key(text)


def test_the_model_is_asked_the_same_and_other_images_than_alone(labels):
    evaluation = evaluate(labels, run_factory.make_probabilities(labels, 0.6))
    made = challenges.make_challenge(evaluation, 3, "abc", "conv")
    assert made == challenges.make_challenge(evaluation, 3, "abc", "conv")
    assert sorted(np.bincount(made.labels)) == [6] * 5
    assert made.indices != draw_images(evaluation, 3).tolist()
    assert made.model_accuracy == pytest.approx(0.6)


def test_answers_are_kept_in_order_until_all_are_given(lab):
    person = play(TOKENS[0], [0, 4], name="  Ada\n\u202e<b> ")
    assert (person.name, person.answers) == ("Ada <b>", [0, 4])
    challenges.step_back(KEY, TOKENS[0])
    challenges.answer(KEY, TOKENS[0], 1, 1)
    challenges.answer(KEY, TOKENS[0], 1, 1)  # the same image again, by a late click
    challenges.answer(KEY, TOKENS[0], 9, 2)  # no class at all
    assert challenges.read_person(KEY, TOKENS[0]).answers == [0, 1]
    challenges.answer(KEY, TOKENS[0], 2, 2)
    challenges.step_back(KEY, TOKENS[0])  # too late
    challenges.join(KEY, CHALLENGE, TOKENS[0], "another name")
    assert challenges.read_person(KEY, TOKENS[0]).answers == [0, 1, 2]
    assert challenges.read_person(KEY, TOKENS[0]).name == "Ada <b>"


def test_a_hundred_at_once_lose_nothing(lab):
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda token: play(token, [int(token, 16) % 5] * 3), TOKENS))
    people = challenges.read_people(KEY)
    assert {token: person.answers for token, person in people.items()} == {
        token: [number % 5] * 3 for number, token in enumerate(TOKENS)
    }
    assert [path.name for path in (lab.runs_dir / ".challenges").iterdir()] == [str(KEY)]
    assert challenges.read_challenge(KEY) == CHALLENGE


def test_damaged_files_are_left_out(lab):
    play(TOKENS[0], [1])
    folder = lab.runs_dir / ".challenges" / str(KEY)
    for token, text in zip(
        TOKENS[1:5], ["{", json.dumps({"name": "x"}), "[1]", _person([7])], strict=True
    ):
        (folder / "people" / f"{token}.json").write_text(text)
    (folder / "people" / "notes.json").write_text(_person([1]))
    assert list(challenges.read_people(KEY)) == [TOKENS[0]]
    (folder / "challenge.json").write_text('{"labels": [1')
    with pytest.raises(ChallengeError, match="damaged"):
        challenges.read_challenge(KEY)


def test_it_is_bounded(lab, monkeypatch):
    monkeypatch.setattr(challenges, "MOST_PEOPLE", 2)
    play(TOKENS[0], [])
    play(TOKENS[1], [])
    with pytest.raises(ChallengeError, match="full"):
        play(TOKENS[2], [])
    play(TOKENS[1], [1])  # who has begun goes on
    monkeypatch.setattr(challenges, "MOST_CHALLENGES", 1)
    other = KEY._replace(seed=8)
    with pytest.raises(ChallengeError, match="1 challenges here"):
        challenges.join(other, CHALLENGE, TOKENS[0], "")
    long_ago = time.time() - 40 * 86_400
    for path in (lab.runs_dir / ".challenges" / str(KEY)).iterdir():
        os.utime(path, (long_ago, long_ago))
    challenges.join(other, CHALLENGE, TOKENS[0], "")
    assert challenges.read_challenge(KEY) is None


def test_who_was_removed_is_gone_and_may_begin_anew(lab):
    play(TOKENS[0], [0, 1, 2], name="Rude")
    play(TOKENS[1], [0])
    challenges.remove_person(KEY, TOKENS[0])
    challenges.remove_person(KEY, TOKENS[0])  # twice, by two teachers
    assert list(challenges.read_people(KEY)) == [TOKENS[1]]
    with pytest.raises(ChallengeError, match="load the page again"):
        challenges.answer(KEY, TOKENS[0], 1, 0)
    assert play(TOKENS[0], [4], name="Ada") == challenges.read_people(KEY)[TOKENS[0]]
    with pytest.raises(ChallengeError):
        challenges.remove_person(KEY, "../../challenge")
    assert challenges.read_challenge(KEY) == CHALLENGE


def test_who_is_at_it(lab):
    play(TOKENS[0], [0, 1, 2])
    play(TOKENS[1], [0])
    people = challenges.read_people(KEY)
    assert challenges.count_answering(CHALLENGE, people) == 1


@pytest.mark.parametrize("token", ["", "../../../x", "0" * 15, "G" * 16])
def test_a_strange_token_names_no_file(lab, token):
    with pytest.raises(ChallengeError):
        challenges.read_person(KEY, token)


def play(token: str, answers: list[int], name: str = "") -> challenges.Person:
    challenges.join(KEY, CHALLENGE, token, name)
    for number, position in enumerate(answers):
        challenges.answer(KEY, token, position, number)
    return challenges.read_person(KEY, token)


def _person(answers: list[int]) -> str:
    return json.dumps({"name": "x", "answers": answers, "seen_at": 1.0})


def test_a_folder_that_cannot_be_written_is_said(lab, monkeypatch):
    play(TOKENS[0], [0])

    def refuse(path, value):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(challenges.json_files, "write_json", refuse)
    for key in (KEY, KEY._replace(seed=9)):
        with pytest.raises(RunsFolderError, match="No space left"):
            challenges.join(key, CHALLENGE, TOKENS[1], "")
    with pytest.raises(RunsFolderError, match="No space left"):
        challenges.answer(KEY, TOKENS[0], 1, 1)
    assert challenges.read_person(KEY, TOKENS[0]).answers == [0]
    assert [path.name for path in (lab.runs_dir / ".challenges").iterdir()] == [str(KEY)]
