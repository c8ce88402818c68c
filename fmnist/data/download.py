"""Downloads Fashion-MNIST's published files into the cache, from the first mirror that works."""

from __future__ import annotations

import hashlib
import http.client
import queue
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import IO

import filelock

from fmnist.data import dataset
from fmnist.data.dataset import DatasetError, Progress, cache_dir, compute_md5
from fmnist.files import replacing_file

MIRRORS = (
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
)

_MAX_DOWNLOAD_BYTES = 64 << 20  # the largest file is 26 MB
# A mirror that takes longer over this much is given up: 10 kB/s is no download of 30 MB.
_CHUNK_BYTES, _CHUNK_S = 200_000, 20.0
_READ_BYTES = 1 << 16
_LONGEST_S = 900.0  # all mirrors and files together; whoever waits for another's download, too
_MAX_REDIRECTS = 5


def download_dataset(
    progress: Progress | None = None,
    timeout: float = 5.0,
    mirrors: Sequence[str] | None = None,
) -> Path:
    """Download what is missing into `<cache>/fashion-mnist` and return that folder.

    All mirrors (MIRRORS, if none are given) are asked at once whether they are there; those that
    have not answered after `timeout` seconds are given up, the others are tried in turn. A mirror
    is given up, too, where nothing comes for `timeout` seconds, or 200 kB take longer than 20; the
    whole ends after 15 minutes. A file gets its name only when it is complete and its MD5 is
    right. `progress(file, bytes, total)` is called as bytes arrive. Two processes at once download
    once.

    Raises DatasetError when no mirror gives all the files, or the folder cannot be written.
    """
    folder = cache_dir() / "fashion-mnist"
    everywhere = MIRRORS if mirrors is None else mirrors
    reasons = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder / "download.lock", timeout=_LONGEST_S):
            asked_at = time.monotonic()
            asked = {mirror: _ask(mirror, timeout) for mirror in everywhere}
            for mirror, answer in asked.items():
                try:
                    _wait(answer, timeout, asked_at)
                    for name in dataset.FILES:
                        if not _is_right(folder / name):
                            until = asked_at + _LONGEST_S
                            _download_file(mirror, name, folder, timeout, until, progress)
                    return folder
                except _MirrorError as error:
                    reasons.append(f"{mirror}: {error}")
    except filelock.Timeout:
        raise DatasetError(
            f"Another process has been downloading into {folder} for {_LONGEST_S:.0f} s; "
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


class _Redirects(urllib.request.HTTPRedirectHandler):
    """To HTTP and HTTPS alone, and not for ever."""

    max_redirections = max_repeats = _MAX_REDIRECTS

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if not newurl.lower().startswith(("http://", "https://")):
            raise _MirrorError(f"it leads to {newurl[:100]!r}, which is neither HTTP nor HTTPS")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _open(url: str, timeout: float, method: str = "GET") -> http.client.HTTPResponse:
    """The answer's body, still to be read. What this and reading it may raise: see _WRONG.

    No handler for files and FTP is there, as it would be in `urllib.request.urlopen`.
    """
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.UnknownHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPErrorProcessor,
        _Redirects,
    ):
        opener.add_handler(handler())
    return opener.open(urllib.request.Request(url, method=method), timeout=timeout)


# URLError, timeouts and broken connections are OSErrors; what no address, number or text can be
# made of, in a header or a redirect, is a ValueError.
_WRONG = (OSError, http.client.HTTPException, ValueError, _MirrorError)


def _as_mirror_error(error: Exception) -> _MirrorError:
    return _MirrorError(" ".join(str(error).split())[:200] or type(error).__name__)


def _ask(mirror: str, timeout: float) -> Future[None]:
    """Whether the mirror is there: a future that holds nothing, or a _MirrorError.

    It is asked in a thread that nobody waits for: looking up a name may take minutes.
    """
    answer: Future[None] = Future()

    def probe() -> None:
        try:
            with _open(mirror + next(iter(dataset.FILES)), timeout, method="HEAD"):
                answer.set_result(None)
        except urllib.error.HTTPError:
            answer.set_result(None)  # it is there; whether it has the files is seen soon
        except _WRONG as error:
            answer.set_exception(_as_mirror_error(error))

    threading.Thread(target=probe, daemon=True).start()
    return answer


def _wait(answer: Future[None], timeout: float, asked_at: float) -> None:
    try:
        answer.result(max(0.0, asked_at + timeout - time.monotonic()))
    except TimeoutError:
        raise _MirrorError(f"no answer within {timeout:g} s") from None


def _is_right(path: Path) -> bool:
    return path.is_file() and compute_md5(path) == dataset.FILES[path.name]


def _download_file(
    mirror: str, name: str, folder: Path, timeout: float, until: float, progress: Progress | None
) -> None:
    """Write the file, complete and with the right MD5, or raise a _MirrorError.

    until: the time, of the monotonic clock, at which all ends.
    """
    digest, done = hashlib.md5(usedforsecurity=False), 0
    with replacing_file(folder / name) as draft:
        with draft.open("wb") as target:
            for chunk, total in _chunks(mirror + name, timeout, until):
                done += len(chunk)
                digest.update(chunk)
                target.write(chunk)
                if progress:
                    progress(name, done, max(done, total))
        found = digest.hexdigest()
        if found != dataset.FILES[name]:
            raise _MirrorError(f"{name} has the MD5 {found}; expected {dataset.FILES[name]}")


def _chunks(url: str, timeout: float, until: float) -> Iterator[tuple[bytes, int]]:
    """Yield (bytes, total bytes announced or 0); what the network does wrong is a _MirrorError.

    Read in a thread that nobody waits for, and that ends by itself once it is given up: a mirror
    may be slow in its very headers.
    """
    arrived: queue.SimpleQueue[tuple[bytes, int] | _MirrorError | None] = queue.SimpleQueue()
    is_given_up = threading.Event()

    def read() -> None:
        try:
            with _open(url, timeout) as response:
                total, done = response.length or 0, 0
                while not is_given_up.is_set() and (chunk := response.read1(_READ_BYTES)):
                    done += len(chunk)
                    if max(done, total) > _MAX_DOWNLOAD_BYTES:
                        raise _MirrorError(f"it has more than {_MAX_DOWNLOAD_BYTES >> 20} MB")
                    arrived.put((chunk, total))
                    if done == total:  # a server may leave the connection open
                        break
                arrived.put(None)
        except _WRONG as error:
            arrived.put(_as_mirror_error(error))

    threading.Thread(target=read, daemon=True).start()
    try:
        began, done = time.monotonic(), 0
        while True:
            end = min(began + _CHUNK_S, until)
            try:
                match arrived.get(timeout=max(0.0, end - time.monotonic())):
                    case None:
                        return
                    case _MirrorError() as error:
                        raise error
                    case chunk, total:
                        yield chunk, total
            except queue.Empty:
                slow = f"too slow: {done:,} bytes in {_CHUNK_S:g} s"
                late = f"the download was not complete after {_LONGEST_S / 60:.0f} minutes"
                raise _MirrorError(slow if end < until else late) from None
            done += len(chunk)
            if done >= _CHUNK_BYTES:
                began, done = time.monotonic(), 0
    finally:
        is_given_up.set()
