"""The real app in a real Chromium: a server per module, a fresh browser context per test.

A failed test leaves screenshots, the browser's console and the server's log in test-failures/.
"""

import contextlib
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from tests.browser.find_chromium import find_chromium
from tests.conftest import kill_trainings
from tests.factories import data as data_factory
from tests.waits import wait_for

ROOT = Path(__file__).parent.parent.parent
FAILURES = ROOT / "test-failures"
PATIENCE = 60_000  # ms; other programs may have the cores

expect.set_options(timeout=PATIENCE)


class Server:
    """`streamlit run` of the Lab, or another `app`, on a free port, with folders of its own.

    `environment` is added to its variables.
    """

    def __init__(
        self,
        folder: Path,
        data_dir: Path | None,
        cache_dir: Path,
        app: Path = ROOT / "app.py",
        **environment: str,
    ) -> None:
        self._app = app
        self.runs_dir = folder / "runs"
        self.log = folder / "server.log"
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self._environment = os.environ | {
            "FMNIST_RUNS_DIR": str(self.runs_dir),
            "FMNIST_CACHE_DIR": str(cache_dir),
            "FMNIST_DATA_DIR": str(data_dir or ""),  # empty counts as not set
            **environment,
        }
        self.start()

    def start(self) -> None:
        """Start it (again) on the same port and wait until it answers."""
        arguments = ["--server.port", str(self.port), "--server.headless", "true"]
        arguments += ["--server.fileWatcherType", "none"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", str(self._app), *arguments],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        wait_for(self._is_healthy, "the server to answer", seconds=200)

    def bring_back(self) -> None:
        """Start it again where a test that failed has left it dead, so that only that one fails."""
        if self.process.poll() is not None:
            self.start()

    def kill(self) -> None:
        """End it without a word, as a crash would."""
        self.process.kill()
        self.process.wait()

    def _is_healthy(self) -> bool:
        if self.process.poll() is not None:
            pytest.fail(f"The server ended: {self.log.read_text(errors='replace')[-2000:]}")
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False


def at_start(folder: Path, code: str) -> dict[str, str]:
    """Environment variables with which every Python of a server first runs this `code`."""
    lines = ["import sys", f"sys.path.insert(0, {str(ROOT)!r})", code]
    (folder / "sitecustomize.py").write_text("\n".join(lines), encoding="utf-8")
    return {"PYTHONPATH": str(folder)}


def free_port() -> int:
    """One below those that a system gives to every connection of a browser.

    Of those, another program may have taken it before the server that it is for begins.
    """
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)  # no seed: workers share theirs
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("localhost", port))
            return port


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    # For the package alone: while Playwright runs, no other test of this thread can use asyncio.
    flags = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def browser_cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("browser-cache")


@pytest.fixture(scope="package")
def browser_data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real dataset where FMNIST_DATA_DIR names it; else made images, enough to watch."""
    given = os.environ.get("FMNIST_DATA_DIR")
    if given:
        return Path(given)
    folder = tmp_path_factory.mktemp("browser-data")
    return data_factory.write_dataset(folder, train=12_000, test=2_000, mislabelled=0.1)


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, browser_data_dir: Path, browser_cache_dir: Path
) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("server"), browser_data_dir, browser_cache_dir)
    yield server
    server.kill()
    kill_trainings(server.runs_dir)


class Visitors:
    """Pages in browser contexts of their own, as different people would open them."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser = browser
        self._url = url
        self.contexts: list[BrowserContext] = []
        self.console: list[str] = []

    def open(self, **options: Any) -> Page:
        """A page; `options` are a browser context's, of a phone, say."""
        options = {"viewport": {"width": 1280, "height": 900}, **options}
        context = self._browser.new_context(base_url=self._url, **options)
        context.set_default_timeout(PATIENCE)
        context.on("console", lambda message: self.console.append(message.text))
        context.on("weberror", lambda error: self.console.append(f"ERROR {error.error}"))
        self.contexts.append(context)
        return context.new_page()

    def close(self) -> None:
        for context in self.contexts:
            context.close()


@pytest.fixture
def visitors(browser: Browser, server: Server) -> Iterator[Visitors]:
    server.bring_back()
    visitors = Visitors(browser, server.url)
    yield visitors
    visitors.close()


@pytest.fixture
def page(visitors: Visitors) -> Page:
    return visitors.open()


@pytest.fixture(scope="module")
def one_visitor(browser: Browser, server: Server) -> Iterator[Visitors]:
    """For the journeys of a module that only look: one person, who has the front end already."""
    visitors = Visitors(browser, server.url)
    yield visitors
    visitors.close()


@pytest.fixture(scope="module")
def one_page(one_visitor: Visitors) -> Page:
    return one_visitor.open()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    report = yield
    fixtures = getattr(item, "funcargs", {})
    visitors = fixtures.get("visitors") or fixtures.get("one_visitor")
    if report.when == "call" and report.failed and visitors:
        folder = FAILURES / re.sub(r"\W+", "-", item.name).strip("-")
        keep_evidence(folder, visitors, item.funcargs["server"].log)
        report.sections.append(("Browser", f"Screenshots, console and server log: {folder}"))
    return report


def keep_evidence(folder: Path, visitors: Visitors, log: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(log, folder / "server.log")
    pages = [page for context in visitors.contexts for page in context.pages]
    lines = [*(page.url for page in pages), *visitors.console]
    for number, page in enumerate(pages, start=1):
        try:
            page.screenshot(path=folder / f"page-{number}.png", full_page=True)
        except PlaywrightError as error:  # a page that hangs may be why the test failed
            lines.append(f"no screenshot of page {number}: {error}")
    (folder / "console.txt").write_text("\n".join(lines), encoding="utf-8")
