"""Waiting in tests: until something is so, and no longer once it can't be any more."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fmnist.runs import outputs, store


def wait_for(
    look: Callable[[], Any],
    what: str,
    seconds: float = 90,
    give_up: Callable[[], str] = str,
) -> Any:
    """What `look` returns once it is true.

    The test fails after `seconds`, or at once with the reason that `give_up` returns.
    """
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if reason := give_up():
            if found := look():  # it may have come true between the two looks
                return found
            pytest.fail(f"Waited for {what}, in vain: {reason}")
        if time.monotonic() > deadline:
            pytest.fail(f"Waited {seconds:g} s in vain for {what}.")
        time.sleep(0.05)
    return found


def failure_of(run_dir: Path) -> str:
    """Why a run has failed, and the end of its log; "" while it has not."""
    try:
        run = store.reconcile_run(run_dir)
    except FileNotFoundError:
        return ""
    if run.status.status != "failed" or run.damaged:
        return ""
    return f"{run.run_id} failed: {run.status.message}\n{outputs.read_log(run, 10)}"
