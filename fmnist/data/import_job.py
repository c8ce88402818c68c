"""One import that goes on in the background, while a page shows how far it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from fmnist.data.catalogue import DatasetInfo
from fmnist.data.idx import DatasetError
from fmnist.data.import_process import Upload, import_dataset, spooled


class ImportStopped(DatasetError):
    """Somebody asked for the end."""


class ImportJob:
    """Imports open files, which have a `name`, as soon as it is made.

    fraction, text: how far it is. entry, notes: what was kept, once that is so. error: why nothing
    was; an ImportStopped after `stop`.
    """

    def __init__(self, files: Sequence[Upload], name: str, class_names: Sequence[str] | None):
        self.fraction, self.text = 0.0, "Reading …"
        self.entry: DatasetInfo | None = None
        self.notes: tuple[str, ...] = ()
        self.error: DatasetError | None = None
        self._began = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(files, name, class_names))
        self._thread.daemon = True
        self._thread.start()

    @property
    def is_running(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        """End it within a second, with nothing kept."""
        self._stop.set()

    def wait(self, timeout_s: float) -> None:
        """Until it has ended, or for so many seconds."""
        self._thread.join(timeout_s)

    def _work(self, files: Sequence[Upload], name: str, class_names: Sequence[str] | None) -> None:
        try:
            with spooled(files) as paths:
                self.entry, self.notes = import_dataset(
                    paths, name, class_names, self._show, self._look_for_stop
                )
        except DatasetError as error:
            self.error = error
        except OSError as error:  # no room for the uploads, or no process
            self.error = DatasetError(f"The files cannot be read: {error.strerror or error}.")

    def _show(self, file: str, done: int, total: int) -> None:
        self.fraction = done / max(total, 1)
        left = (time.monotonic() - self._began) * (total - done) / max(done, 1)
        self.text = f"{file} · {self.fraction * 100:.0f} % · about {left:.0f} s left"

    def _look_for_stop(self) -> None:
        if self._stop.is_set():
            raise ImportStopped("Import stopped; nothing was added.")
