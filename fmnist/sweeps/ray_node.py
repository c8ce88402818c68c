"""One trial on a node of a Ray cluster: the training command, in a folder of its own there.

`Trial` lives in a worker process of Ray, detached from whoever asked for it: a driver that was
killed finds it again by its name. It ends by itself when nobody has looked at it for long, and the
training ends with it. This module is sent to the nodes with the rest of the library.
"""

from __future__ import annotations

import contextlib
import getpass
import importlib.metadata
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import filelock

from fmnist import json_files
from fmnist.data.dataset import STANDARD
from fmnist.files import drafting_folder, move
from fmnist.runs import store
from fmnist.runs.launch import TERMINAL, start_process
from fmnist.runs.queue import begin
from fmnist.runs.status import record_exit

# What a training appends to: only what is new is sent while it runs.
GROWING = ("history.csv", "batches.csv", "log.txt")
ONCE = ("environment.json",)  # written at the beginning, and shown while it runs
# What makes a run, and what others write into its folder: never a result.
GIVEN = ("config.json", "status.json", "stop", store.START_FILE, store.VARIABLES_FILE)

_LOOK_EVERY = 0.2  # seconds between two looks at the training's process
_UNPACKED_WITHIN = 900.0  # seconds that another trial on the node may take to unpack the dataset


class Order(NamedTuple):
    """What a node is to train. `files` are those of the new run folder; `lease` is in seconds."""

    run_id: str
    files: dict[str, bytes]
    dataset: str  # its short name
    fingerprint: str
    versions: dict[str, str]  # of the libraries that decide the outcome
    variables: dict[str, str]
    cpus: int
    lease: float


class Look(NamedTuple):
    """How far a trial is. `status` is the bytes of its status.json, or empty before there is one.

    `parts` are files or their ends: the offset, and the bytes from there on. `problem` says why
    there was no training; `is_lost` whether another node may do better.
    """

    now: float  # by the node's clock
    host: str
    status: bytes
    parts: dict[str, tuple[int, bytes]]
    has_ended: bool
    problem: str = ""
    is_lost: bool = False


class Trial:
    """One training on this node, from the moment it is made; every method returns at once."""

    def __init__(self, order: Order, files: list[Any]) -> None:
        """files: the reference to the dataset's files, which is read only where they are not."""
        self._order = order
        self._files = files
        self._looked_at = time.monotonic()
        self._process: subprocess.Popen[bytes] | None = None
        self._problem, self._is_lost, self._has_ended = "", False, False
        self._scratch, self._lock = _make_scratch(choose_home() / "trials")
        self._run_dir = self._scratch / order.run_id
        for work in (self._work, self._expire):
            threading.Thread(target=work, daemon=True).start()

    def look(self, sizes: Mapping[str, int]) -> Look:
        """What is new since the files had these sizes."""
        self._looked_at = time.monotonic()
        has_ended = self._has_ended  # first: what is read then is the last word
        status = b""
        with contextlib.suppress(OSError, ValueError):
            status = json_files.read_bytes(self._run_dir / "status.json", json_files.MAX_JSON_BYTES)
        parts = {}
        for name in (*GROWING, *ONCE):
            with contextlib.suppress(OSError):
                if part := _read_new(self._run_dir / name, sizes.get(name, 0)):
                    parts[name] = part
        return Look(
            time.time(), socket.gethostname(), status, parts, has_ended, self._problem,
            self._is_lost,
        )  # fmt: skip

    def stop(self) -> None:
        """Ask the training to end; its model is kept and scored."""
        with contextlib.suppress(OSError):
            (self._run_dir / "stop").touch()

    def fetch(self) -> dict[str, bytes]:
        """Every file that the training has left, by its name in the run's folder."""
        found = {}
        for path in sorted(self._run_dir.rglob("*")):
            name = path.relative_to(self._run_dir).as_posix()
            if path.is_file() and name not in GIVEN and not path.name.startswith("."):
                found[name] = path.read_bytes()
        return found

    def dismiss(self) -> None:
        """End the training and leave nothing behind."""
        if self._process:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _work(self) -> None:
        import ray

        try:
            if problem := find_other_versions(self._order.versions):
                self._problem = f"{socket.gethostname()} {problem}"
            else:
                home = _unpack(choose_home(), self._order, self._files)
                self._train(home)
        except ray.exceptions.RayError as error:  # the dataset's files are gone with their owner
            first = str(error).partition("\n")[0]
            self._problem, self._is_lost = f"The dataset did not arrive ({first}).", True
        except (OSError, ValueError) as error:
            self._problem = f"{socket.gethostname()} could not train: {error}"
            self._is_lost = isinstance(error, OSError)  # its disk may be full, another's not
        self._has_ended = True

    def _train(self, home: Path) -> None:
        self._run_dir.mkdir()
        for name, content in self._order.files.items():
            (self._run_dir / name).write_bytes(content)
        begin(self._run_dir)
        with (self._run_dir / "log.txt").open("ab") as log:
            self._process = process = start_process(
                "fmnist train",
                self._run_dir,
                # Its end of the pipe closes when this process dies: then it ends as well.
                watched_by=TERMINAL,
                environment=_choose_environment(self._order, home),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.DEVNULL,
            )
        if store.read_status(self._run_dir).is_live:
            begin(self._run_dir, process.pid)
        record_exit(self._run_dir, process.wait())

    def _expire(self) -> None:
        """End when nobody looks any more: whoever asked for it will not come back."""
        while time.monotonic() - self._looked_at < self._order.lease:
            time.sleep(_LOOK_EVERY)
        self.dismiss()
        os._exit(0)


def choose_home() -> Path:
    """The Lab's folder on this node: datasets that stay, and trials that go."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container may have a user without a name
        user = "anybody"
    return Path(tempfile.gettempdir()) / f"fmnist-lab-{user}"


def list_versions() -> dict[str, str]:
    """The versions here of the libraries that decide a training's outcome; "" where there is none.

    Read without importing them.
    """
    versions = {}
    for name in ("tensorflow", "keras", "numpy"):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = ""
    return versions


def find_other_versions(wanted: Mapping[str, str]) -> str:
    """What this computer has otherwise, as "has …"; "" where all is as wanted."""
    here = list_versions()
    for name, version in wanted.items():
        if here.get(name, "") != version:
            has = f"{name} {here[name]}" if here.get(name) else f"no {name}"
            return (
                f"has {has}, the computer of the sweep {version}: install the Lab's requirements "
                "on every node, with its constraints.txt."
            )
    return ""


def _make_scratch(parent: Path) -> tuple[Path, filelock.BaseFileLock]:
    """A folder for one trial, held by a lock; those that nobody holds any more are removed."""
    parent.mkdir(parents=True, exist_ok=True)
    for lock_path in parent.glob("*.lock"):
        with contextlib.suppress(OSError), filelock.FileLock(lock_path, blocking=False):
            shutil.rmtree(lock_path.with_suffix(""), ignore_errors=True)
            lock_path.unlink()
    scratch = parent / f"{os.getpid()}-{time.time_ns()}"
    lock = filelock.FileLock(scratch.with_suffix(".lock"))
    lock.acquire()
    scratch.mkdir()
    return scratch, lock


def _unpack(home: Path, order: Order, files: list[Any]) -> Path:
    """A folder with the dataset under its short name: the cache of all trainings on it here.

    The bytes come to the node once, however many trials it has.
    """
    import ray

    target = home / "data" / f"{order.dataset}-{order.fingerprint}"
    target.parent.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(target.with_suffix(".lock"), timeout=_UNPACKED_WITHIN):
        if not target.is_dir():
            content: dict[str, bytes] = ray.get(files[0])
            with drafting_folder(target.parent) as draft:
                (draft / order.dataset).mkdir()
                for name, data in content.items():
                    (draft / order.dataset / name).write_bytes(data)
                move(draft, target)
    return target


def _choose_environment(order: Order, home: Path) -> dict[str, str]:
    """The variables of the training's process: this node's, its data, as many threads as cores."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("FMNIST_")}
    ours |= {"FMNIST_CACHE_DIR": str(home), "FMNIST_DATASETS_DIR": str(home)}
    if order.dataset == STANDARD:
        ours["FMNIST_DATA_DIR"] = str(home / STANDARD)
    threads = str(order.cpus)
    ours |= {"TF_NUM_INTRAOP_THREADS": threads, "TF_NUM_INTEROP_THREADS": threads}
    return ours | order.variables


def _read_new(path: Path, known: int) -> tuple[int, bytes] | None:
    """The end of a file from `known` bytes on, in whole lines of a table; None where it is old."""
    size = path.stat().st_size
    if size == known:
        return None
    offset = known if size > known else 0  # a shorter one was begun anew
    with path.open("rb") as file:
        file.seek(offset)
        content = file.read(size - offset)
    if path.suffix == ".csv":
        content = content[: content.rfind(b"\n") + 1]
    return (offset, content) if content else None
