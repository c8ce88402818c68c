"""How large the one image message of a 400-image grid is. `python -m benchmarks.grid`."""

from __future__ import annotations

import base64

from benchmarks._table import report
from fmnist.data.dataset import load_dataset
from fmnist.data.samples import sample_indices
from fmnist.images import sprite_png


def main() -> None:
    data = load_dataset()
    for split in ("train", "test"):
        images, labels = data.split(split)
        sizes = []
        for seed in range(10):
            chosen = sample_indices(labels, classes=[], count=400, seed=seed)
            sizes.append(len(base64.b64encode(sprite_png(images[chosen], columns=20))))
        report(f"400-image grid, {split}, largest of 10 samples", max(sizes) / 1000, "KB", "300")


if __name__ == "__main__":
    main()
