"""What the benchmarks of the app share: the real app in a process of its own, and its viewers."""

from __future__ import annotations

import contextlib
import math
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
from playwright.sync_api import Page, sync_playwright
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from benchmarks._table import ROOT
from fmnist.config import TrainConfig
from fmnist.runs import jobs, outputs, store
from fmnist.runs.store import Run
from tests.browser.find_chromium import find_chromium

FINISHED = ForwardMsg.FINISHED_SUCCESSFULLY  # a server's very first run ends early, for a rerun


class Server:
    """The app in a process of its own, on a free port, with its own runs folder.

    `environment` is added to its variables.
    """

    def __init__(self, runs_dir: Path, **environment: str) -> None:
        self.runs_dir = runs_dir
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.started_at = time.perf_counter()
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true",
                f"--server.port={self.port}", "--server.address=127.0.0.1",
            ],
            cwd=ROOT,
            env={**os.environ, "FMNIST_RUNS_DIR": str(runs_dir), **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.psutil = psutil.Process(self.process.pid)

    def wait_until_healthy(self) -> float:
        """Seconds from the process's start to the first answer."""
        while time.perf_counter() - self.started_at < 60:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1) as answer:
                    answer.read()
                return time.perf_counter() - self.started_at
            except OSError:
                time.sleep(0.01)
        raise RuntimeError("the server did not answer within 60 s")

    def peak_megabytes(self) -> float:
        """The most resident memory the server ever held, MB (off Linux: what it holds now)."""
        status = Path(f"/proc/{self.process.pid}/status")
        if status.exists():
            for line in status.read_text().splitlines():
                if line.startswith("VmHWM"):
                    return int(line.split()[1]) / 1000
        return self.psutil.memory_info().rss / 1e6

    def cpu_seconds(self) -> float:
        times = self.psutil.cpu_times()
        return times.user + times.system

    def close(self) -> None:
        for child in self.psutil.children(recursive=True):
            child.kill()
        self.process.kill()
        self.process.wait()


@contextmanager
def running_server(runs_dir: Path | None = None) -> Iterator[Server]:
    """A server that answers; closed, with its children, at the end."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        server = Server(runs_dir or Path(scratch))
        try:
            server.wait_until_healthy()
            yield server
        finally:
            server.close()


@contextmanager
def training(runs_dir: Path, **settings: object) -> Iterator[Run]:
    """A training as the app starts it, under way when this returns; ended at the end."""
    os.environ["FMNIST_RUNS_DIR"] = str(runs_dir)
    run_id = jobs.start_run(TrainConfig(**{"filters": (64,), "epochs": 50, **settings}))
    deadline = time.perf_counter() + 120
    while outputs.read_batches(store.load_run(run_id)).empty:
        if time.perf_counter() > deadline:
            raise RuntimeError(store.load_run(run_id).status.message or "the training never began")
        time.sleep(0.1)
    try:
        yield store.load_run(run_id)
    finally:
        process = psutil.Process(store.load_run(run_id).status.pid)
        process.kill()
        process.wait(10)


def trained(runs_dir: Path, **settings: object) -> Run:
    """A finished training with these settings."""
    os.environ["FMNIST_RUNS_DIR"] = str(runs_dir)
    run = store.load_run(jobs.start_run(TrainConfig(**settings)))
    while run.is_live:
        time.sleep(0.5)
        run = store.load_run(run.run_id)
    if run.status.status != "completed":
        raise RuntimeError(run.status.message)
    return run


@contextmanager
def browser_page(url: str, *, wait: bool = True) -> Iterator[Page]:
    """A tab of a real Chromium at `url`, once its script has run (unless `wait` is False)."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=str(find_chromium()), args=["--no-sandbox", "--disable-gpu"]
        )
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(60_000)
        page.goto(url)
        if wait:
            wait_until_idle(page)
        yield page
        chromium.close()


def wait_until_idle(page: Page) -> None:
    """Until the page's script has run to its end and its elements are drawn."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


class Viewer:
    """A browser tab without the browser: it speaks the server's web socket and draws nothing."""

    def __init__(self, server: Server) -> None:
        self.socket = connect(
            f"ws://127.0.0.1:{server.port}/_stcore/stream",
            subprotocols=["streamlit"],
            max_size=None,
        )

    def open(self, page: str = "", query: str = "") -> float:
        """Ask for a page; seconds until its script has finished."""
        self.query = query
        self.due: dict[str, tuple[float, float]] = {}  # live part → when to ask next, interval
        started = time.perf_counter()
        self._send(page_name=page)
        for received in self.messages():
            kind = received.WhichOneof("type")
            if kind == "new_session":
                self.page_hash = received.new_session.page_script_hash
            elif kind == "auto_rerun":
                self._schedule(received)
            elif kind == "script_finished" and received.script_finished == FINISHED:
                return time.perf_counter() - started
        raise RuntimeError("the connection ended before the page was finished")

    def watch(self, seconds: float) -> int:
        """Stay on the page, asking for its live parts in time as a browser does; how often."""
        asked = 0
        ends = time.perf_counter() + seconds
        while (now := time.perf_counter()) < ends:
            for part, (moment, interval) in self.due.items():
                if moment <= now:
                    self.due[part] = (now + interval, interval)
                    self._send(
                        page_script_hash=self.page_hash, fragment_id=part, is_auto_rerun=True
                    )
                    asked += 1
            with contextlib.suppress(TimeoutError):
                next_look = min((moment for moment, _ in self.due.values()), default=ends)
                received = next(self.messages(timeout=max(0.01, min(next_look, ends) - now)))
                if received.WhichOneof("type") == "auto_rerun":
                    self._schedule(received)
        return asked

    def _schedule(self, received: ForwardMsg) -> None:
        rerun = received.auto_rerun
        self.due[rerun.fragment_id] = (time.perf_counter() + rerun.interval, rerun.interval)

    def _send(self, **rerun: object) -> None:
        message = BackMsg()
        message.rerun_script.query_string = self.query
        for name, value in rerun.items():
            setattr(message.rerun_script, name, value)
        self.socket.send(message.SerializeToString())

    def messages(self, timeout: float = 60.0) -> Iterator[ForwardMsg]:
        """What the server sends, as it comes."""
        while True:
            message = ForwardMsg()
            message.ParseFromString(self.socket.recv(timeout=timeout))
            yield message

    def close(self) -> None:
        self.socket.close()


def percentile(values: list[float], fraction: float) -> float:
    """The smallest value that at least `fraction` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(fraction * len(ordered)) - 1)]
