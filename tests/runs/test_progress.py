"""How far a training is, worked out by hand from small tables."""

import os
import time

import pandas as pd
import pytest

from fmnist.runs import progress, store
from fmnist.runs.store import Status
from tests.factories import runs as run_factory


def make_run(lab, **status):
    run_dir = run_factory.write_run(lab.runs_dir, status="running", epochs=4, batch_size=100)
    store.write_status(run_dir, **status)
    return store.read_run(run_dir)


@pytest.mark.parametrize(
    ("status", "fraction"),
    [
        (Status("running"), 0),
        (Status("running", epochs=4), 0),
        (Status("running", epochs=4, steps_per_epoch=10, epoch=0, step=5), 0.125),
        (Status("running", epochs=4, steps_per_epoch=10, epoch=1, step=20), 0.5),
        (Status("running", epochs=4, steps_per_epoch=10, epoch=3, step=99), 1),
        (Status("running", epochs=4, steps_per_epoch=10, epoch=3, step=40), 1),
    ],
)
def test_fraction_done(status, fraction):
    assert progress.fraction_done(status) == fraction


@pytest.mark.parametrize(("step", "of_epoch"), [(None, 0), (20, 0), (21, 1), (30, 10), (99, 10)])
def test_step_of_epoch(step, of_epoch):
    status = Status("running", epochs=4, steps_per_epoch=10, epoch=2, step=step)
    assert progress.step_of_epoch(status) == of_epoch


def test_time_left_by_finished_epochs_or_else_by_the_rate(lab):
    run = make_run(lab, epoch=1, step=15, steps_per_epoch=10, images_per_second=500.0)
    # 2.5 of 4 epochs are left: 2 s each by the history, 10 steps × 100 / 500 = 2 s by the rate.
    assert progress.seconds_left(run, pd.DataFrame({"seconds": [3.0, 5.0]})) == 10.0
    assert progress.seconds_left(run, pd.DataFrame({"seconds": []})) == 5.0


@pytest.mark.parametrize("unknown", ["images_per_second", "steps_per_epoch", "epochs"])
def test_time_left_is_unknown_at_first(lab, unknown):
    run = make_run(lab, **{unknown: None})
    assert progress.seconds_left(run, pd.DataFrame({"seconds": []})) is None


def test_tables_are_read_again_only_when_they_changed(lab):
    run = make_run(lab)
    first = progress.read_curves(run)
    again = progress.read_curves(run)
    assert again == first
    assert again.batches is first.batches
    with run.file("batches.csv").open("a") as file:
        file.write("16,3,0.5,0.75,4000\n")
    changed = progress.read_curves(run)
    assert changed != first
    assert changed.history is first.history
    assert len(changed.batches) == len(first.batches) + 1
    numbers = progress.latest(changed)
    assert (numbers["accuracy"], numbers["loss"], numbers["epoch"]) == (0.75, 0.5, 3)
    assert numbers["val_accuracy"] == first.history["val_accuracy"].iloc[-1]


def test_a_table_rewritten_at_the_same_length_counts_as_changed(lab):
    run = make_run(lab)
    first = progress.read_curves(run)
    path = run.file("batches.csv")
    path.write_text(path.read_text().replace("5000", "4000"))
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1_000_000))
    assert progress.read_curves(run).batches["images_per_second"].iloc[0] == 4000
    assert progress.read_curves(run) != first


def test_no_tables_yet(lab):
    run = store.read_run(run_factory.write_run(lab.runs_dir, status="queued"))
    curves = progress.read_curves(run)
    assert (len(curves.history), len(curves.batches)) == (0, 0)
    assert progress.latest(curves) == {}


def test_a_place_in_line_in_words(lab):
    for place, name in enumerate(("first", "second", "third")):
        run_dir = run_factory.write_run(
            lab.runs_dir, f"20260102-03040{place}-{name}", status="queued", name=name
        )
        store.write_status(run_dir, queued_at=time.time() - 30 + place)

    def places():
        everything = store.list_runs()
        return [progress.describe_queue_position(run, everything) for run in reversed(everything)][
            -3:
        ]

    assert places() == [
        "Next in the queue: it starts in a moment.",
        "Second in the queue, behind “first”.",
        "Third in the queue, behind “second”.",
    ]
    run_factory.write_run(lab.runs_dir, "20260101-000000-busy", status="running", name="busy")
    assert places()[0] == "Next in the queue, behind “busy”, which is training."
