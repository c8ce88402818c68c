"""Which Chromium the browser tests drive: `python tests/browser/find_chromium.py [--install]`.

Prints its path. In order: FMNIST_CHROMIUM; a Chromium or Chrome of this machine; Playwright's own.
With --install one is fetched where there is none: Playwright's, else Debian's (as root).
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "~/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Google/Chrome/Application/chrome.exe",
)


class ChromiumMissing(RuntimeError):
    """There is no Chromium that starts."""


def find_chromium() -> Path:
    """The first Chromium that starts.

    Raises:
        ChromiumMissing: none does, or FMNIST_CHROMIUM names one that does not.
    """
    given = os.environ.get("FMNIST_CHROMIUM")
    if given:
        if not _starts(given):
            raise ChromiumMissing(f"FMNIST_CHROMIUM is {given!r}, which does not start.")
        return Path(given)
    for candidate in _candidates():
        if _starts(candidate):
            return Path(candidate)
    raise ChromiumMissing(
        "The browser tests need a Chromium, and none on this machine starts. Install Chromium or "
        "Google Chrome (Debian: sudo apt-get install chromium), or name one in FMNIST_CHROMIUM."
    )


def install_chromium() -> Path:
    """The first Chromium that starts, fetched where there is none."""
    for fetch in (_fetch_with_playwright, _fetch_with_apt):
        try:
            return find_chromium()
        except ChromiumMissing:
            if "FMNIST_CHROMIUM" in os.environ:
                raise
            fetch()
    return find_chromium()


def _candidates() -> Iterator[str]:
    for name in NAMES:
        found = shutil.which(name)
        if found:
            yield found
    for place in PLACES:
        yield str(Path(place).expanduser())
    with sync_playwright() as playwright:
        yield playwright.chromium.executable_path


def _starts(executable: str) -> bool:
    # Chrome on Windows opens a window at --version, so being there must do.
    if sys.platform == "win32":
        return Path(executable).is_file()
    try:
        return (
            subprocess.run([executable, "--version"], capture_output=True, timeout=60).returncode
            == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False


def _fetch_with_playwright() -> None:
    _call([sys.executable, "-m", "playwright", "install", "--no-shell", "chromium"])


def _fetch_with_apt() -> None:
    if shutil.which("apt-get") and os.geteuid() == 0:
        _call(["apt-get", "update", "-qq"])
        _call(["apt-get", "install", "-y", "-qq", "chromium"])


def _call(command: list[str]) -> None:
    """Run an installer; whether it helped is seen by looking for a Chromium again."""
    print("chromium:", " ".join(command), file=sys.stderr)
    subprocess.run(command, stdout=sys.stderr, stdin=subprocess.DEVNULL, check=False)


if __name__ == "__main__":
    try:
        print(install_chromium() if "--install" in sys.argv[1:] else find_chromium())
    except ChromiumMissing as missing:
        sys.exit(str(missing))
