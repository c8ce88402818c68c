"""The product's one palette."""

from __future__ import annotations

# By family: tops and the dress in warm hues, shoes in blues, Trouser green, Bag violet. Found by
# maximising the smallest OKLab distance between any two, as seen with normal colour vision and
# with deuteranopia and protanopia, at lightnesses that stand out from white and from near-black.
CLASS_COLOURS = (
    "#c9a91b",  # T-shirt/top
    "#28926d",  # Trouser
    "#eaa7a8",  # Pullover
    "#e965b6",  # Dress
    "#de500c",  # Coat
    "#256176",  # Sandal
    "#953410",  # Shirt
    "#3cabff",  # Sneaker
    "#8e60eb",  # Bag
    "#373bbf",  # Ankle boot
)
SPLIT_COLOURS = {"train": "#7d8ea3", "val": "#e07b28", "test": "#2a9d8f"}
# Runs in one chart, in the order they are given: Okabe and Ito's colours, without black, then more.
RUN_COLOURS = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#d55e00",
    "#8e60eb",
    "#a08a00",
    "#7d8ea3",
    "#953410",
)
RIGHT_RGB, WRONG_RGB = (47, 129, 195), (222, 80, 12)
STRONGEST_CELL = 0.7  # opacity: text in the theme's colour stays readable on it
RESULT_COLOURS = ("#7aa7cf", "#de500c")  # right is common and quiet, wrong stands out
