"""Many models uploaded at once: a few have a process, the others wait, and each ends truly."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from fmnist.imported import start
from fmnist.imported.line import MOST_AT_ONCE, Line
from fmnist.imported.refused_files import read_refusal
from fmnist.runs import jobs, store
from fmnist.runs.imported_record import ImportedModel
from tests.factories import runs as run_factory
from tests.waits import wait_for


class Processes:
    """In the place of real ones: each ends when the test says so."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.refuses = False
        self._ends: dict[str, threading.Event] = {}

    def start_and_watch(self, run: store.Run, command: str) -> threading.Thread:
        if self.refuses:
            raise store.RunsFolderError("The process could not be started.")
        assert command == "import-model"
        self._ends[run.run_id] = threading.Event()
        watcher = threading.Thread(target=self._ends[run.run_id].wait, daemon=True)
        watcher.start()
        self.begun.append(run.run_id)
        return watcher

    def end(self, run: store.Run) -> None:
        store.write_status(run.run_dir, status="completed")
        self._ends[run.run_id].set()


@pytest.fixture
def processes(lab, monkeypatch):
    made = Processes()
    monkeypatch.setattr(jobs, "start_and_watch", made.start_and_watch)
    return made


def queue(count: int) -> list[store.Run]:
    model = ImportedModel("theirs.keras")
    return [store.create_import_run(f"run {number}", model, b"x") for number in range(count)]


def test_a_few_at_a_time_in_the_order_they_came(processes):
    line, runs = Line(places=2), queue(5)
    ids = [run.run_id for run in runs]
    for run in runs:
        line.add(run)
    assert processes.begun == ids[:2]
    for ended, begun in ((1, 3), (0, 4), (2, 5)):
        processes.end(runs[ended])
        wait_for(lambda begun=begun: len(processes.begun) == begun, "the next one begins")
    assert processes.begun == ids


def test_who_was_cancelled_or_deleted_meanwhile_gets_no_process(processes):
    line, runs = Line(places=1), queue(4)
    for run in runs:
        line.add(run)
    jobs.stop_run(runs[1].run_id)
    jobs.stop_run(runs[2].run_id)
    assert store.load_run(runs[1].run_id).status.status == "stopped"
    store.delete_run(store.load_run(runs[2].run_id))
    processes.end(runs[0])
    wait_for(lambda: len(processes.begun) == 2, "the next one begins")
    assert processes.begun == [runs[0].run_id, runs[3].run_id]


def test_no_process_to_be_had_is_told_and_takes_no_place(processes):
    line, runs = Line(places=1), queue(4)
    processes.refuses = True
    with pytest.raises(store.RunsFolderError, match="could not be started"):
        line.add(runs[0])
    processes.refuses = False
    wait_for(lambda: line._free == 1, "its place is free again")
    line.add(runs[1])
    line.add(runs[2])
    processes.refuses = True
    processes.end(runs[1])
    wait_for(lambda: store.load_run(runs[2].run_id).status.status == "failed", "it is told")
    assert store.load_run(runs[2].run_id).status.message == "The process could not be started."
    wait_for(lambda: line._free == 1, "the place is free again")


def test_what_a_server_that_has_ended_left_waiting_is_taken_up_once(processes):
    line, runs = Line(places=1), queue(3)
    line.add(runs[0])
    store.write_status(runs[1].run_dir, queued_at=time.time() - 3600)
    for _ in range(3):
        line.take_up(store.list_runs())
    processes.end(runs[0])
    wait_for(lambda: len(processes.begun) == 2, "the forgotten one begins")
    line.take_up(store.list_runs())  # its process has not said yet that it is there
    processes.end(runs[1])
    wait_for(lambda: line._free == 1, "the line is empty")
    assert processes.begun == [runs[0].run_id, runs[1].run_id], "a new one is somebody's"


def test_a_process_that_comes_too_late_leaves_the_run_to_who_checks_it(lab):
    (run,) = queue(1)
    store.claim_run(run.run_dir, status="running")  # this process stands for the other one
    jobs.start_and_watch(run, "import-model").join()
    assert "is being checked by process" in (run.run_dir / "log.txt").read_text(encoding="utf-8")
    assert store.load_run(run.run_id).status.status == "running"


def test_thirty_uploads_at_once(lab, monkeypatch):
    watchers: list[threading.Thread] = []
    at_once: list[int] = []
    counting = threading.Lock()
    start_and_watch = jobs.start_and_watch

    def count(run: store.Run, command: str) -> threading.Thread:
        with counting:
            at_once.append(1 + sum(watcher.is_alive() for watcher in watchers))
            watchers.append(start_and_watch(run, command))
            return watchers[-1]

    monkeypatch.setattr(jobs, "start_and_watch", count)
    monkeypatch.setattr(start, "_line", Line())
    good = run_factory.tiny_model()
    files = {f"{number}.keras": b"PK\x03\x04 cut short" for number in range(29)}
    files["good.keras"] = good
    with ThreadPoolExecutor(30) as pool:
        ids = dict(zip(files, pool.map(start.start_import, files.values(), files), strict=True))
    wait_for(lambda: not any(run.is_live for run in store.list_runs()), "all have ended", 500)
    wait_for(lambda: len(store.list_runs()) == 1, "nothing is left of those that were refused")
    assert len(watchers) == 30
    assert max(at_once) <= MOST_AT_ONCE
    run = store.load_run(ids.pop("good.keras"))
    assert (run.status.status, run.has_scores) == ("completed", True)
    for name, run_id in ids.items():
        reason = read_refusal(run_id).reason
        assert reason.startswith(f"{name} is damaged or cut short")
        assert reason.count(". ") <= 1
