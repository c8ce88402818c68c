"""Who is next, without any process: the clock is turned by hand."""

import numpy as np
import pytest

from fmnist.engine.line import HALF_LIFE, MOST_TOGETHER, Dropped, Line, Request


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def predict(asker, model="a", images=1, is_wanted=lambda: True):
    pixels = {"images": np.zeros((images, 28, 28), np.uint8)}
    return Request(asker, "predict", {"model": model}, pixels, is_wanted)


def explain(asker):
    return Request(asker, "explain", {"model": "a"}, {"image": np.zeros((28, 28), np.uint8)})


def join(line, *requests):
    for request in requests:
        line.join(request)


def test_first_come_first_served_among_those_who_had_nothing():
    line = Line()
    first, second = explain("ann"), explain("ben")
    join(line, first, second)
    assert line.take() == [first]
    assert line.take() == [second]
    assert line.take() == []


def test_whoever_had_the_least_lately_comes_first():
    clock = Clock()
    line = Line(clock)
    line.charge([explain("ann")], 8.0)
    line.charge([explain("ben")], 1.0)
    ann, ben, new = explain("ann"), explain("ben"), explain("cem")
    join(line, ann, ben, new)
    assert [line.take() for _ in range(3)] == [[new], [ben], [ann]]


def test_a_second_question_waits_for_other_peoples_first():
    line = Line(Clock())
    questions = [explain("ann") for _ in range(5)]
    join(line, *questions)
    taken = line.take()
    line.charge(taken, 0.5)
    late = explain("ben")
    join(line, late)
    assert taken == [questions[0]]
    assert line.take() == [late]
    assert line.take() == [questions[1]]


def test_what_somebody_had_is_forgotten_by_half_at_a_time():
    clock = Clock()
    line = Line(clock)
    line.charge([explain("ann")], 4.0)
    clock.now = 3 * HALF_LIFE  # an eighth of it is left: 0.5
    line.charge([explain("ben")], 0.6)
    ann, ben = explain("ann"), explain("ben")
    join(line, ben, ann)
    assert line.take() == [ann]


def test_predictions_by_one_model_that_wait_are_asked_together():
    line = Line()
    strokes = [predict(f"person {number}") for number in range(30)]
    other, question = predict("ann", model="b"), explain("ben")
    join(line, strokes[0], other, question, *strokes[1:])
    assert line.take() == strokes
    assert line.take() == [other]
    assert line.take() == [question]


def test_not_more_are_asked_together_than_the_model_is_given_at_once():
    line = Line()
    large, small, fits = (
        predict("ann", images=MOST_TOGETHER - 1),
        predict("b", images=2),
        predict("c"),
    )
    join(line, large, small, fits)
    assert line.take() == [large, fits]
    assert line.take() == [small]


def test_one_call_is_charged_to_those_who_shared_it():
    line = Line(Clock())
    line.charge([predict("ann"), predict("ben")], 1.0)  # half a second each
    line.charge([predict("cem")], 0.6)
    ann, cem = explain("ann"), explain("cem")
    join(line, cem, ann)
    assert line.take() == [ann]


def test_what_nobody_waits_for_is_left_out_and_told_so():
    line = Line()
    stale, wanted = predict("ann", is_wanted=lambda: False), predict("ben")
    join(line, stale, wanted)
    assert line.take() == [wanted]
    assert stale.is_answered
    with pytest.raises(Dropped):
        stale.answer()


def test_whoever_leads_and_leaves_hands_the_lead_on():
    line = Line()
    first, second = predict("ann"), predict("ben")
    join(line, first, second)
    assert line.is_led_by(first)
    assert not second.stirred.is_set()
    line.leave(first)
    assert line.is_led_by(second)
    assert second.stirred.is_set()
    line.leave(second)
    third = predict("cem")
    line.join(third)
    assert line.is_led_by(third)


def test_an_error_is_raised_again_by_whoever_asked():
    request = predict("ann")
    request.settle(ValueError("no such model"))
    assert request.is_answered and request.stirred.is_set()
    with pytest.raises(ValueError, match="no such model"):
        request.answer()
