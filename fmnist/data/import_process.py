"""The process that reads what strangers made: bounded in memory and time, and ended at will.

`python -m fmnist.data.import_child` is that process. It is told on stdin what to do, and answers on
stdout, a line of JSON each: how far it is, and in the end what it found or what is wrong. What
damages it, or takes all that it may have, harms nobody else.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import IO, Any, Protocol

import psutil

from fmnist import PROJECT_ROOT
from fmnist.data import catalogue
from fmnist.data.dataset import Progress
from fmnist.data.folder import DatasetInfo
from fmnist.data.idx import DatasetError
from fmnist.data.import_roles import SourceIncomplete
from fmnist.data.names import check_class_names
from fmnist.teacher_key import environment_without_key

MAX_MEMORY = 1_500_000_000  # bytes; 300,000 + 300,000 images take half of it
LONGEST_LOOK_S, LONGEST_IMPORT_S = 120.0, 900.0
_TICK_S = 0.2


class _Turns:
    """As many as may work at once; the others wait."""

    def __init__(self, places: int) -> None:
        self._places = threading.BoundedSemaphore(places)

    @contextlib.contextmanager
    def taken(self, tick: Callable[[], None] | None) -> Iterator[None]:
        """While one place is taken; `tick` is called as one waits, and may end that by raising."""
        while not self._places.acquire(timeout=_TICK_S):
            if tick:
                tick()
        try:
            yield
        finally:
            self._places.release()


# Of one server. Each import may take `MAX_MEMORY`; a look reads little, and somebody waits for it.
_TURNS = {"look": _Turns(4), "import": _Turns(2)}


class Upload(Protocol):
    """A file as a form hands it over: Streamlit's `UploadedFile`, say."""

    @property
    def name(self) -> str: ...

    def getbuffer(self) -> memoryview: ...


@dataclass(frozen=True)
class Proposal:
    """What was found in files, and what is proposed for it.

    class_names: those that came along, or None; then `proposed` are ten to begin with. notes: what
    a person should know, a sentence each.
    """

    form: str
    name: str
    class_names: tuple[str, ...] | None
    proposed: tuple[str, ...]
    notes: tuple[str, ...]


def look(paths: Sequence[Path], tick: Callable[[], None] | None = None) -> Proposal:
    """What the files are, by their beginnings; see `importing.open_source`.

    tick: called a few times a second; what it raises ends the look.

    Raises SourceIncomplete where something is missing, DatasetError with what is wrong.
    """
    answer = _ask({"do": "look"}, paths, LONGEST_LOOK_S, None, tick)
    class_names = answer["class_names"] and tuple(answer["class_names"])
    return Proposal(
        answer["form"],
        catalogue.free_name(answer["name"]),
        class_names,
        tuple(answer["proposed"]),
        tuple(answer["notes"]),
    )


def look_at_uploads(
    files: Sequence[Upload], newest: Sequence[Upload], tick: Callable[[], None] | None = None
) -> tuple[Sequence[Upload], Proposal]:
    """Those of the uploads that make a dataset, and what they are: all of them, or else the newest
    alone, where these do without what had come before.

    Raises as `look` does, of all of them.
    """
    try:
        with spooled(files) as paths:
            return files, look(paths, tick)
    except DatasetError:
        if 0 < len(newest) < len(files):
            with contextlib.suppress(DatasetError), spooled(newest) as paths:
                return newest, look(paths, tick)
        raise


def import_dataset(
    paths: Sequence[Path],
    name: str | None = None,
    class_names: Sequence[str] | None = None,
    progress: Progress | None = None,
    tick: Callable[[], None] | None = None,
) -> tuple[DatasetInfo, tuple[str, ...]]:
    """Read, check and keep a dataset; what was kept, and notes for a person, a sentence each.

    name, class_names: what is proposed where None. `progress(file, done, total)` is called as the
    files are read, `tick` a few times a second; what either raises ends the import, and nothing is
    kept.

    Raises DatasetError with one sentence that names what is wrong: file, and row and column.
    """
    classes = None if class_names is None else check_class_names(class_names)
    name = look(paths, tick).name if name is None else name
    with catalogue.drafting_dataset(name) as draft:
        request = {
            "do": "import",
            "name": catalogue.check_name(name),
            "class_names": classes,
            "draft": str(draft.resolve()),
        }
        answer = _ask(request, paths, LONGEST_IMPORT_S, progress, tick)
        return catalogue.keep_draft(draft), tuple(answer["notes"])


@contextlib.contextmanager
def spooled(files: Sequence[Upload]) -> Iterator[list[Path]]:
    """Uploads as files that the process can open, each in a folder of its own, for a while."""
    with tempfile.TemporaryDirectory(prefix="fmnist-import-") as folder:
        paths = []
        for number, file in enumerate(files):
            name = PurePath(file.name.replace("\\", "/")).name[-100:] or "file"
            path = Path(folder, str(number), name)
            path.parent.mkdir()
            path.write_bytes(file.getbuffer())
            paths.append(path)
        yield paths


def _ask(
    request: dict[str, Any],
    paths: Sequence[Path],
    longest_s: float,
    progress: Progress | None,
    tick: Callable[[], None] | None,
) -> dict[str, Any]:
    """The process's last answer; it is gone when this returns or raises.

    It starts when few others are at work: thirty of them at once would take all the memory.
    """
    request |= {"paths": [str(Path(path).absolute()) for path in paths], "memory": MAX_MEMORY}
    names = ", ".join(Path(path).name for path in paths)[:80]
    lines: queue.Queue[bytes] = queue.Queue()
    with (
        _TURNS[request["do"]].taken(tick),
        tempfile.TemporaryFile() as log,
        _start(log) as process,
    ):
        assert process.stdin and process.stdout  # both are pipes
        listener = threading.Thread(target=_listen, args=(process.stdout, lines), daemon=True)
        listener.start()
        try:
            with contextlib.suppress(BrokenPipeError):  # it has died, and the listener knows
                process.stdin.write(json.dumps(request).encode() + b"\n")
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
            answer = _await_answer(process, lines, names, longest_s, progress, tick)
        finally:
            process.kill()
            code = process.wait()
            listener.join()
        if answer is None:
            raise DatasetError(_describe_end(names, code, log))
    if "error" in answer:
        raise (SourceIncomplete if answer["incomplete"] else DatasetError)(answer["error"])
    return answer


def _start(log: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "fmnist.data.import_child"],
        cwd=PROJECT_ROOT,
        # Threads of linear algebra, which is not needed, would each take a part of the memory.
        env={**environment_without_key(), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def _listen(stdout: IO[bytes], lines: queue.Queue[bytes]) -> None:
    """Pass on what the process says; an empty line when it has ended."""
    for line in stdout:
        lines.put(line)
    lines.put(b"")


def _await_answer(
    process: subprocess.Popen[bytes],
    lines: queue.Queue[bytes],
    names: str,
    longest_s: float,
    progress: Progress | None,
    tick: Callable[[], None] | None,
) -> dict[str, Any] | None:
    """The last line of the process; None where it ended without one."""
    deadline = time.monotonic() + longest_s
    while True:
        if tick:
            tick()
        with contextlib.suppress(queue.Empty):
            line = lines.get(timeout=_TICK_S)
            if not line:
                return None
            answer = json.loads(line)
            if "done" not in answer:
                return answer
            if progress:
                progress(answer["file"], answer["done"], answer["total"])
        if time.monotonic() > deadline:
            raise DatasetError(
                f"{names} took longer than {longest_s / 60:.0f} min to read: import fewer or "
                "smaller files."
            )
        with contextlib.suppress(psutil.Error):  # for systems that set no limit
            if psutil.Process(process.pid).memory_info().rss > 1.2 * MAX_MEMORY:
                raise DatasetError(describe_memory(names, MAX_MEMORY))


def describe_memory(name: str, most: int) -> str:
    """The sentence about a file that takes more memory than there is for it."""
    return (
        f"{name} needs more than {most / 1e9:.1f} GB of memory to read: import fewer or "
        "smaller files."
    )


def _describe_end(names: str, code: int, log: IO[bytes]) -> str:
    log.seek(max(0, log.seek(0, os.SEEK_END) - 4000))
    lines = log.read().decode("utf-8", "replace").strip().splitlines()
    how = f"exit code {code}" if code >= 0 else signal.Signals(-code).name
    last = f": {lines[-1][:200]}" if lines else ""
    return f"{names} could not be read; the process that did so ended with {how}{last}."
