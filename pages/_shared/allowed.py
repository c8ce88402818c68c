"""What concerns others, done only for who may do it: pages change such things from here alone.

A button that is disabled in the browser can be pressed all the same by whoever speaks to the server
directly, so whether somebody may is asked when it is done. Each raises `role.NotAllowed`.
"""

from __future__ import annotations

from collections.abc import Iterable

from fmnist.classroom import challenges
from fmnist.data import catalogue
from fmnist.drawing import corrections
from fmnist.imported import start
from fmnist.runs import analyses, jobs, settings, store
from fmnist.runs.analyses import Analysis
from fmnist.runs.queue import Queue
from fmnist.runs.store import Run
from fmnist.sweeps import driving, sweep
from fmnist.sweeps.sweep import Sweep, SweepState
from pages._shared import role

WHOSE = "Only the person who started it, or the teacher, may {}."


def stop_run(run_id: str) -> None:
    """As `jobs.stop_run`, for whose it is and the teacher."""
    _require_own(store.load_run(run_id), "stop it")
    jobs.stop_run(run_id)


def stop_analysis(analysis: Analysis) -> None:
    """As `analyses.stop`, for whose it is and the teacher."""
    if not role.may_stop_process(analysis.status):
        raise role.NotAllowed(WHOSE.format("stop it"))
    analyses.stop(analysis)


def rename_run(run_id: str, name: str) -> None:
    run = _require_own(store.load_run(run_id), "rename it")
    store.rename_run(run, name)


def annotate_run(run_id: str, tags: Iterable[str] | None = None, note: str | None = None) -> None:
    run = _require_own(store.load_run(run_id), "change its tags and note")
    store.annotate_run(run, tags, note)


def rescore_import(run_id: str, inputs: str, outputs: str) -> None:
    _require_own(store.load_run(run_id), "score it again")
    start.rescore_import(run_id, inputs, outputs)


def delete_run(run: Run) -> None:
    role.require_teacher("delete runs")
    store.delete_run(run)


def delete_dataset(slug: str) -> None:
    role.require_teacher("delete datasets")
    catalogue.delete_dataset(slug)


def remove_correction(key: str) -> None:
    role.require_teacher("remove corrections that are saved")
    corrections.remove(key)


def clear_corrections() -> None:
    role.require_teacher("remove corrections that are saved")
    corrections.clear()


def remove_person(key: challenges.Key, token: str) -> None:
    role.require_teacher("remove a person from a challenge")
    challenges.remove_person(key, token)


def move_up(queue: Queue, run_id: str) -> None:
    role.require_teacher("change the order of the queue")
    queue.move_up(run_id)


def set_parallel_trainings(count: int) -> None:
    role.require_teacher("change how many trainings run at once")
    settings.write_parallel_trainings(count)


def use_for_drawings(run_id: str) -> None:
    role.require_teacher("change the model that is used for drawings")
    settings.write_drawing_run(run_id)


def start_sweep(planned: Sweep) -> SweepState:
    """As `driving.start_sweep`; where there is a teacher, others have one at a time."""
    owner = role.session_id()
    live = any(state.is_live and state.status.owner == owner for state in sweep.list_sweeps())
    if live and not role.is_teacher():
        raise role.NotAllowed("A sweep of yours is running: wait for its end, or cancel it.")
    return driving.start_sweep(planned, owner)


def cancel_sweep(sweep_id: str) -> None:
    sweep.request(_require_own_sweep(sweep_id, "cancel it"), "stop")


def resume_sweep(sweep_id: str) -> None:
    driving.resume(_require_own_sweep(sweep_id, "resume it"))


def delete_sweep(sweep_id: str) -> None:
    role.require_teacher("delete sweeps")
    sweep.delete_sweep(sweep.load_sweep(sweep_id))


def _require_own_sweep(sweep_id: str, what: str) -> SweepState:
    state = sweep.load_sweep(sweep_id)
    if not role.may_stop_process(state.status):
        raise role.NotAllowed(WHOSE.format(what))
    return state


def _require_own(run: Run, what: str) -> Run:
    if not role.may_stop(run):
        raise role.NotAllowed(WHOSE.format(what))
    return run
