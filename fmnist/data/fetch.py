"""Gets a dataset for an app that has none, in the background: downloaded, or else the stand-in."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from fmnist.data import catalogue
from fmnist.data.dataset import DatasetError
from fmnist.data.download import download_dataset


@dataclass(frozen=True)
class Step:
    """What is being done, in words, and how much of it: 0 to 1."""

    text: str
    fraction: float


class Fetcher:
    """One for all sessions of a server: they start it and look at it, none waits inside it.

    `refusal` says why the last download gave nothing, and `failure` why there is no stand-in
    either; "" where there is nothing to say.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._forget()

    def _forget(self) -> None:
        self.step = Step("Looking for a mirror …", 0.0)
        self.refusal = self.failure = ""

    @property
    def is_running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Begin, unless it is under way."""
        with self._lock:
            if not self.is_running:
                self._forget()
                self._thread = threading.Thread(target=self._fetch, daemon=True)
                self._thread.start()

    def _fetch(self) -> None:
        missing = catalogue.why_standard_is_missing()
        if missing is None:
            return
        try:
            if missing.can_download:
                download_dataset(progress=self._show_download)
                return
            self.refusal = str(missing)
        except DatasetError as error:
            self.refusal = str(error)
        try:
            catalogue.make_standin(progress=self._show_making)
        except DatasetError as error:
            self.failure = str(error)

    def _show_download(self, name: str, done: int, total: int) -> None:
        megabytes = f"{done / 1e6:.1f} of {total / 1e6:.1f} MB"
        self.step = Step(f"{name}: {megabytes}", done / max(total, 1))

    def _show_making(self, what: str, done: int, total: int) -> None:
        text = f"{what}: {done:,} of {total:,}" if done < total else "Writing the files …"
        self.step = Step(text, done / max(total, 1))
