"""A sweep's driver whose trainings take no time, and which is killed at its n-th step:

    python -m tests.factories.quick_sweep SWEEP_DIR STEP

A step is whatever is to be found on the disk afterwards: a file of JSON, a folder moved to its
place, a line of the journal (killed there, it leaves half of the line). Step 0: it is not killed.
What a run reaches follows from its settings: `val_accuracy_of`.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from optuna.storages.journal import JournalFileBackend

from fmnist import files, json_files
from fmnist.config import TrainConfig
from fmnist.runs import outputs, store
from fmnist.runs.store import Run
from fmnist.sweeps import driver


def val_accuracy_of(config: TrainConfig) -> float:
    """After the last epoch, to six digits."""
    return round(0.5 + config.filters[0] / 1000 + config.batch_size / 1e5 + config.seed / 1e6, 6)


class QuickRunner:
    """Each look at a run has it finish one epoch, and after the last one complete."""

    def __init__(self) -> None:
        self._runs: list[Run] = []

    def start(self, run: Run) -> None:
        self._runs.append(run)

    def look(self) -> None:
        self._runs = [run for run in self._runs if train_an_epoch(run)]

    def stop(self, run: Run) -> None:
        store.request_stop(run)

    def close(self) -> None:
        self._runs.clear()

    def capacity(self) -> int:
        return 4


def train_an_epoch(run: Run) -> bool:
    """Returns whether there are more to come."""
    history = run.file("history.csv")
    lines = history.read_text(encoding="utf-8").splitlines() if history.is_file() else []
    done = max(len(lines) - 1, 0)
    if store.is_stop_requested(run.run_dir) or done == run.config.epochs:
        is_stopped = done < run.config.epochs
        for name in ("model.keras", "test_probabilities.npy", "results.json"):
            run.file(name).write_bytes(b"")  # nobody looks into them here
        store.write_status(
            run.run_dir, status="stopped" if is_stopped else "completed", finished_at=time.time()
        )
        return False
    final = val_accuracy_of(run.config)
    value = final - 0.01 * (run.config.epochs - 1 - done)
    row = f"{done},0.5,0.9,0.5,{value:.6f},0.001,1.0"
    lines = [*(lines or [",".join(outputs.HISTORY_COLUMNS)]), row]
    with files.replacing_file(history) as draft:
        draft.write_text("\n".join(lines) + "\n", encoding="utf-8")
    store.write_status(run.run_dir, status="running", heartbeat_at=time.time(), pid=os.getppid())
    return True


class _Killer:
    """Counts steps, and kills its process before or after the one."""

    def __init__(self, at: int) -> None:
        self._left = at

    def is_now(self) -> bool:
        self._left -= 1
        return self._left == 0

    def before(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **options: Any) -> Any:
            if self.is_now():
                kill()
            return step(*arguments, **options)

        return wrapped


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    folder, at = Path(sys.argv[1]), int(sys.argv[2])
    killer = _Killer(at)
    append = JournalFileBackend.append_logs

    def append_half(self: JournalFileBackend, logs: list[dict[str, Any]]) -> None:
        if killer.is_now():
            text = json.dumps(logs[0])
            with (folder / "journal.log").open("a", encoding="utf-8") as file:
                file.write(text[: len(text) // 2])
            kill()
        append(self, logs)

    JournalFileBackend.append_logs = append_half  # type: ignore[method-assign]
    json_files.write_json = killer.before(json_files.write_json)
    files.move = killer.before(files.move)
    driver.LOOK_EVERY = 0.0
    driver.drive(folder, QuickRunner())


if __name__ == "__main__":
    main()
