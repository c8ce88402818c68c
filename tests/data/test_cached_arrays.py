"""fmnist/data/cached_arrays.py: computed once, and again where the file is another."""

import numpy as np
import pytest

from fmnist.data.cached_arrays import keep, read_or_compute

ROWS = np.arange(6, dtype=np.float32).reshape(3, 2)


def refuse() -> np.ndarray:
    raise AssertionError("it lies in the cache")


def test_an_array_is_computed_once(tmp_path):
    path = tmp_path / "new" / "rows.npy"
    np.testing.assert_array_equal(read_or_compute(path, (3, 2), lambda: ROWS), ROWS)
    np.testing.assert_array_equal(read_or_compute(path, (3, 2), refuse), ROWS)


@pytest.mark.parametrize(
    "found", [ROWS[:2], ROWS.astype(np.float64), ROWS.T], ids=["short", "float64", "turned"]
)
def test_an_array_of_another_kind_is_computed_again(tmp_path, found):
    path = tmp_path / "rows.npy"
    np.save(path, found)
    np.testing.assert_array_equal(read_or_compute(path, (3, 2), lambda: ROWS), ROWS)
    np.testing.assert_array_equal(np.load(path), ROWS)


def test_a_cache_that_cannot_be_written_costs_nothing_else(tmp_path):
    (tmp_path / "file").write_text("no folder")
    path = tmp_path / "file" / "rows.npy"
    np.testing.assert_array_equal(read_or_compute(path, (3, 2), lambda: ROWS), ROWS)


def test_what_is_out_of_date_goes_and_the_rest_stays(tmp_path):
    for name in ("a-1.npy", "a-2.npy", "b-1.npy"):
        np.save(tmp_path / name, ROWS)
    keep(tmp_path / "a-3.npy", ROWS, replaces="a-*.npy")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-3.npy", "b-1.npy"]
