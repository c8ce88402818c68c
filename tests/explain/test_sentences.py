"""Layers in words, with the numbers of the one at hand."""

import numpy as np
import pytest

from fmnist.explain import sentences
from fmnist.explain.results import LayerMaps, LayerOnImage, Patch, PatchSearch, ReceptiveField

DENSE = "10 sums of 192 products each: every number before it counts."
NOTHING = np.zeros(0, np.float32)


def make(kind: str, shape: tuple[int, ...], kernel: tuple[int, ...] = (), **more) -> LayerOnImage:
    values = {"parameters": 0, "macs": 0, "field": None, "maps": NOTHING, "channels": (), **more}
    return LayerOnImage(kind.lower(), kind, shape, kernel=kernel, **values)


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (
            make("Conv2D", (28, 28, 48), (3, 3, 1, 48)),
            "48 filters of 3 × 3: each number is the sum of 9 products.",
        ),
        (
            make("Conv2D", (14, 14, 1), (5, 5, 48, 1)),
            "1 filter of 5 × 5 × 48: each number is the sum of 1,200 products.",
        ),
        (
            make("MaxPooling2D", (9, 9, 4), (3, 3)),
            "Keeps the largest of every 3 × 3 places of a map.",
        ),
        (make("Flatten", (9216,)), "Writes all 9,216 numbers in one row."),
        (
            make("Dense", (10,), (192, 10), maps=np.full(10, 0.1, np.float32)),
            f"{DENSE} The softmax turns them into probabilities.",
        ),
        (
            make("Dense", (10,), (192, 10), maps=np.full(10, 3.0, np.float32)),
            DENSE,
        ),
        (make("Mystery", (3,)), ""),
    ],
)  # fmt: skip
def test_what_a_layer_does(layer, said):
    assert sentences.describe_layer(layer) == said


def test_what_a_layer_costs():
    layer = make(
        "Conv2D", (28, 28, 48), (3, 3, 1, 48), parameters=432, macs=338688,
        field=ReceptiveField(3, 1, -1),
    )  # fmt: skip
    assert sentences.describe_cost(layer) == (
        "432 parameters · 338,688 multiply-adds · a place sees 3 × 3 pixels"
    )
    assert sentences.describe_cost(make("Flatten", (9,))) == ""


def test_the_outline_leaves_small_steps_out():
    kinds = ("Rescaling", "Conv2D", "BatchNormalization", "ReLU", "Flatten", "Dense")
    kept = [kind for kind in kinds if sentences.is_main_step(make(kind, (1,)))]
    assert kept == ["Conv2D", "Flatten", "Dense"]
    assert sentences.name_kind(make("MaxPooling2D", (1,))) == "Max pooling"
    assert sentences.name_kind(make("Mystery", (1,))) == "Mystery"


def test_a_place_and_what_it_depends_on():
    maps = np.zeros((2, 14, 14), np.float32)
    maps[1, 6, 0] = 1.25
    found = LayerMaps(maps, None)
    assert sentences.find_strongest(maps[1]) == (6, 0)
    assert sentences.label_maps(found)[1] == "Filter 1: from 0.00 to 1.25"
    layer = make("Conv2D", (14, 14, 2), (3, 3, 1, 2), field=ReceptiveField(12, 2, -5))
    assert sentences.describe_place(layer, found, 1, 6, 0) == (
        "Row 6, column 0 of filter 1 is 1.250. It depends on rows 7 to 18 and columns 0 to 6 "
        "of the image."
    )
    deep = make("Conv2D", (14, 14, 2), (3, 3, 1, 2), field=ReceptiveField(78, 8, -35))
    assert sentences.describe_place(deep, found, 0, 1, 1).endswith("depends on all of the image.")
    unknown = make("Mystery", (14, 14, 2))
    assert sentences.describe_place(unknown, found, 0, 1, 1) == (
        "Row 1, column 1 of filter 0 is 0.000."
    )


def test_the_smallest_patch_in_words():
    before, after = np.zeros(10), np.zeros(10)
    before[6], after[0] = 0.612, 0.72
    names = [f"class {label}" for label in range(10)]
    white = PatchSearch(Patch(3, 4, 5, 255, after), before, 400)
    said = sentences.describe_patch(white, 0, names).replace("\N{NO-BREAK SPACE}", " ")
    assert said == "5 × 5 white pixels turn class 6 (61.2 %) into class 0 (72.0 %)."
    grey = PatchSearch(Patch(3, 4, 2, 131, after), before, 400)
    assert sentences.describe_patch(grey, 0, names).startswith("2 × 2 grey (131) pixels turn")
    assert sentences.describe_patch(PatchSearch(None, before, 1400), 1, names) == (
        "No square up to 14 × 14, be it black, grey or white, turns class 6 into class 1: "
        "1,400 were tried."
    )
