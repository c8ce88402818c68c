"""How long the import of the two CSV files takes, and how much memory its process ever holds.

`python -m benchmarks.import_csv`: the real dataset's 60,000 and 10,000 rows, written as CSV files
to a temporary folder and imported by `python -m fmnist dataset import`, in a process of its own.
The memory is what Linux or macOS says of child processes.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks._table import ROOT, report
from fmnist.data.dataset import load_dataset
from fmnist.data.table import PIXEL_NAMES

CHUNK = 5000  # rows turned into text at once


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        files = Path(scratch) / "files"
        files.mkdir()
        write_csv_files(files)
        began = time.perf_counter()
        options = ("--name", "Measured", "--classes", "0,1,2,3,4,5,6,7,8,9")
        subprocess.run(
            [sys.executable, "-m", "fmnist", "dataset", "import", str(files), *options],
            cwd=ROOT,
            env={**os.environ, "FMNIST_DATASETS_DIR": str(Path(scratch) / "datasets")},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    megabytes = peak / (1e6 if sys.platform == "darwin" else 1e3)
    report("import of 60,000 + 10,000 CSV rows, the whole command", seconds, "s", "20")
    report("the same, most memory", megabytes, "MB", "1000")


def write_csv_files(folder: Path) -> None:
    """`train.csv` and `test.csv` of the dataset as FMNIST_DATA_DIR or the cache has it."""
    data = load_dataset()
    for split in ("train", "test"):
        images, labels = data.split(split)
        with (folder / f"{split}.csv").open("w", encoding="ascii") as file:
            file.write(",".join(("label", *PIXEL_NAMES)) + "\n")
            for start in range(0, len(labels), CHUNK):
                pixels = images[start : start + CHUNK].reshape(-1, len(PIXEL_NAMES)).tolist()
                for label, row in zip(labels[start : start + CHUNK], pixels, strict=True):
                    file.write(f"{label},{','.join(map(str, row))}\n")


if __name__ == "__main__":
    main()
