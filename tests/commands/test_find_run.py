"""Which run a command is about: by its folder or its id."""

import pytest

from fmnist.commands.find_run import find_run
from fmnist.config import TrainConfig
from fmnist.runs import store


def test_a_run_is_found_by_its_folder_or_its_id(lab):
    run = store.create_run(TrainConfig())
    assert find_run(str(run.run_dir)) == find_run(run.run_id) == run


def test_what_is_neither_is_refused(lab):
    with pytest.raises(store.RunNotFound):
        find_run("nowhere/at-all")
