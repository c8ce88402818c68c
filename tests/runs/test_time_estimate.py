"""Estimates of an epoch's time: defaults, corrections by past runs, whose runs count."""

import dataclasses
import math

import msgspec
import pytest

from fmnist import json_files
from fmnist.runs import outputs, store
from fmnist.runs.time_estimate import PastRun, estimate_seconds, past_runs
from tests.factories import runs as run_factory

CONV_64 = (1_082_240, 693_578)
DENSE_32 = (25_408, 25_450)


def test_without_any_run_it_is_a_first_guess():
    estimate = estimate_seconds(*CONV_64, 54_000, [])
    assert estimate.basis == "a first guess: nothing has run on this machine yet"
    assert estimate.seconds_per_epoch == pytest.approx(54_000 / estimate.images_per_second)
    assert 500 < estimate.images_per_second < 20_000
    dense = estimate_seconds(*DENSE_32, 54_000, [])
    assert dense.seconds_per_epoch < estimate.seconds_per_epoch / 3


def test_a_network_that_has_run_is_predicted_by_its_own_speed():
    past = [PastRun(*CONV_64, 128, 2500.0), PastRun(*DENSE_32, 128, 60_000.0)]
    estimate = estimate_seconds(*CONV_64, 50_000, past)
    assert estimate.seconds_per_epoch == pytest.approx(50_000 / 2500, rel=0.02)
    assert estimate.basis == "from 2 earlier runs on this machine"
    estimate = estimate_seconds(*DENSE_32, 60_000, past)
    assert estimate.seconds_per_epoch == pytest.approx(1.0, rel=0.02)


def test_one_run_on_a_machine_three_times_as_fast_corrects_them_all():
    guess = estimate_seconds(*CONV_64, 54_000, [])
    past = [PastRun(*CONV_64, 128, 3 * guess.images_per_second)]
    assert estimate_seconds(*CONV_64, 54_000, past).seconds_per_epoch == pytest.approx(
        guess.seconds_per_epoch / 3
    )
    dense = estimate_seconds(*DENSE_32, 54_000, [])
    corrected = estimate_seconds(*DENSE_32, 54_000, past)
    assert corrected.seconds_per_epoch == pytest.approx(dense.seconds_per_epoch / 3)
    assert corrected.basis == "from 1 earlier run on this machine"


def test_validation_adds_its_fraction_and_small_batches_cost_more():
    plain = estimate_seconds(*CONV_64, 48_000, [])
    validated = estimate_seconds(*CONV_64, 48_000, [], validation_images=12_000)
    # the way forward alone takes 0.35 of a training step: 12,000 · 0.35 / 48,000
    assert validated.seconds_per_epoch / plain.seconds_per_epoch == pytest.approx(1.0875)
    small = estimate_seconds(*CONV_64, 48_000, [], batch_size=8)
    assert small.seconds_per_epoch > plain.seconds_per_epoch


def test_the_whole_training_has_a_start_and_a_score_too():
    first = estimate_seconds(*CONV_64, 54_000, [])
    # 6 s of loading and scoring and 3 s of building, as long as no run tells better
    assert first.total_seconds(1) == pytest.approx(9 + first.seconds_per_epoch)
    assert first.total_seconds(10) == pytest.approx(9 + 10 * first.seconds_per_epoch)
    past = [PastRun(*CONV_64, 128, 2500.0, seconds) for seconds in (12.0, 20.0, 40.0, None)]
    assert estimate_seconds(*CONV_64, 50_000, past).total_seconds(2) == pytest.approx(
        20 + 2 * 50_000 / 2500, rel=0.02
    )


def test_what_an_ended_run_took_beside_its_epochs(lab):
    run_dir = run_factory.write_run(lab.runs_dir)
    status = store.read_status(run_dir)
    store.write_status(run_dir, finished_at=status.started_at + 30)
    json_files.write_json(run_dir / "results.json", {"seconds": 22.5})
    # 30 s less the 22.5 s of building and epochs; 3 s of those are taken to be the building
    assert past_runs() == [PastRun(7840, 7850, 128, 5000.0, 10.5)]
    json_files.write_json(run_dir / "results.json", {"seconds": 31})
    assert past_runs() == [PastRun(7840, 7850, 128, 5000.0)]


ODD = ["7840", -7840, 0, True, None, [7840], {}, math.nan, math.inf, 1e-300]


@pytest.mark.parametrize("value", [*ODD, pytest.param(10**400, id="huge")])
@pytest.mark.parametrize("key", ["macs_per_image", "parameters", "images_per_second"])
def test_only_positive_finite_numbers_count(lab, key, value):
    odd_dir = run_factory.write_run(lab.runs_dir, "20260102-030405-odd")
    odd = store.read_run(odd_dir)
    if key == "images_per_second":
        status = msgspec.structs.replace(odd.status, images_per_second=value)
        odd = dataclasses.replace(odd, status=status)
    else:
        json_files.write_json(
            odd_dir / "environment.json", {**outputs.read_environment(odd), key: value}
        )
    right = store.read_run(run_factory.write_run(lab.runs_dir, "20260102-030406-right"))
    past = past_runs([odd, right])
    assert past == [PastRun(7840, 7850, 128, 5000.0)]
    assert estimate_seconds(*CONV_64, 54_000, past).seconds_per_epoch > 0


def test_only_runs_of_this_machine_with_a_known_speed_count(lab):
    run_factory.write_run(lab.runs_dir, "20260102-030405-mine", batch_size=64)
    run_factory.write_run(lab.runs_dir, "20260102-030406-waiting", status="queued")
    elsewhere = run_factory.write_run(lab.runs_dir, "20260102-030407-elsewhere")
    store.write_status(elsewhere, host="another-computer")
    damaged = run_factory.write_run(lab.runs_dir, "20260102-030408-damaged")
    (damaged / "config.json").unlink()
    assert past_runs() == [PastRun(7840, 7850, 64, 5000.0)]
