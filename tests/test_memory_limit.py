"""A process held to a bound by the system: real allocations in processes of their own."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from fmnist import memory_limit

ROOT = Path(__file__).parent.parent

ALLOCATE = """
import sys
import numpy as np
from fmnist.memory_limit import limit_memory

limit_memory(500_000_000)
kept = []
try:
    for _ in range(int(sys.argv[1])):
        kept.append(np.ones(12_500_000))  # 100 MB each
except MemoryError:
    print("no more after", len(kept))
else:
    print("all", len(kept))
kept.clear()
print("again", len(np.ones(12_500_000)))
"""


def allocate(arrays: int) -> str:
    command = [sys.executable, "-c", ALLOCATE, str(arrays)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a thread ends the process")
def test_what_is_beyond_the_bound_is_refused_and_what_is_freed_can_be_had_again():
    assert allocate(3) == "all 3\nagain 12500000\n"
    assert allocate(30) == "no more after 4\nagain 12500000\n"


def test_where_the_system_has_no_limit_a_watch_ends_the_process():
    code = ALLOCATE.replace("limit_memory(500", "import sys; sys.platform = 'x'; limit_memory(500")
    code = code.replace("kept.append", "__import__('time').sleep(0.05); kept.append")
    done = subprocess.run([sys.executable, "-c", code, "100"], cwd=ROOT, capture_output=True)
    assert (done.returncode, done.stdout) == (memory_limit.OUT_OF_MEMORY, b"")


@pytest.mark.parametrize(
    ("available", "together", "one"),
    [
        (20e9, 4_000_000_000, 2_000_000_000),
        (6e9, 3_000_000_000, 1_500_000_000),
        (1e9, 2_000_000_000, 1_000_000_000),
    ],
)
def test_the_bound_is_half_of_what_is_available(monkeypatch, tmp_path, available, together, one):
    monkeypatch.setattr(memory_limit, "_CGROUP", tmp_path)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=available))
    assert (memory_limit.bound(), memory_limit.bound_of_one()) == (together, one)


@pytest.mark.parametrize(("most", "together"), [("7000000000", 3_000_000_000), ("max", 4e9)])
def test_a_containers_own_limit_counts(monkeypatch, tmp_path, most, together):
    (tmp_path / "memory.max").write_text(most + "\n")
    (tmp_path / "memory.current").write_text("1000000000\n")
    monkeypatch.setattr(memory_limit, "_CGROUP", tmp_path)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=20e9))
    assert memory_limit.bound() == together
