"""What the model for drawings is fine-tuned on: synthetic drawings, and augmented corrections."""

from __future__ import annotations

import contextlib
import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fmnist.data.dataset import Dataset, cache_dir
from fmnist.drawing import preprocess, synthetic, templates
from fmnist.drawing.corrections import Correction
from fmnist.drawing.preprocess import INK_ABOVE, ink_to_image
from fmnist.drawing.strokes import render
from fmnist.drawing.synthetic import augment_drawing, bend_picture, make_drawings, shows_garment
from fmnist.files import replacing_file

REHEARSAL, VALIDATION, HELD_OUT = 1000, 400, 500  # drawings made from photographs
MOST_VARIANTS, FEWEST_VARIANTS, ALL_VARIANTS = 24, 2, 1200  # of a correction; of all of them
SEED = 3  # of the drawings; those of the dataset of drawings have 1 and 2


@dataclass(frozen=True, eq=False)
class FineTuningData:
    """Drawings made from a dataset's photographs; images are uint8 (N, 28, 28)."""

    rehearsal: np.ndarray  # from training photographs, nonsense among them
    validation: np.ndarray  # from others of them, nonsense among them
    validation_labels: np.ndarray
    shows_garment: np.ndarray  # bool (VALIDATION,)
    held_out: np.ndarray  # from test photographs, for neither training nor choices
    held_out_labels: np.ndarray


def make_fine_tuning_data(dataset: Dataset) -> FineTuningData:
    """The same for the same dataset; cached, for they take seconds to draw, until the
    code that draws them changes.
    """
    sources = (__file__, synthetic.__file__, preprocess.__file__, templates.__file__)
    code = hashlib.sha256(b"".join(Path(source).read_bytes() for source in sources)).hexdigest()
    cached = cache_dir() / "lessons" / f"{dataset.fingerprint}-{code[:16]}.npz"
    with (
        contextlib.suppress(OSError, ValueError, EOFError, TypeError, zipfile.BadZipFile),
        np.load(cached, allow_pickle=False) as arrays,
    ):
        return FineTuningData(**arrays)
    rng = np.random.default_rng(SEED)
    chosen = rng.permutation(len(dataset.train_labels))[: REHEARSAL + VALIDATION]
    tested = rng.permutation(len(dataset.test_labels))[:HELD_OUT]
    made = make_drawings(dataset.train_images[chosen], dataset.train_labels[chosen], SEED)
    split = max(1, round(len(chosen) * REHEARSAL / (REHEARSAL + VALIDATION)))
    data = FineTuningData(
        rehearsal=made[:split],
        validation=made[split:],
        validation_labels=dataset.train_labels[chosen[split:]],
        shows_garment=np.array([shows_garment(i, SEED) for i in range(split, len(chosen))]),
        held_out=make_drawings(
            dataset.test_images[tested], dataset.test_labels[tested], SEED + 1, nonsense=0
        ),
        held_out_labels=dataset.test_labels[tested],
    )
    with contextlib.suppress(OSError):  # a cache that cannot be written costs time, nothing else
        cached.parent.mkdir(parents=True, exist_ok=True)
        with replacing_file(cached, ".npz") as draft:
            np.savez(draft, **vars(data))
    return data


def count_variants(corrections: int) -> int:
    """How many images each of so many corrections becomes."""
    return min(MOST_VARIANTS, max(FEWEST_VARIANTS, ALL_VARIANTS // corrections))


def augment_correction(correction: Correction, count: int) -> np.ndarray:
    """What a correction shows, as it is, mirrored, and augmented: uint8 (count, 28, 28).

    Its strokes get gaps and doubled lines and pens of other widths; a picture is bent alone.
    """
    rng = np.random.default_rng(int(correction.key, 16))
    image = correction.image
    variants = [image, image[:, ::-1]]
    ink = render(correction.drawing) > INK_ABOVE if correction.drawing else None
    while len(variants) < count:
        if ink is None or not ink.any():
            variants.append(bend_picture(image, rng))
        else:
            again = augment_drawing(ink, rng)
            variants.append(ink_to_image(again if again.any() else ink))
    return np.stack(variants[:count])
