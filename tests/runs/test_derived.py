"""Where what was computed from a run lies."""

import shutil

import pytest

from fmnist.data.dataset import cache_dir
from fmnist.runs import store
from fmnist.runs.derived import derived_dir, derived_dir_of_data


def test_it_lies_in_the_runs_folder_by_dataset_and_goes_with_it(made):
    folder = derived_dir(made, "0123456789abcdef")
    assert folder == made.run_dir / "analyses" / "0123456789abcdef"
    folder.mkdir(parents=True)
    store.delete_run(made)
    assert not folder.exists()


def test_the_bundled_run_is_not_written_to(made, bundled_dir, monkeypatch):
    shutil.copytree(made.run_dir, bundled_dir)
    folder = derived_dir(store.load_run("bundled"), "0123456789abcdef")
    assert folder.is_relative_to(cache_dir())
    (bundled_dir / "model.keras").write_bytes(b"the next version's")
    assert derived_dir(store.load_run("bundled"), "0123456789abcdef") != folder


def test_what_is_about_the_data_alone_lies_in_the_cache():
    first, second = map(derived_dir_of_data, ("0123456789abcdef", "fedcba9876543210"))
    assert first != second
    assert first.is_relative_to(cache_dir())


def test_a_run_without_a_model_says_so(made, bundled_dir):
    shutil.copytree(made.run_dir, bundled_dir)
    (bundled_dir / "model.keras").unlink()
    with pytest.raises(OSError, match=r"model\.keras"):
        derived_dir(store.load_run("bundled"), "0123456789abcdef")
