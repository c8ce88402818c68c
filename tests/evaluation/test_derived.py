"""Computed once: found again in the run's folder, and computed anew where what lies there is not
what was asked for.
"""

import dataclasses

import numpy as np
import pytest

from fmnist.data.dataset import load_dataset
from fmnist.evaluation import derived
from fmnist.evaluation.slices import compute_slices
from fmnist.runs.derived import derived_dir
from tests.evaluation.test_slices import make_weak_spot


@pytest.fixture
def data(lab):
    _, images = make_weak_spot(20, 2)
    return dataclasses.replace(load_dataset(), test_images=images)


def never(*_):
    pytest.fail("computed again")


def test_weak_spots_are_found_again(made, data, monkeypatch):
    evaluation, _ = make_weak_spot(20, 2)
    first = derived.find_slices(made, data, evaluation)
    assert [one.name for one in first.significant] == ["6-dark", "all-dark"]
    monkeypatch.setattr(derived, "compute_slices", never)
    again = derived.find_slices(made, data, evaluation)
    assert again.tested == first.tested
    for one, other in zip(again.significant, first.significant, strict=True):
        np.testing.assert_array_equal(one.indices, other.indices)
        assert vars(one) | {"indices": None} == vars(other) | {"indices": None}


def test_damage_costs_time_alone(made, data):
    evaluation, images = make_weak_spot(20, 2)
    derived.find_slices(made, data, evaluation)
    (file,) = derived_dir(made, data.fingerprint).glob("slices-*")
    file.write_text('{"significant": 3}')
    assert derived.find_slices(made, data, evaluation).tested == 6
    expected = compute_slices(evaluation, images).tested
    assert derived.find_slices(made, data, evaluation).tested == expected


def test_other_scores_have_their_own(made, data):
    derived.find_slices(made, data, make_weak_spot(20, 2)[0])
    evaluation, _ = make_weak_spot(3, 3)
    assert not derived.find_slices(made, data, evaluation).significant


def test_a_projection_is_found_again(made, data, monkeypatch):
    features = np.random.default_rng(0).standard_normal((50, 6)).astype(np.float32)
    first = derived.find_projection(made, data, features)
    monkeypatch.setattr(derived, "project", never)
    np.testing.assert_array_equal(derived.find_projection(made, data, features), first)
