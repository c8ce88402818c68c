"""The process of a run: what it does first and last, what it records when it fails, who watches it.

A training may die by a signal, and then runs no line of Python any more. So each has a parent that
records how it ended: the dispatcher, for what waits in the queue, or for somebody at a terminal the
command itself, which has the work done by a process of its own (`python -m fmnist COMMAND
RUN_DIR`).
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import subprocess
import sys
import textwrap
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn, TextIO

import psutil

from fmnist.config import ConfigError
from fmnist.data.dataset import DatasetError
from fmnist.runs import store
from fmnist.runs.launch import TERMINAL, WATCHED_BY, start_process
from fmnist.runs.queue import wait_in_queue
from fmnist.runs.status import record_exit
from fmnist.terminal import clear_abandoned_bar, say

_LONGEST_REASON = 200  # characters of an unforeseen error's message
_LOOK_EVERY = 1.0  # seconds between two looks at whether Ctrl-C was pressed
_LOOK_FOR_STOP_EVERY = 0.2  # seconds
_LOW = 10  # the nice value of what gives way to the rest


class TrainingError(RuntimeError):
    """A training could not be finished; the message says why."""


# -- the command ----------------------------------------------------------------------------------


def run_process(
    open_run: Callable[[], store.Run],
    work: Callable[[store.Run, TextIO | None], dict[str, Any]],
    *,
    is_new: bool,
    failed: str = "",
    command: str = "",
) -> int:
    """Do the work of a run; the last line of the output is JSON.

    Args:
        open_run: opens the folder that the app made, or makes a new one (`is_new`).
        work: from the run and the terminal that somebody watches, if any, to `results.json`.
        failed: said before the reason of a failure.
        command: what a person calls has the work done by a process of its own, `python -m fmnist
            COMMAND RUN_DIR`, and says how that one ended; none: it does it itself.

    Returns:
        The exit code: 0 done, 1 failed, 2 bad input, 130 interrupted.
    """
    terminal: TextIO | None = None
    watched_by = os.environ.pop(WATCHED_BY, "")
    is_attended = watched_by == TERMINAL or (is_new and not command)
    try:
        run = open_run()
        os.environ["FMNIST_RUNS_DIR"] = str(run.run_dir.parent)
        if command and not watched_by:
            return _supervise(run, command, failed)
        if watched_by == TERMINAL:
            _stop_without_parent(run)
        if is_attended:
            terminal = keep_logs_off_terminal(run.file("log.txt"))
            if is_new:
                _introduce(run, terminal)
        else:
            lower_priority()
        results = work(run, terminal)
    except (ConfigError, DatasetError, store.RunsFolderError) as error:
        say(error, terminal)
        return 2
    except (TrainingError, OSError) as error:
        say(f"{failed}: {error}" if failed else error, terminal)
        return 1
    except KeyboardInterrupt:
        say("Interrupted.", terminal)
        return 130
    _print_results(run, results)
    return 0


def _introduce(run: store.Run, terminal: TextIO | None = None) -> None:
    say(f"Run {run.run_id} in {run.run_dir.parent}", terminal)


def _print_results(run: store.Run, results: dict[str, Any]) -> None:
    keys = ("test_accuracy", "test_loss", "seconds")
    print(json.dumps({"run_id": run.run_id, **{key: results.get(key) for key in keys}}))


def _supervise(run: store.Run, command: str, failed: str) -> int:
    """Wait in the queue, have the run's process do the work, and say how it died, if it did."""
    _introduce(run)
    with record_failure(run.run_dir):
        if run.is_training:
            store.claim_run(run.run_dir)
            if not wait_in_queue(run.run_dir):
                _print_results(run, {})
                return 0
        sys.stdout.flush()
        process = start_process(
            f"fmnist {command}", run.run_dir, watched_by=TERMINAL, stdin=subprocess.PIPE
        )
    code = _await_end(process, run)
    if code < 0 or code == 130:  # it may have been killed while it drew
        clear_abandoned_bar()
    message = record_exit(run.run_dir, code)
    if not message and code < 0:  # ended by somebody who said why
        message = store.reconcile_run(run.run_dir).status.message
    if message:
        say(f"{failed}: {message}" if failed else message)
    return code if code in (0, 1, 2, 130) else 1


def _await_end(process: subprocess.Popen[bytes], run: store.Run) -> int:
    """The exit code. The first Ctrl-C asks the run to end, as Stop on the page does."""
    was_asked = False
    while True:
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return process.wait(_LOOK_EVERY)
        except KeyboardInterrupt:
            if was_asked:
                process.kill()
                process.wait()
                _write_failure(run.run_dir, "Interrupted with Ctrl-C.")
                say("Interrupted.")
                return 130
            was_asked = True
            store.request_stop(run)
            sys.stderr.write("\n")  # below the progress and the terminal's ^C
            say("Stopping. Press Ctrl-C again to end it without a model.")


def _stop_without_parent(run: store.Run) -> None:
    """Ask the run to end when the command that watches it is gone: its end of the pipe closes."""

    def watch() -> None:
        while os.read(0, 1):  # not sys.stdin: its lock would be held when this process ends
            pass
        with contextlib.suppress(store.RunsFolderError):
            store.request_stop(run)

    threading.Thread(target=watch, daemon=True).start()


def lower_priority() -> None:
    """Let the rest of the computer go first."""
    process = psutil.Process()
    if sys.platform == "win32":
        process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        process.nice(max(_LOW, process.nice()))  # lower than it is already may not be raised
        if os.getsid(0) == os.getpid():
            # Linux shares its cores among sessions of processes first, and this one is alone in
            # its own: without a word it would have as much as the app with all its people.
            with contextlib.suppress(OSError):
                Path("/proc/self/autogroup").write_text(f"{_LOW}", encoding="ascii")


def keep_logs_off_terminal(log_path: Path) -> TextIO:
    """Send standard error, TensorFlow's included, to a file; returns the terminal itself."""
    terminal = os.fdopen(os.dup(2), "w", encoding="utf-8", errors="replace")
    with log_path.open("ab") as log:
        os.dup2(log.fileno(), 2)
    return terminal


def choose_runs_dir(folder: Path | None) -> None:
    """What --runs-dir names, where it was given, is where runs live."""
    if folder:
        os.environ["FMNIST_RUNS_DIR"] = str(folder.resolve())


# -- failing --------------------------------------------------------------------------------------


@contextlib.contextmanager
def record_failure(folder: Path) -> Iterator[None]:
    """Leave the folder of a run or an analysis with a status that says why, when what happens
    inside fails.

    Raises:
        ConfigError, DatasetError: as recorded in the status.
        TrainingError: for any other reason; one line. What nobody foresaw has its traceback in
            `log.txt`.
    """
    try:
        yield
    except (ConfigError, DatasetError, TrainingError) as error:
        _write_failure(folder, str(error))
        raise
    except KeyboardInterrupt:
        _write_failure(folder, "Interrupted with Ctrl-C.")
        raise
    except OSError as error:
        message = _describe_os_error(error, folder)
        _write_failure(folder, message)
        raise TrainingError(message) from error
    except Exception as error:  # TensorFlow has dozens of kinds, with pages of text
        log = folder / "log.txt"
        with contextlib.suppress(OSError), log.open("a", encoding="utf-8") as file:
            traceback.print_exc(file=file)
        if _is_about_room(error):  # HDF5 and TensorFlow say so in words of their own
            full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            message = _describe_os_error(full, folder)
            _write_failure(folder, message)
            raise TrainingError(message) from error
        reason = f"{type(error).__name__}: {first_line(error)}"
        _write_failure(folder, f"{reason} (details in log.txt)")
        raise TrainingError(f"{reason} (details in {log})") from error


def _is_about_room(error: BaseException | None) -> bool:
    """Whether an error, or one that it followed, is that of a full disk."""
    while error is not None:
        if getattr(error, "errno", None) == errno.ENOSPC or os.strerror(errno.ENOSPC) in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _describe_os_error(error: OSError, run_dir: Path) -> str:
    """Which folder is full, read-only or gone: that of the file, or the run's own."""
    folder = Path(os.fsdecode(error.filename)).parent if error.filename else run_dir
    code = errno.ENOSPC if _is_about_room(error) else error.errno or 0
    advice = {
        errno.ENOSPC: "the disk is full; free some space",
        errno.EROFS: "it is read-only; allow writing there",
        errno.EACCES: "allow writing there",
        errno.EPERM: "allow writing there",
    }.get(code, "see that the folder is there and can be written")
    reason = os.strerror(code) if code else error
    return f"{folder} could not be written or read ({reason}): {advice}."


def first_line(error: Exception) -> str:
    """The first line of an error's message, cut where it gets too long to read."""
    lines = str(error).strip().splitlines() or ["no message"]
    return textwrap.shorten(lines[0], _LONGEST_REASON, placeholder=" …")


def _write_failure(run_dir: Path, message: str) -> None:
    # Where the folder itself is the trouble, whoever reads it sees that the process is gone.
    with contextlib.suppress(OSError, ValueError):
        store.write_status(run_dir, status="failed", finished_at=time.time(), message=message)


@contextlib.contextmanager
def ending_on_stop(run_dir: Path) -> Iterator[Callable[[str], None]]:
    """End this process when somebody asks for the end of its run.

    One call of Keras may take minutes and cannot be interrupted. Yields a function that puts a
    message into the status.
    """
    over, writing = threading.Event(), threading.Lock()

    def set_message(message: str) -> None:
        with writing:
            store.write_status(run_dir, heartbeat_at=time.time(), message=message)

    def watch() -> None:
        while not over.wait(_LOOK_FOR_STOP_EVERY):
            if store.is_stop_requested(run_dir):
                end()

    def end() -> NoReturn:
        message = "Stopped before it was scored."
        with writing:
            with contextlib.suppress(OSError, ValueError):
                store.write_status(
                    run_dir,
                    status="stopped",
                    started_at=None,
                    finished_at=time.time(),
                    message=message,
                )
                say(message)
            os._exit(1)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield set_message
    finally:
        over.set()
        watcher.join()
