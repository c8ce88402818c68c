"""Who is let in: a real server, and handshakes with forged names, as after a DNS rebinding.

A web page whose name was pointed at this computer sends that name as Host and as Origin, so that it
looks like the app's own. All that the app does goes through its socket; uploads and media need an
id that only the socket gives.
"""

import contextlib
import os
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.request import urlopen

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.browser.conftest import free_port
from tests.waits import wait_for

ROOT = Path(__file__).parent.parent
PLAIN = [sys.executable, "-m", "streamlit", "run", "app.py"]
LOOPBACK = ("localhost", "127.0.0.1", "[::1]", "LOCALHOST")
FOREIGN = ("evil.example", "localhost.evil.example", "evil.example.", "127.0.0.1.evil.example")


@contextlib.contextmanager
def serving(command: list[str], folder: Path, **environment: str) -> Iterator[int]:
    """Run the command, with a port added, until the block ends; gives the port."""
    port = free_port()
    options = ["--server.port", str(port), "--server.headless", "true"]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [*command, *options],
            cwd=ROOT,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(
            lambda: is_healthy(port),
            "the server",
            200,
            lambda: "" if server.poll() is None else (folder / "server.log").read_text(),
        )
        yield port
    finally:
        server.kill()
        server.wait()


def is_healthy(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def is_let_in(port: int, host: str, origin: str | None = "", at: str = "127.0.0.1") -> bool:
    """Whether the socket opens to a handshake with this Host.

    origin: of the page that asks, with its scheme; "" the same as the host, None without one.
    """
    if origin == "":
        origin = f"http://{host}:{port}"
    try:
        with (
            socket.create_connection((at, port), timeout=60) as line,
            connect(
                f"ws://{host}:{port}/_stcore/stream", sock=line, origin=origin, open_timeout=60
            ),
        ):
            return True
    except InvalidStatus as refusal:
        assert refusal.response.status_code == 403
        return False


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Of a plain `streamlit run app.py`."""
    with serving(PLAIN, tmp_path_factory.mktemp("plain")) as port:
        yield port


@pytest.mark.parametrize("host", LOOPBACK)
def test_this_computer_is_let_in_by_each_of_its_names(port, host):
    assert is_let_in(port, host)


def test_over_ipv6(port):
    try:
        assert is_let_in(port, "[::1]", at="::1")
    except OSError as error:
        pytest.skip(f"no IPv6 here: {error}")


def test_a_script_without_an_origin_is_let_in(port):
    assert is_let_in(port, "localhost", origin=None)


@pytest.mark.parametrize("host", FOREIGN)
def test_a_page_under_a_name_that_was_pointed_here_is_kept_out(port, host):
    assert not is_let_in(port, host)
    assert not is_let_in(port, host, origin=None)
    assert not is_let_in(port, host, origin=f"http://localhost:{port}")


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "https://localhost.evil.example", "null"]
)
def test_a_foreign_page_is_kept_out_of_localhost(port, origin):
    assert not is_let_in(port, "localhost", origin=origin)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/_stcore/upload_file/00000000-0000-4000-8000-000000000000/1"),
        ("DELETE", "/_stcore/upload_file/00000000-0000-4000-8000-000000000000/1"),
        ("GET", "/media/0000.png"),
        ("POST", "/_stcore/agent/interact"),
    ],
)
def test_without_the_socket_nothing_is_taken_or_given(port, method, path):
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(
        method,
        path,
        b"{}",
        {"Host": f"evil.example:{port}", "Origin": f"http://evil.example:{port}"},
    )
    assert connection.getresponse().status in (400, 403, 404)
    connection.close()


def test_community_cloud_is_let_in(port):
    assert is_let_in(port, "my-lab.streamlit.app")
    assert not is_let_in(port, "streamlit.app.evil.example")


@pytest.mark.parametrize(
    ("arguments", "let_in", "kept_out"),
    [
        ("", ("localhost", "127.0.0.1"), FOREIGN),
        ("ADDRESS=0.0.0.0", ("localhost", socket.gethostname()), ("0.0.0.0", *FOREIGN)),
        (
            "ADDRESS=0.0.0.0 ALLOWED_HOSTS=192.168.1.7,lab.school.example,*.class.example",
            ("localhost", "192.168.1.7", "lab.school.example", "a.class.example"),
            ("192.168.1.8", "school.example", *FOREIGN),
        ),
    ],
)
def test_make_run_lets_in_whom_it_is_told(arguments, let_in, kept_out, tmp_path):
    with serving(what_make_runs(arguments)[0], tmp_path) as port:
        assert [host for host in let_in if not is_let_in(port, host)] == []
        assert [host for host in kept_out if is_let_in(port, host)] == []


@pytest.mark.parametrize(
    ("arguments", "is_said"),
    [
        ("", ""),
        ("ADDRESS=0.0.0.0", f"open to others at: {socket.gethostname()} "),
        ("ADDRESS=0.0.0.0 ALLOWED_HOSTS=192.168.1.7", 'open to others at: 192.168.1.7"'),
        ("ADDRESS=192.168.1.7", 'open to others at: 192.168.1.7"'),
        ("ADDRESS=0.0.0.0 ALLOWED_HOSTS=", "only localhost is let in; others need ALLOWED_HOSTS"),
    ],
)
def test_make_run_says_by_which_names_others_come(arguments, is_said):
    command, before = what_make_runs(arguments)
    assert is_said in before if is_said else "others" not in before
    assert ("192.168.1.7" in command) == ("192.168.1.7" in arguments)


def test_the_names_of_this_computer_are_its_own_and_no_loopback():
    done = subprocess.run(
        [sys.executable, ".ci/own_names"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    names = done.stdout.strip().split(",")
    assert socket.gethostname() in names
    assert not {"localhost", "127.0.0.1", "::1", "0.0.0.0"} & set(names)


def what_make_runs(arguments: str) -> tuple[list[str], str]:
    """The command that starts the Lab, and what is run before it."""
    if not shutil.which("make"):
        pytest.skip("no make here")
    make = ["make", "-n", "run", *arguments.split(), "PYTHON=THE_PYTHON", "ARGS="]
    # Under `make test` a make would be the outer one's child, with its variables: those, and ARGS.
    env = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    lines = subprocess.run(
        make, cwd=ROOT, env=env, capture_output=True, text=True, check=True
    ).stdout
    before, _, command = lines.replace("\\\n", " ").partition("THE_PYTHON")
    return [sys.executable, *shlex.split(command)], before


def test_a_container_lets_in_whom_its_environment_names(tmp_path):
    names = {"STREAMLIT_SERVER_ALLOWED_HOSTS": "lab.example.org localhost"}
    with serving(PLAIN, tmp_path, STREAMLIT_SERVER_ADDRESS="0.0.0.0", **names) as port:
        assert is_let_in(port, "lab.example.org")
        assert is_let_in(port, "localhost")
        assert not is_let_in(port, "evil.example")
