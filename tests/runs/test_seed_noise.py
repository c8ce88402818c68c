"""What repeats over seeds say about a difference."""

import statistics

import pytest
from scipy import stats

from fmnist.json_files import read_json, write_json
from fmnist.runs.listing import group_over_seeds
from fmnist.runs.seed_noise import SeedNoise, describe_seed_noise, find_seed_noise
from fmnist.runs.store import load_run
from fmnist.runs.tables import summarise
from tests.factories import runs as run_factory


def write(lab, number: int, accuracy: float, seed: int = 0, **settings):
    run_dir = run_factory.write_run(
        lab.runs_dir, f"202601{number:02}-000000-made", accuracy=accuracy, **settings
    )
    config = read_json(run_dir / "config.json")
    write_json(run_dir / "config.json", {**config, "seed": seed})
    return summarise([load_run(run_dir.name)])[0]


def test_the_deviation_is_pooled_over_the_groups_of_the_chosen(lab):
    first = [write(lab, n, a, seed=n) for n, a in ((1, 0.9), (2, 0.92), (3, 0.94))]
    second = [write(lab, n, a, seed=n, dropout=0.5) for n, a in ((4, 0.8), (5, 0.84))]
    other = [write(lab, n, a, seed=n, dropout=0.1) for n, a in ((6, 0.1), (7, 0.9))]
    groups = group_over_seeds([*first, *second, *other])
    noise = find_seed_noise(groups, [first[0], second[0]])
    # squares 2 × 0.02² + 2 × 0.02², with 2 + 1 degrees of freedom
    assert noise.deviation == pytest.approx((4 * 0.02**2 / 3) ** 0.5)
    assert (noise.runs, noise.freedom) == (5, 3)
    alone = find_seed_noise(groups, [first[1]])
    assert alone.deviation == pytest.approx(statistics.stdev([0.9, 0.92, 0.94]))


def test_without_repeats_nothing_is_known(lab):
    runs = [write(lab, 1, 0.9), write(lab, 2, 0.8, dropout=0.5)]
    assert find_seed_noise(group_over_seeds(runs), runs) is None
    assert "not known" in describe_seed_noise(None, 0.1)


def test_the_same_seed_again_is_no_repeat(lab):
    runs = [write(lab, 1, 0.9, seed=4), write(lab, 2, 0.9, seed=4)]
    assert find_seed_noise(group_over_seeds(runs), runs) is None


def test_within_and_beyond():
    noise = SeedNoise(0.002, 5, 4)
    assert noise.largest == pytest.approx(stats.t(4).ppf(0.975) * 2**0.5 * 0.002)  # 0.785 points
    assert describe_seed_noise(noise, -0.007).startswith("Within seed noise: over 5 runs")
    said = describe_seed_noise(noise, 0.009)
    assert said.startswith("Beyond seed noise")
    assert "0.20 percentage points" in said
    assert "up to 0.79 apart" in said
