"""A page and its sidebar read all runs once: with a thousand of them that is what takes time."""

import pytest

from fmnist.runs import store
from tests.apptest.app_pages import open_page, words
from tests.factories import runs as run_factory


@pytest.fixture
def looks(monkeypatch) -> list[int]:
    """How many runs were found, at each look at the whole folder."""
    found: list[int] = []
    list_runs = store.list_runs

    def counted() -> list[store.Run]:
        runs = list_runs()
        found.append(len(runs))
        return runs

    monkeypatch.setattr(store, "list_runs", counted)
    return found


@pytest.mark.parametrize("page", ["start", "browse", "train", "runs", "evaluate"])
def test_a_page_and_its_sidebar_read_all_runs_once(lab, looks, page):
    run_factory.write_run(lab.runs_dir)
    at = open_page(page)
    assert looks == [1]
    at.run()
    assert looks == [1, 1]


@pytest.mark.parametrize("page", ["train", "runs"])
def test_the_next_run_of_a_page_reads_them_again(lab, page):
    at = open_page(page)
    run_factory.write_run(lab.runs_dir, name="Made meanwhile")
    at.run()
    assert "No run of your own yet" not in words(at)
    assert "Made meanwhile" in str(at)
