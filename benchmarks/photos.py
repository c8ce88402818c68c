"""Does a photograph get the prediction that the dataset's own image gets?

`python -m benchmarks.photos [--count N] [--split val] [--model MODEL.keras]`: test images as they
are, and as pictures that people have: inverted and enlarged on white, on grey, with a border, and
so on. Each goes through `fmnist.drawing.photo`; the model that comes with the Lab answers.
`--split val` takes the images that this model was validated on: choices are made on these.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks._table import report
from fmnist.commands.predict import find_model
from fmnist.data.dataset import load_dataset
from fmnist.data.samples import split_train_val
from fmnist.drawing.photo import photo_to_image
from fmnist.engine.client import Engine
from fmnist.evaluation.evaluate import wilson_interval
from fmnist.runs import store

WITHIN = "2 (4)"  # points of the plain accuracy
SMOOTH, BLOCKS = Image.Resampling.BICUBIC, Image.Resampling.NEAREST


def place(
    image: np.ndarray,
    item: int,
    width: int = 600,
    height: int = 600,
    corner: tuple[int, int] | None = None,
    paper: int = 255,
    how: Image.Resampling = SMOOTH,
) -> np.ndarray:
    """The image inverted, `item` pixels large, on paper of that level: uint8 (height, width).

    corner: row and column of its upper left corner; in the middle without.
    """
    top, left = corner or ((height - item) // 2, (width - item) // 2)
    large = np.asarray(Image.fromarray(255 - image).resize((item, item), how))
    picture = np.full((height, width), paper, np.uint8)
    picture[top : top + item, left : left + item] = np.rint(large * (paper / 255))
    return picture


def paste(image: np.ndarray, paper: int) -> np.ndarray:
    """The same on grey paper, the item's own levels kept: uint8 (600, 600)."""
    picture = place(image, 480)
    return np.where(picture > 247, np.uint8(paper), picture)


def frame(picture: np.ndarray, width: int, level: int, inset: int = 0) -> np.ndarray:
    """With a frame of that width and level, `inset` pixels from the picture's edge."""
    framed = Image.fromarray(picture)
    high, wide = picture.shape
    box = (inset, inset, wide - 1 - inset, high - 1 - inset)
    ImageDraw.Draw(framed).rectangle(box, outline=level, width=width)
    return np.asarray(framed)


def rule(picture: np.ndarray, spacing: int, level: int) -> np.ndarray:
    """On squared paper, which the item hides."""
    ruled = picture.copy()
    ruled[spacing // 2 :: spacing] = ruled[:, spacing // 2 :: spacing] = level
    return np.minimum(picture, np.where(picture > 247, ruled, 255)).astype(np.uint8)


def plot(image: np.ndarray, is_inverted: bool) -> np.ndarray:
    """As a notebook shows it: axes, ticks and their labels on white; uint8 (256, 256)."""
    figure = Image.new("L", (256, 256), 255)
    shown = Image.fromarray(255 - image if is_inverted else image)
    figure.paste(shown.resize((217, 217), BLOCKS), (30, 10))
    pen, font = ImageDraw.Draw(figure), ImageFont.load_default(size=10)
    pen.rectangle((29, 9, 247, 227), outline=0)
    for tick in range(0, 28, 5):
        along = round((tick + 0.5) * 217 / 28)
        pen.line((30 + along, 228, 30 + along, 231), fill=0)
        pen.line((25, 10 + along, 28, 10 + along), fill=0)
        pen.text((30 + along, 234), str(tick), fill=0, font=font, anchor="mt")
        pen.text((23, 10 + along), str(tick), fill=0, font=font, anchor="rm")
    return np.asarray(figure)


def save_as_jpeg(picture: np.ndarray) -> np.ndarray:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=60)
    return np.asarray(Image.open(buffer).convert("L"))


def light(image: np.ndarray) -> np.ndarray:
    """Off-centre under light that falls off to one corner, with a camera's noise."""
    rng = np.random.default_rng(int(image.sum()))
    slope = np.linspace(1, 0.7, 600)
    lit = place(image, 360, corner=(60, 180), paper=230) * np.sqrt(slope * slope[:, np.newaxis])
    return np.clip(np.rint(lit + rng.normal(0, 5, lit.shape)), 0, 255).astype(np.uint8)


PICTURES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "inverted, 280 px, no margin": lambda image: place(image, 280, 280, 280, how=BLOCKS),
    "inverted, 280 px, no margin, smooth": lambda image: place(image, 280, 280, 280),
    "inverted, 600 px on white": lambda image: place(image, 480),
    "inverted, off-centre on a wide white page": lambda image: place(
        image, 280, 1000, 600, corner=(40, 620)
    ),
    "inverted, small on white": lambda image: place(image, 90, corner=(400, 50)),
    "inverted, on light grey, darkened with it": lambda image: place(image, 480, paper=215),
    "inverted, pasted on light grey": lambda image: paste(image, 220),
    "bright on black, 600 px": lambda image: 255 - place(image, 480),
    "inverted, black border": lambda image: frame(place(image, 480), 8, 0),
    "inverted, thin frame inside the edge": lambda image: frame(place(image, 480), 3, 0, 20),
    "inverted, edge of a scan on two sides": lambda image: np.pad(
        place(image, 420), ((18, 0), (0, 25)), constant_values=10
    ),
    "inverted, axes of a figure": lambda image: plot(image, True),
    "bright on black, axes of a figure": lambda image: plot(image, False),
    "inverted, squared paper behind it": lambda image: rule(place(image, 420), 30, 170),
    "inverted, JPEG of quality 60": lambda image: save_as_jpeg(place(image, 480, paper=240)),
    "inverted, uneven light and noise": light,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000, metavar="N")
    parser.add_argument("--split", choices=("test", "val"), default="test")
    parser.add_argument("--model", type=Path, metavar="MODEL.keras")
    options = parser.parse_args()
    model = options.model or find_model()
    data = load_dataset()
    images, labels = data.test_images, data.test_labels
    if options.split == "val":
        config = store.read_run(model.parent).config
        _, val = split_train_val(len(data.train_images), config.validation_fraction, config.seed)
        images, labels = data.train_images[val], data.train_labels[val]
    chosen = np.random.default_rng(0).permutation(len(images))[: options.count]
    images, labels = images[chosen], labels[chosen]
    engine = Engine()

    def measure(pictures: list[np.ndarray]) -> float:
        seen = np.stack([photo_to_image(picture).image for picture in pictures])
        is_right = engine.predict(model, seen).probabilities.argmax(axis=1) == labels
        low, high = wilson_interval(int(is_right.sum()), len(is_right))
        print(f"  {is_right.mean():.4f}, 95 % interval {low:.4f} to {high:.4f}")
        return float(is_right.mean())

    try:
        plain = measure(list(images))
        name = f"photos: accuracy of {len(images)} {options.split} images"
        report(f"{name} as they are", plain, "", "reported only")
        for kind, draw in PICTURES.items():
            lost = 100 * (plain - measure([draw(image) for image in images]))
            report(f"photos: points lost, {kind}", lost, "points", WITHIN)
    finally:
        engine.close()


if __name__ == "__main__":
    main()
