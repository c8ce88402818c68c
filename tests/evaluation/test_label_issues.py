"""Suspected labels among ten images by hand, cleanlab's counts included; verdicts counted."""

import numpy as np
import pytest
from cleanlab.count import compute_confident_joint, estimate_joint

from fmnist.evaluation.label_issues import (
    describe_rate,
    find_label_issues,
    rate_verdicts,
    verdicts_table,
)
from fmnist.plain_text import to_csv
from fmnist.runs.verdicts import Verdict

NBSP = "\N{NO-BREAK SPACE}"
# Ten images, each with its given class and the probability of class 0; that of class 1 is the rest.
GIVEN = np.array([0, 0, 0, 0, 0, 0, 1, 1, 1, 1], np.uint8)
FIRST = np.array([0.9, 0.9, 0.8, 0.8, 0.75, 0.1, 0.1, 0.2, 0.3, 0.8])


@pytest.fixture
def probabilities() -> np.ndarray:
    rows = np.zeros((10, 10), np.float32)
    rows[:, 0], rows[:, 1] = FIRST, 1 - FIRST
    return rows


def test_the_joint_count_of_ten_images_by_hand():
    """Class 0 counts from a mean of 4.25 / 6 = 0.708 on, class 1 from 2.6 / 4 = 0.65 on.

    Of those given 0, five reach 0.708 for class 0 and the sixth has 0.9 for class 1; of those given
    1, three reach 0.65 for class 1 and the last has 0.8 for class 0.
    """
    two = np.stack([FIRST, 1 - FIRST], axis=1)
    assert compute_confident_joint(GIVEN.astype(int), two).tolist() == [[5, 1], [1, 3]]
    np.testing.assert_allclose(estimate_joint(GIVEN.astype(int), two), [[0.5, 0.1], [0.1, 0.3]])


def test_the_suspected_labels_of_ten_images(probabilities):
    found = find_label_issues(GIVEN, probabilities)
    assert found.indices.tolist() == [5, 9]  # the least credible first: 0.1, then 0.2
    assert found.suggested.tolist() == [1, 0]
    np.testing.assert_allclose(found.self_confidence, [0.1, 0.2], atol=1e-6)
    assert (found.images, found.fraction) == (10, 0.2)


def test_where_all_is_credible_or_of_one_class_nothing_is_suspected(probabilities):
    good = [0, 1, 2, 3, 4, 6, 7, 8]
    assert len(find_label_issues(GIVEN[good], probabilities[good]).indices) == 0
    assert len(find_label_issues(GIVEN[:6], probabilities[:6]).indices) == 0


def verdicts() -> list[Verdict]:
    said = ["wrong", "wrong", "fine", "ambiguous"]
    made = [Verdict("test", i, 0, 1, verdict, 0.0) for i, verdict in enumerate(said)]
    return [*made, Verdict("train", 0, 0, 1, "wrong", 86400.0)]


def test_the_rate_of_wrong_labels():
    rate = rate_verdicts(verdicts(), "test")
    assert (rate.judged, rate.wrong, rate.ambiguous, rate.fine) == (4, 2, 1, 1)
    # Wilson's interval of 2 in 4, from its formula with z = 1.96.
    assert rate.interval == pytest.approx((0.15, 0.85), abs=1e-3)
    assert describe_rate(rate) == (
        f"Of 4 judged, 50.0{NBSP}% wrong label (95{NBSP}% interval 15.0–85.0{NBSP}%), 1 ambiguous, "
        "1 fine."
    )
    assert describe_rate(rate_verdicts([], "test")) == "None judged yet."


def test_no_cell_of_an_exported_file_is_a_formula():
    names = ("=HYPERLINK(1)", "+1", *"23456789")
    lines = to_csv(verdicts_table(verdicts(), names)).splitlines()
    assert lines[0] == "split,index,given,suggested,verdict,judged_at"
    assert lines[1] == "test,0,'=HYPERLINK(1),'+1,wrong,1970-01-01 00:00"
    assert lines[-1].endswith("1970-01-02 00:00")
    assert to_csv(verdicts_table([], names)).splitlines() == [lines[0]]
