"""The connection to a Ray cluster, or one sentence about why there is none."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path
from typing import Any

from fmnist.config import ConfigError

DEFAULT_PORT = 10001  # of Ray's server for programs outside the cluster
NAMESPACE = "fmnist-lab"

_ANSWERS_WITHIN = 5.0  # seconds for an address to accept a connection
_STARTING = 2.0  # seconds


def connect(address: str) -> Any:
    """The module `ray`, connected to the cluster at an address.

    Raises ConfigError, in one sentence.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError:
        raise ConfigError(
            "Ray is not installed here: pip install 'ray[client]>=2.60,<3', in the version that "
            "the cluster has."
        ) from None
    host, port = split_address(address)
    try:
        socket.create_connection((host, port), timeout=_ANSWERS_WITHIN).close()
    except OSError as error:
        raise ConfigError(
            f"No Ray cluster answers at {host}:{port} ({error.strerror or error}): start one with "
            "`ray start --head`, and give the address of its head node."
        ) from None
    try:
        _connect(ray, f"ray://{host}:{port}")
    except (RuntimeError, ValueError) as error:
        raise ConfigError(_explain(error, host, port, ray.__version__)) from error
    except ConnectionError as error:
        raise ConfigError(
            f"What answers at {host}:{port} is no Ray cluster that takes programs from outside, "
            "or it asks for another token than RAY_AUTH_TOKEN: give the port of "
            f"--ray-client-server-port, as a rule {DEFAULT_PORT}."
        ) from error
    return ray


def _connect(ray: Any, address: str) -> None:
    """Raises ConnectionError, RuntimeError and ValueError; nobody has said which for what."""
    package = Path(__file__).parent.parent
    for is_last in (False, False, True):
        try:
            ray.init(
                address,
                namespace=NAMESPACE,
                log_to_driver=False,
                logging_level="ERROR",
                runtime_env={
                    "py_modules": [str(package)],
                    "excludes": ["__pycache__", "bundled"],
                },
            )
            return
        except ConnectionAbortedError as error:  # as from a cluster that is just starting
            if is_last:
                raise RuntimeError(str(error).strip().splitlines()[-1]) from error
            ray.shutdown()
            time.sleep(_STARTING)


def split_address(address: str) -> tuple[str, int]:
    """The host and the port of HOST, HOST:PORT or ray://HOST:PORT. Raises ConfigError."""
    host, colon, port = address.removeprefix("ray://").strip("/").rpartition(":")
    if not colon:
        host, port = port, str(DEFAULT_PORT)
    host = host.strip("[]")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536 or "/" in host:
        raise ConfigError(
            f"{address[:80]!r} is no address of a Ray cluster: write ray://HOST:{DEFAULT_PORT}."
        )
    return host, int(port)


def _explain(error: Exception, host: str, port: int, version: str) -> str:
    text = " ".join(str(error).split())
    if "version" in text.lower():
        return (
            f"The cluster at {host}:{port} has another version of Ray or Python than this "
            f"computer (Ray {version}): install the same on both. Ray says: {text[:200]}"
        )
    return f"The cluster at {host}:{port} refused the connection. Ray says: {text[:300]}"
