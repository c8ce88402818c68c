"""When a prediction is not sure: perplexities by hand, a threshold chosen on made predictions."""

import json

import numpy as np
import pytest

from fmnist.evaluation.uncertainty import (
    UNCERTAINTY_FILE,
    choose_threshold,
    compute_perplexity,
    read_threshold,
)


def shared_by(count: int) -> np.ndarray:
    """Ten probabilities that share everything among the first `count` classes."""
    return np.where(np.arange(10) < count, 1 / count, 0).astype(np.float32)


@pytest.mark.parametrize("count", [1, 2, 3, 10])
def test_an_answer_shared_by_n_classes_is_spread_over_n(count):
    assert compute_perplexity(shared_by(count)) == pytest.approx(count, rel=1e-5)


def test_the_threshold_flags_one_garment_in_fifty_and_says_how_much_nonsense():
    garments = [shared_by(1)] * 48 + [shared_by(2), shared_by(4)]
    nonsense = [shared_by(10)] * 3 + [shared_by(1)]
    # Of 50 perplexities in order, the quantile 0.98 lies at position 48.02: 2 + 0.02 · (4 - 2).
    assert choose_threshold(np.stack(garments + nonsense), np.arange(54) < 50) == {
        "spread_above": 2.04,
        "validation_drawings": 54,
        "garments_flagged": 0.02,
        "nonsense_flagged": 0.75,
    }


def test_the_threshold_lies_beside_the_model(tmp_path):
    model = tmp_path / "model.keras"
    assert read_threshold(model) is None
    (tmp_path / UNCERTAINTY_FILE).write_text(json.dumps({"spread_above": 3.5}))
    assert read_threshold(model) == 3.5
    (tmp_path / UNCERTAINTY_FILE).write_text("{}")
    with pytest.raises(ValueError, match=r"doubt\.json is damaged"):
        read_threshold(model)
