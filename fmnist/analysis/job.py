"""What a long computation is given, and how it says how far it is."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from fmnist.data.dataset import Dataset
from fmnist.runs.status import is_stop_requested, write_status
from fmnist.runs.store import Run

_WRITE_EVERY = 0.4  # seconds


class Stopped(Exception):
    """Somebody asked for the end."""


@dataclass
class Job:
    folder: Path  # of this analysis: results go there
    data: Dataset
    run: Run | None = None  # None where it is about the dataset alone
    _written_at: float = field(default=0.0, repr=False)
    _began: tuple[float, int] | None = field(default=None, repr=False)  # when, with what done

    def report(self, done: int, total: int, message: str = "") -> None:
        """Say that `done` of `total` steps are done; call it every few seconds at least.

        Raises Stopped when somebody asked for the end.
        """
        if is_stop_requested(self.folder):
            raise Stopped
        now = time.monotonic()
        self._began = began, done_before = self._began or (now, done)  # it may go on from there
        if now - self._written_at < _WRITE_EVERY and done < total:
            return
        self._written_at = now
        write_status(
            self.folder,
            step=done,
            steps_per_epoch=total,
            images_per_second=(done - done_before) / (now - began) if now > began else None,
            heartbeat_at=time.time(),
            message=message,
        )
