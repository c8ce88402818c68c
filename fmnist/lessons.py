"""What the model for drawings is taught from: made drawings, and corrections by other hands."""

from __future__ import annotations

import contextlib
import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fmnist import drawings, sketch, templates
from fmnist.corrections import Correction
from fmnist.dataset import Dataset, cache_dir
from fmnist.drawings import bend_picture, draw_again, make_drawings, shows_garment
from fmnist.files import replacing_file
from fmnist.sketch import INK_ABOVE, ink_to_image
from fmnist.strokes import render

REHEARSED, VALIDATED, UNTOUCHED = 1000, 400, 500  # drawings made from photographs
MOST_VARIANTS, FEWEST_VARIANTS, ALL_VARIANTS = 24, 2, 1200  # of a correction; of all of them
SEED = 3  # of the drawings; those of the dataset of drawings have 1 and 2


@dataclass(frozen=True, eq=False)
class Lessons:
    """Drawings made from a dataset's photographs; images are uint8 (N, 28, 28)."""

    rehearsed: np.ndarray  # from training photographs, nonsense among them
    validated: np.ndarray  # from others of them, nonsense among them
    validated_labels: np.ndarray
    shows_garment: np.ndarray  # bool (VALIDATED,)
    untouched: np.ndarray  # from test photographs, never learnt and never chosen by
    untouched_labels: np.ndarray


def make_lessons(dataset: Dataset) -> Lessons:
    """The same for the same dataset; kept in the cache, for they take seconds to draw, until the
    code that draws them changes.
    """
    sources = (__file__, drawings.__file__, sketch.__file__, templates.__file__)
    code = hashlib.sha256(b"".join(Path(source).read_bytes() for source in sources)).hexdigest()
    kept = cache_dir() / "lessons" / f"{dataset.fingerprint}-{code[:16]}.npz"
    with (
        contextlib.suppress(OSError, ValueError, EOFError, TypeError, zipfile.BadZipFile),
        np.load(kept, allow_pickle=False) as arrays,
    ):
        return Lessons(**arrays)
    rng = np.random.default_rng(SEED)
    chosen = rng.permutation(len(dataset.train_labels))[: REHEARSED + VALIDATED]
    tested = rng.permutation(len(dataset.test_labels))[:UNTOUCHED]
    made = make_drawings(dataset.train_images[chosen], dataset.train_labels[chosen], SEED)
    split = max(1, round(len(chosen) * REHEARSED / (REHEARSED + VALIDATED)))
    lessons = Lessons(
        rehearsed=made[:split],
        validated=made[split:],
        validated_labels=dataset.train_labels[chosen[split:]],
        shows_garment=np.array([shows_garment(i, SEED) for i in range(split, len(chosen))]),
        untouched=make_drawings(
            dataset.test_images[tested], dataset.test_labels[tested], SEED + 1, nonsense=0
        ),
        untouched_labels=dataset.test_labels[tested],
    )
    with contextlib.suppress(OSError):  # a cache that cannot be written costs time, nothing else
        kept.parent.mkdir(parents=True, exist_ok=True)
        with replacing_file(kept, ".npz") as draft:
            np.savez(draft, **vars(lessons))
    return lessons


def make_variants(correction: Correction, count: int) -> np.ndarray:
    """What a correction shows, as it is, mirrored, and bent by other hands: uint8 (count, 28, 28).

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
            again = draw_again(ink, rng)
            variants.append(ink_to_image(again if again.any() else ink))
    return np.stack(variants[:count])
