"""Whether freed memory is really kept: counted in a process of its own, since it is for good."""

import platform
import subprocess
import sys

import pytest

COUNT_FAULTS = """
import resource
import sys
import numpy as np
from fmnist.training.memory import keep_freed_memory
if sys.argv[1] == "keep":
    keep_freed_memory()
np.ones(10_000_000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    np.ones(10_000_000)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def count_page_faults(how: str) -> int:
    """Of twenty arrays of 80 MB, one after the other, after a first one."""
    command = [sys.executable, "-c", COUNT_FAULTS, how]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc's malloc is told")
def test_an_array_of_the_same_size_gets_the_pages_of_the_one_before():
    assert count_page_faults("as ever") > 20 * count_page_faults("keep")
