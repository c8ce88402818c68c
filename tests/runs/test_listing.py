"""The list of runs as a person looks at it: filtered, grouped over seeds, the best marked."""

import pytest

from fmnist.runs import store
from fmnist.runs.listing import Spread, filter_by_words, find_best, group_over_seeds
from fmnist.runs.tables import differing_settings, summarise
from tests.factories import runs as run_factory


def write(lab, *each, **shared):
    """One run for each of these settings, the first the newest; returns their summaries."""
    for number, settings in enumerate(each):
        run_id = f"202601{20 - number}-000000-x"
        run_factory.write_run(lab.runs_dir, run_id, **{**shared, **settings})
    return summarise(store.list_runs())


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", ["Wide", "Deep", "Wide"]),
        ("wide", ["Wide", "Wide"]),
        ("WIDE dropout 0.3", ["Wide"]),
        ("failed", ["Deep"]),
        ("crashed", ["Deep"]),
        ("filters 8-24", ["Deep"]),
        ("fraction dropped 0.3", ["Wide"]),
        ("20260119", ["Deep"]),
        ("fashion", ["Wide", "Deep", "Wide"]),
        ("nothing", []),
    ],
)
def test_every_word_must_be_found(lab, words, found):
    summaries = write(
        lab,
        {"name": "Wide", "dropout": 0.3},
        {"name": "Deep", "filters": (8, 24), "status": "failed"},
        {"name": "Wide"},
    )
    labels = {"dropout": "Fraction dropped"}
    listed = filter_by_words(summaries, words, {"failed": "Crashed"}, labels)
    assert [summary.name for summary in listed] == found


def test_tags_and_notes_are_found(lab):
    write(lab, {"name": "a"}, {"name": "b"})
    store.annotate_run(store.list_runs()[1], ["baseline"], "The one to beat")
    summaries = summarise(store.list_runs())
    for words in ("baseline", "beat"):
        assert [s.name for s in filter_by_words(summaries, words, {}, {})] == ["b"]


def test_runs_of_one_config_are_a_group_whatever_their_seeds_and_names(lab):
    alike = [{"seed": 0}, {"seed": 1, "dropout": 0.1}, {"seed": 2, "name": "Other"}]
    summaries = write(lab, *alike, accuracy=0.8)
    groups = group_over_seeds(summaries)
    assert [len(group.members) for group in groups] == [2, 1]
    assert [member.run_id[:8] for member in groups[0].members] == ["20260120", "20260118"]


def test_imported_models_are_never_grouped(lab):
    for day in (1, 2):
        run_factory.write_imported_run(lab.runs_dir, f"2026010{day}-000000-x")
    assert len(group_over_seeds(summarise(store.list_runs()))) == 2


def test_mean_and_sample_deviation():
    assert Spread.of([0.8, None, 0.9]).mean == pytest.approx(0.85)
    assert Spread.of([0.8, None, 0.9]).deviation == pytest.approx(0.0707107)  # 0.1 / √2
    assert Spread.of([0.8]) == Spread(0.8, None)
    assert Spread.of([None]) == Spread(None, None)


def test_the_best_is_best_on_validation_and_one_of_several(lab):
    summaries = write(lab, {"epochs": 2, "accuracy": 0.9}, {"epochs": 4, "accuracy": 0.7})
    assert find_best(summaries) == {"20260119-000000-x"}, "its last epoch is higher on validation"
    assert find_best(summaries[:1]) == set()


def test_settings_that_differ_name_and_dataset_aside(lab):
    summaries = write(lab, {"name": "a", "dropout": 0.1}, {"name": "b"}, epochs=2)
    assert differing_settings(summaries) == ["dropout"]
    assert differing_settings(summaries[:1]) == differing_settings([]) == []
