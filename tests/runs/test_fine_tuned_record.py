"""Pairs counted before and after, McNemar's test, and a record that is read with care."""

import json
import math
import re

import pytest

from fmnist import PROJECT_ROOT
from fmnist.runs.fine_tuned_record import STAGES, Comparison, FineTuned, stage_fraction


def test_what_is_right_after_is_counted():
    pair = Comparison(images=100, before=60, gained=7, lost=5)
    assert pair.after == 62
    assert pair.points_lost == -2
    assert Comparison(images=500, before=430, gained=3, lost=27).points_lost == pytest.approx(4.8)
    assert Comparison(0, 0, 0, 0).points_lost == 0


@pytest.mark.parametrize(
    ("gained", "lost"), [(0, 0), (1, 0), (6, 0), (12, 0), (7, 5), (3, 15), (304, 387)]
)
def test_the_p_value_is_the_exact_one_of_mcnemar(gained, lost):
    """Twice the chance of so few changes one way, of all that changed, by tosses of a coin."""
    pair = Comparison(1000, 500, gained, lost)
    changed = gained + lost
    fewest = sum(math.comb(changed, count) for count in range(min(gained, lost) + 1))
    expected = min(1.0, 2 * fewest / 2**changed)
    assert pair.p_value == pytest.approx(expected)
    assert pair.is_sure == (expected < 0.05)


def test_a_record_is_the_same_after_a_file():
    fine_tuned = FineTuned(14, "20260101-000000-taught", "0f", Comparison(14, 0, 12, 0))
    assert FineTuned.from_json(json.loads(json.dumps(fine_tuned.to_json()))) == fine_tuned
    assert fine_tuned.summary == "the model for drawings, fine-tuned on 14 corrections"
    assert FineTuned(1).summary.endswith("fine-tuned on 1 correction")


@pytest.mark.parametrize(
    "values",
    [
        [],
        {},
        {"corrections": -1},
        {"corrections": "many"},
        {"corrections": 1, "before": 2},
        {"corrections": 1, "learnt": [1]},
        {"corrections": 1, "learnt": {"images": 1}},
        {"corrections": 1, "learnt": {"images": 1, "before": 1, "gained": 1, "lost": 0}},
        {"corrections": 1, "learnt": {"images": 1, "before": 0, "gained": 0, "lost": 1}},
        {"corrections": 1, "learnt": {"images": 1.5, "before": 0, "gained": 0, "lost": 0}},
        {"corrections": 1, "other": None},
    ],
)
def test_another_record_is_refused(values):
    with pytest.raises(ValueError, match=r"taught|count|text"):
        FineTuned.from_json(values)


def test_every_stage_that_a_fine_tuning_names_has_its_place_in_the_progress():
    source = (PROJECT_ROOT / "fmnist/drawing/fine_tune.py").read_text(encoding="utf-8")
    assert ["loading TensorFlow", *re.findall(r'set_message\("(.+)"\)', source)] == list(STAGES)
    assert sorted(STAGES.values()) == list(STAGES.values())
    assert (
        stage_fraction("training the last layer"),
        stage_fraction("of a later version"),
        stage_fraction(None),
    ) == (0.5,) * 3
    assert stage_fraction("scoring") == 0.9
