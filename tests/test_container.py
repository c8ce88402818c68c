"""The Dockerfile, as far as it goes without Docker: what is copied, who runs it, that it runs."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.browser.conftest import free_port

ROOT = Path(__file__).parent.parent


def read_dockerfile() -> list[tuple[str, str]]:
    """Each instruction and what follows it, without comments, on one line."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    return [tuple(line.split(maxsplit=1)) for line in text.splitlines() if line]


def instruction(name: str) -> str:
    """What follows the last instruction of this name."""
    return [rest for known, rest in read_dockerfile() if known == name][-1]


def environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in instruction("ENV").split())


def copied_names() -> list[str]:
    """What `COPY . .` brings into the image: .dockerignore keeps everything out but these."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    assert (patterns[0], patterns[-1]) == ("*", "**/__pycache__")
    assert all(re.fullmatch(r"![\w.]+", pattern) for pattern in patterns[1:-1])
    return [pattern[1:] for pattern in patterns[1:-1]]


def test_nothing_of_a_persons_own_is_copied():
    assert [rest for name, rest in read_dockerfile() if name in ("COPY", "ADD")] == [
        "requirements.txt constraints.txt ./",
        ". .",
    ]
    assert set(copied_names()) == {
        ".streamlit", "LICENSE", "app.py", "constraints.txt", "fmnist", "pages", "requirements.txt",
    }  # fmt: skip
    assert all((ROOT / name).exists() for name in copied_names())


def test_it_runs_without_rights_and_writes_into_the_volume_alone():
    names = [name for name, _ in read_dockerfile()]
    user, volume = instruction("USER"), instruction("VOLUME")
    assert user != "root"
    assert "RUN" not in names[names.index("USER") :]
    assert re.search(rf"useradd .*\b{user}\b.*install -d -o {user} .*{volume}", instruction("RUN"))
    folders = {name for name in environment() if name.startswith("FMNIST_")}
    assert folders == {"FMNIST_RUNS_DIR", "FMNIST_DATASETS_DIR", "FMNIST_CACHE_DIR"}
    assert all(environment()[name].startswith(f"{volume}/") for name in folders)


@pytest.fixture
def image(tmp_path: Path, lab) -> tuple[Path, dict[str, str]]:
    """The app's folder as it lies in the image, and what the environment is there; a free port."""
    app = tmp_path / "app"
    app.mkdir()
    for name in copied_names():
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, app / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, app)
    commands = Path(sys.executable).parent
    inside = environment() | {
        "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
        "STREAMLIT_SERVER_PORT": str(free_port()),
        "STREAMLIT_SERVER_SCRIPT_HEALTH_CHECK_ENABLED": "true",  # runs the app's first page
    }
    inside = {name: value.replace("/data/", f"{tmp_path}/") for name, value in inside.items()}
    return app, os.environ | inside


def test_what_is_copied_runs_and_the_health_check_sees_it(image):
    app, environment = image
    port = environment["STREAMLIT_SERVER_PORT"]
    check = json.loads(instruction("HEALTHCHECK").split("CMD")[1])
    check = [word.replace("8501", port) for word in check]

    def is_healthy() -> bool:
        done = subprocess.run(check, env=environment, capture_output=True, timeout=200)
        return done.returncode == 0

    assert not is_healthy()
    with subprocess.Popen(json.loads(instruction("CMD")), cwd=app, env=environment) as server:
        try:
            deadline = time.monotonic() + 300
            while not is_healthy():
                assert server.poll() is None
                assert time.monotonic() < deadline
            with urlopen(f"http://127.0.0.1:{port}/_stcore/script-health-check") as answer:
                assert answer.read() == b"ok"
        finally:
            server.kill()
