"""Downloads Fashion-MNIST's published files into the cache, from the first mirror that works."""

from __future__ import annotations

import hashlib
import http.client
import os
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path

import filelock

from fmnist import dataset
from fmnist.dataset import DatasetError, Progress, cache_dir, compute_md5

MIRRORS = (
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
)

_CHUNK_BYTES = 1 << 18
_MAX_DOWNLOAD_BYTES = 64 << 20  # the largest file is 26 MB
_LOCK_TIMEOUT_S = 600.0


def download_dataset(
    progress: Progress | None = None,
    timeout: float = 5.0,
    mirrors: Sequence[str] | None = None,
) -> Path:
    """Download what is missing into `<cache>/fashion-mnist` and return that folder.

    All mirrors (MIRRORS, if none are given) are asked at once whether they are there; those that
    have not answered after `timeout` seconds are given up, the others are tried in turn. `timeout`
    holds for each read, too. A file gets its name only when it is complete and its MD5 is
    right. `progress(file, bytes, total)` is called as bytes arrive. Two processes at once download
    once.

    Raises DatasetError when no mirror gives all the files, or the folder cannot be written.
    """
    folder = cache_dir() / "fashion-mnist"
    everywhere = MIRRORS if mirrors is None else mirrors
    reasons = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder / "download.lock", timeout=_LOCK_TIMEOUT_S):
            asked_at = time.monotonic()
            asked = {mirror: _ask(mirror, timeout) for mirror in everywhere}
            for mirror, answer in asked.items():
                try:
                    _wait(answer, timeout, asked_at)
                    for name in dataset.FILES:
                        if not _is_right(folder / name):
                            _download_file(mirror, name, folder, timeout, progress)
                    return folder
                except _MirrorError as error:
                    reasons.append(f"{mirror}: {error}")
    except filelock.Timeout:
        raise DatasetError(
            f"Another process has been downloading into {folder} for {_LOCK_TIMEOUT_S:.0f} s; "
            "end it, or try again later."
        ) from None
    except OSError as error:
        raise DatasetError(
            f"The download cannot be written to {folder}: {error.strerror or error}. "
            "Set FMNIST_CACHE_DIR to a folder with 100 MB of room."
        ) from error
    raise DatasetError(
        f"No mirror gave the dataset ({'; '.join(reasons)}). "
        f"Put these four files into {folder}: {', '.join(dataset.FILES)}."
    )


class _MirrorError(Exception):
    """This mirror did not give the file; the next one may."""


def _ask(mirror: str, timeout: float) -> Future:
    """Whether the mirror is there: a future that holds nothing, or a _MirrorError.

    It is asked in a thread that nobody waits for: looking up a name may take minutes.
    """
    answer = Future()

    def knock() -> None:
        request = urllib.request.Request(mirror + next(iter(dataset.FILES)), method="HEAD")
        try:
            with urllib.request.urlopen(request, timeout=timeout):
                answer.set_result(None)
        except urllib.error.HTTPError:
            answer.set_result(None)  # it is there; whether it has the files is seen soon
        except (OSError, http.client.HTTPException) as error:
            answer.set_exception(_MirrorError(str(error) or type(error).__name__))

    threading.Thread(target=knock, daemon=True).start()
    return answer


def _wait(answer: Future, timeout: float, asked_at: float) -> None:
    try:
        answer.result(max(0.0, asked_at + timeout - time.monotonic()))
    except TimeoutError:
        raise _MirrorError(f"no answer within {timeout:g} s") from None


def _is_right(path: Path) -> bool:
    return path.is_file() and compute_md5(path) == dataset.FILES[path.name]


def _download_file(
    mirror: str, name: str, folder: Path, timeout: float, progress: Progress | None
) -> None:
    partial = folder / f"{name}.{os.getpid()}.partial"
    try:
        with partial.open("wb") as target:
            digest = _fetch(mirror + name, target, timeout, progress, name)
        if digest != dataset.FILES[name]:
            raise _MirrorError(f"{name} has the MD5 {digest}; expected {dataset.FILES[name]}")
        partial.replace(folder / name)
    finally:
        partial.unlink(missing_ok=True)


def _fetch(url: str, target, timeout: float, progress: Progress | None, name: str) -> str:
    """Stream `url` into `target`; returns the MD5 of what came."""
    digest = hashlib.md5(usedforsecurity=False)
    done = 0
    for chunk, total in _chunks(url, timeout):
        done += len(chunk)
        if done > _MAX_DOWNLOAD_BYTES:
            raise _MirrorError(f"{name} has more than {_MAX_DOWNLOAD_BYTES >> 20} MB")
        digest.update(chunk)
        target.write(chunk)
        if progress:
            progress(name, done, max(done, total))
    return digest.hexdigest()


def _chunks(url: str, timeout: float):
    """Yield (bytes, total bytes announced or 0); what the network does wrong is a _MirrorError."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as response:
            total = int(response.headers.get("Content-Length") or 0)
            while True:
                chunk = response.read(_CHUNK_BYTES)
                if not chunk:
                    return
                yield chunk, total
    except (OSError, http.client.HTTPException) as error:  # URLError and timeouts are OSErrors
        raise _MirrorError(str(error) or type(error).__name__) from error
