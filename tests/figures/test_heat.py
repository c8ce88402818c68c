"""Arrays as small pictures, read back pixel by pixel."""

import base64
import io

import numpy as np
from PIL import Image

from fmnist.figures.heat import (
    as_tiles,
    box_window,
    crop_window,
    frame_square,
    light_window,
    mark_place,
    overlay_heat,
    paint_map,
)


def read(address: str) -> np.ndarray:
    assert address.startswith("data:image/png;base64,")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(address.split(",")[1])))).astype(int)


def test_for_is_blue_against_is_orange_and_nothing_is_grey():
    image = np.full((28, 28), 100, np.uint8)
    values = np.zeros((28, 28))
    values[0, 0], values[0, 1] = 2, -1
    seen = read(overlay_heat(image, values, peak=2))
    (for_r, _, for_b), (against_r, _, against_b) = seen[0, 0], seen[0, 1]
    assert for_b > 2 * for_r and against_r > 2 * against_b
    assert seen[5, 5].tolist() == [75, 75, 75]


def test_a_map_of_zeros_colours_nothing():
    image = np.full((28, 28), 200, np.uint8)
    assert (read(overlay_heat(image, np.zeros((28, 28)), peak=0.0)) == 150).all()
    assert not read(paint_map(np.zeros((4, 4)), peak=0.0))[..., :3].any()


def test_maps_stand_side_by_side_with_a_gap():
    maps = np.stack([np.full((2, 3), 4.0), np.full((2, 3), 2.0), np.full((2, 3), -4.0)])
    seen = read(paint_map(maps, peak=4, columns=2))
    assert seen.shape == (5, 7, 4)
    assert seen[0, 0].tolist() == [255, 255, 255, 255]
    assert seen[0, 4].tolist() == [128, 128, 128, 255]
    assert seen[0, 3, 3] == 0  # the gap
    red, _, blue, _ = seen[3, 0]
    assert red > 200 > blue


def test_a_window_stays_bright():
    seen = read(box_window(np.full((28, 28), 200, np.uint8), (4, 8), (10, 28)))
    assert seen[4, 10].min() > 150 and seen[7, 27].min() > 150
    assert seen[3, 10].tolist() == seen[8, 10].tolist() == seen[4, 9].tolist() == [60, 60, 60]


def test_a_window_alone_and_in_its_image():
    image = np.arange(28 * 28, dtype=np.uint32).reshape(28, 28).astype(np.uint8)
    lit = light_window(image, (4, 8), (10, 12))
    assert (lit[4:8, 10:12] == image[4:8, 10:12]).all()
    assert lit[3, 10] == round(image[3, 10] * 0.3)
    crop = crop_window(image, (4, 6), (10, 12))
    assert crop.shape == (28, 28) and not crop[0].any() and not crop[:, 27].any()
    assert crop[[1, 13, 14, 26], [1, 13, 14, 26]].tolist() == [
        image[4, 10], image[4, 10], image[5, 11], image[5, 11],
    ]  # fmt: skip
    narrow = crop_window(np.full((28, 28), 9, np.uint8), (0, 4), (0, 2))
    assert narrow[5, 5] == 9 and narrow[5, 20] == 0


def test_a_frame_runs_around_a_square():
    seen = read(frame_square(np.full((28, 28), 200, np.uint8), 1, 0, 2))
    assert seen.shape == (196, 196, 3)
    assert seen[7, 0].tolist() == seen[20, 13].tolist() == [200, 200, 200]  # the square's corners
    blue = [60, 190, 255]
    assert seen[6, 0].tolist() == seen[21, 13].tolist() == seen[10, 14].tolist() == blue
    assert seen[4, 0].tolist() == seen[10, 16].tolist() == [200, 200, 200]


def test_places_become_blocks():
    maps = np.array([[[1.0, -1.0], [0.5, 2.0]]])
    tiles = as_tiles(maps, peak=2)
    assert tiles.shape == (1, 28, 28) and tiles.dtype == np.uint8
    assert tiles[0, [0, 13, 14, 27], [0, 13, 0, 27]].tolist() == [128, 128, 64, 255]
    assert tiles[0, 0, 14] == 0


def test_a_place_is_marked_in_blue():
    seen = read(mark_place(np.full((4, 5), 1.0), 1.0, 2, 3))
    assert seen[2, 3, 2] > seen[2, 3, 0] + 100
    assert (np.delete(seen.reshape(20, 3), 13, axis=0) == 255).all()
