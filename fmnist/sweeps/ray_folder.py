"""The run folders of a cluster's runs: what its nodes say is written into them here."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec.structs import asdict, replace

from fmnist import json_files
from fmnist.files import replacing_file
from fmnist.runs import store
from fmnist.runs.status import CLUSTER, Status
from fmnist.sweeps.ray_node import GIVEN, GROWING, ONCE, Look

RECORD = "cluster.json"  # in the run's folder: how many nodes it has lost

_SAME_CLOCK = 60.0  # seconds that two clocks may differ without being corrected
_KEPT = (*GIVEN, "sweep.json", "notes.json", RECORD)  # when a run is begun anew
_OF_ONE_ATTEMPT = (
    "epoch", "step", "images_per_second", "started_at", "heartbeat_at", "pid", "pid_started_at",
    "host",
)  # fmt: skip


def read_files(run_dir: Path) -> dict[str, bytes]:
    """Those that make the run; this computer's variables stay here."""
    paths = (run_dir / name for name in GIVEN if name != store.VARIABLES_FILE)
    return {path.name: path.read_bytes() for path in paths if path.is_file()}


def read_sizes(run_dir: Path) -> dict[str, int]:
    """Of the files that come while it trains: how many bytes are here."""
    paths = (run_dir / name for name in (*GROWING, *ONCE))
    return {path.name: path.stat().st_size for path in paths if path.is_file()}


def count_loss(run_dir: Path) -> int:
    """Record that the run has lost a node; returns how many it has lost."""
    lost = json_files.read_json_or_empty(run_dir / RECORD).get("lost", 0) + 1
    json_files.write_json(run_dir / RECORD, {"lost": lost})
    return lost


def begin_anew(run_dir: Path, message: str) -> None:
    """Take out what one attempt has left, and queue the run again."""
    for path in run_dir.iterdir():
        if path.name not in _KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    status = replace(
        store.read_status(run_dir),
        status="queued",
        message=message,
        **dict.fromkeys(_OF_ONE_ATTEMPT),
    )
    json_files.write_json(run_dir / "status.json", asdict(status))


def take_in(run_dir: Path, look: Look) -> None:
    """What a node says of a training that goes on."""
    for name, (offset, content) in look.parts.items():
        _write_part(run_dir / name, offset, content)
    status = None if look.has_ended else read_look_status(look)
    if status and status.is_live:  # its end is told only when everything is here
        write_status(run_dir, status)


def write_results(run_dir: Path, files: Mapping[str, bytes]) -> None:
    """All that a training has left; nothing outside the run's folder."""
    (run_dir / store.VARIABLES_FILE).unlink(missing_ok=True)  # as where a training begins here
    for name, content in files.items():
        path = run_dir / name
        if path.resolve().is_relative_to(run_dir.resolve()):
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing_file(path) as draft:
                draft.write_bytes(content)


def read_look_status(look: Look) -> Status | None:
    """What a node says, by this computer's clock."""
    try:
        status = msgspec.convert(json_files.parse_json(look.status), Status)
    except ValueError:
        return None
    now = time.time()
    ahead = look.now - now
    if abs(ahead) < _SAME_CLOCK:  # it may as well have been said a while ago
        ahead = 0.0
    times = {
        name: min(max(at - ahead, 0.0), now)
        for name in ("started_at", "heartbeat_at", "finished_at")
        if (at := getattr(status, name)) is not None
    }
    return replace(status, host=CLUSTER + look.host, booted_at=None, **times)


def write_status(run_dir: Path, status: Status) -> None:
    here = store.read_status(run_dir)
    status = replace(status, queued_at=here.queued_at, owner=here.owner)
    json_files.write_json(run_dir / "status.json", asdict(status))


def end(run_dir: Path, status: str, message: str) -> None:
    store.write_status(run_dir, status=status, finished_at=time.time(), message=message)


def _write_part(path: Path, offset: int, content: bytes) -> None:
    """Put the end of a growing file, or the whole of a new one, where it belongs."""
    with path.open("r+b" if path.exists() else "wb") as file:
        file.seek(offset)
        file.write(content)
        file.truncate()
