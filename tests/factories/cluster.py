"""A real Ray cluster on this machine: a head and more nodes, each a process tree of its own."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil

_QUICK = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DISABLE_IMPORT_WARNING": "1",
    "RAY_worker_niceness": "0",  # as other tests; Ray has its workers wait for everybody
    # A lost node is noticed within seconds.
    "RAY_health_check_initial_delay_ms": "2000",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_failure_threshold": "6",
}


class Cluster:
    """Started with its head, which has one core for trials; `add_node` adds another such node.

    Each node has a folder for temporary files of its own, as on a computer of its own.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(
            prefix="ray-", dir="/tmp", ignore_cleanup_errors=True
        )  # a path of a socket has a hundred characters at most
        self.port = _free_port()
        self._head_port = _free_port()
        self._nodes: list[subprocess.Popen] = []
        self._start(
            "--head",
            f"--port={self._head_port}",
            f"--ray-client-server-port={self.port}",
            "--include-dashboard=false",
            f"--dashboard-port={_free_port()}",
            "--disable-usage-stats",
        )

    @property
    def address(self) -> str:
        return f"ray://127.0.0.1:{self.port}"

    def add_node(self) -> subprocess.Popen:
        return self._start(f"--address=127.0.0.1:{self._head_port}")

    def temporary_folder(self, number: int) -> Path:
        """Of the head (0) or of the node that was added first (1), second (2), …"""
        return Path(self._folder.name) / str(number) / "t"

    def kill_node(self, node: subprocess.Popen) -> None:
        """As when its plug is pulled: nothing of it says a last word."""
        kill_tree(node)

    def close(self) -> None:
        for node in reversed(self._nodes):
            kill_tree(node)
        self._folder.cleanup()

    def _start(self, *options: str) -> subprocess.Popen:
        folder = Path(self._folder.name) / str(len(self._nodes))
        (folder / "t").mkdir(parents=True)
        with (folder / "out.txt").open("wb") as output:
            node = subprocess.Popen(
                [
                    *(sys.executable, "-m", "ray.scripts.scripts", "start", "--block"),
                    *("--node-ip-address=127.0.0.1", "--num-cpus=1", "--include-log-monitor=false"),
                    *("--object-store-memory=80000000", "--memory=2000000000"),
                    f"--dashboard-agent-listen-port={_free_port()}",
                    f"--temp-dir={folder}",
                    *options,
                ],
                env={**os.environ, **_QUICK, "TMPDIR": str(folder / "t")},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._nodes.append(node)
        return node

    def is_ready(self) -> bool:
        """Whether all nodes have started, and the head takes programs from outside."""
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        outputs = Path(self._folder.name).glob("*/out.txt")
        return all("Ray runtime started" in path.read_text(errors="replace") for path in outputs)

    def why_it_ended(self) -> str:
        return "" if all(node.poll() is None for node in self._nodes) else self.log()

    def log(self) -> str:
        """What the nodes have said."""
        outputs = sorted(Path(self._folder.name).glob("*/out.txt"))
        return "\n".join(path.read_text(errors="replace")[-1500:] for path in outputs)


def kill_tree(process: subprocess.Popen) -> None:
    """Kill a process and all below it; the parents first, so that none can tell how one ended."""
    with contextlib.suppress(psutil.NoSuchProcess):
        top = psutil.Process(process.pid)
        tree = [top, *top.children(recursive=True)]
        for each in tree:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        psutil.wait_procs(tree, timeout=10)
    process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
