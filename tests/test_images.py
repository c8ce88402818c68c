"""fmnist/images.py against Pillow's own reading and writing of real small pictures."""

import io

import numpy as np
import pytest
from PIL import Image

from fmnist import images
from fmnist.data.dataset import load_dataset
from fmnist.data.samples import sample_indices


def as_file(picture: Image.Image, kind: str = "PNG", **options) -> bytes:
    target = io.BytesIO()
    picture.save(target, kind, **options)
    return target.getvalue()


def decoded(data: bytes) -> np.ndarray:
    picture = Image.open(io.BytesIO(data))
    assert picture.mode == "L"
    return np.asarray(picture)


def test_sprite_places_images_row_by_row_and_pads_with_black():
    three = np.stack([np.full((2, 3), value, np.uint8) for value in (10, 20, 30)])
    three[1, 0, 2] = 99

    sprite = decoded(images.sprite_png(three, columns=2))

    expected = [
        [10, 10, 10, 20, 20, 99],
        [10, 10, 10, 20, 20, 20],
        [30, 30, 30, 0, 0, 0],
        [30, 30, 30, 0, 0, 0],
    ]
    assert sprite.tolist() == expected


def test_sprite_of_400_images_is_small(data_dir):
    data = load_dataset(data_dir)
    chosen = sample_indices(data.train_labels, classes=[], count=400, seed=0)
    # The made shapes carry noise, which does not compress as garments do.
    limit = 220_000 if data.name == "fashion-mnist" else 400 * 28 * 28
    assert len(images.sprite_png(data.train_images[chosen], columns=20)) < limit


@pytest.mark.parametrize(("shape", "columns"), [((0, 28, 28), 5), ((28, 28), 5), ((2, 28, 28), 0)])
def test_sprite_refuses_what_is_no_grid(shape, columns):
    with pytest.raises(ValueError, match="expected"):
        images.sprite_png(np.zeros(shape, np.uint8), columns)


def test_image_png_repeats_each_pixel():
    image = np.array([[1, 2], [3, 4]], np.uint8)
    assert decoded(images.image_png(image, scale=2)).tolist() == [
        [1, 1, 2, 2],
        [1, 1, 2, 2],
        [3, 3, 4, 4],
        [3, 3, 4, 4],
    ]
    assert decoded(images.image_png(image)).tolist() == image.tolist()


def test_grey_file_comes_back_as_it_is():
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert np.array_equal(images.read_image(as_file(Image.fromarray(grey))), grey)


def test_one_bit_file_is_black_and_white():
    picture = Image.new("1", (2, 1))
    picture.putpixel((1, 0), 1)
    assert images.read_image(as_file(picture)).tolist() == [[0, 255]]


def test_sixteen_bits_are_scaled_to_eight():
    deep = np.array([[0, 257, 32896, 65535]], np.uint16)
    assert images.read_image(as_file(Image.fromarray(deep))).tolist() == [[0, 1, 128, 255]]


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_sixteen_bits_that_hold_fewer_are_stretched(bits):
    deep = np.array([[0, 2 ** (bits - 1), 2**bits - 1]], np.uint16)
    assert images.read_image(as_file(Image.fromarray(deep))).tolist() == [
        [0, 127 + (bits == 8), 255]
    ]


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr"])
def test_other_colours_become_rgba(mode):
    picture = Image.new("RGB", (8, 8), (200, 0, 0)).convert(mode)
    red, green, blue, alpha = images.read_image(as_file(picture, "JPEG", quality=95))[4, 4]
    assert red > 180
    assert max(green, blue) < 30
    assert alpha == 255


def test_of_an_animation_the_first_frame_is_read():
    first, second = Image.new("L", (4, 4), 255), Image.new("L", (4, 4), 0)
    data = as_file(first, "GIF", save_all=True, append_images=[second])
    assert (images.read_image(data)[..., 0] == 255).all()


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("HEIC", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
        ("HEIC", b"\0\0\0\x18ftypmif1\0\0\0\0"),
        ("AVIF", b"\0\0\0\x1cftypavif\0\0\0\0"),
        ("PDF", b"%PDF-1.7"),
        ("SVG", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("PSD", b"8BPS\0\1"),
    ],
)
def test_a_kind_that_cannot_be_read_is_named(kind, data):
    with pytest.raises(
        images.ImageError, match=f"The file is {kind}, which cannot be read; .*JPEG"
    ):
        images.read_image(data)


def test_alpha_is_kept():
    picture = Image.new("RGBA", (2, 1), (10, 20, 30, 40))
    assert images.read_image(as_file(picture)).tolist() == [[[10, 20, 30, 40]] * 2]


def test_grey_with_alpha_becomes_rgba():
    picture = Image.new("LA", (1, 1), (7, 100))
    assert images.read_image(as_file(picture)).tolist() == [[[7, 7, 7, 100]]]


def test_colour_becomes_opaque_rgba():
    picture = Image.new("RGB", (1, 1), (1, 2, 3))
    assert images.read_image(as_file(picture)).tolist() == [[[1, 2, 3, 255]]]


def test_palette_and_its_transparent_entry_are_resolved():
    picture = Image.new("P", (2, 1))
    picture.putpalette([255, 0, 0, 0, 255, 0])
    picture.putpixel((1, 0), 1)
    data = as_file(picture, transparency=0)
    assert images.read_image(data).tolist() == [[[255, 0, 0, 0], [0, 255, 0, 255]]]


def test_photo_is_turned_as_its_exif_says():
    picture = Image.new("L", (4, 2))
    exif = picture.getexif()
    exif[0x0112] = 6  # a quarter turn
    data = as_file(picture, "JPEG", exif=exif)
    assert images.read_image(data).shape == (4, 2)


@pytest.mark.parametrize("data", [b"", b"not a picture at all", b"%!PS-Adobe-3.0 EPSF-3.0\n"])
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(images.ImageError, match="not a picture"):
        images.read_image(data)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF"])
def test_a_cut_file_is_refused(kind):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    data = as_file(Image.fromarray(noise), kind)
    with pytest.raises(images.ImageError):
        images.read_image(data[: len(data) // 2])


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's own, about odd TIFF tags
def test_damaged_files_never_raise_anything_else():
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (16, 16), np.uint8)
    for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"):
        data = np.frombuffer(as_file(Image.fromarray(noise), kind), np.uint8)
        for _ in range(60):
            damaged = data.copy()
            damaged[rng.integers(0, len(data), 5)] = rng.integers(0, 256, 5)
            try:
                assert images.read_image(damaged.tobytes()).dtype == np.uint8
            except images.ImageError as error:
                assert str(error)


@pytest.mark.parametrize("size", [(20_000, 10), (10, 20_000), (5_100, 5_000), (9_990, 9_990)])
def test_a_huge_picture_is_refused_before_it_is_decoded(size, monkeypatch):
    data = as_file(Image.new("1", size))
    monkeypatch.setattr(
        "PIL.PngImagePlugin.PngImageFile.load", lambda *_: pytest.fail("was decoded")
    )
    with pytest.raises(images.ImageError, match="megapixels"):
        images.read_image(data)


def test_a_decompression_bomb_is_refused():
    with pytest.raises(images.ImageError, match="too large"):
        images.read_image(as_file(Image.new("1", (20_000, 20_000))))


def test_a_file_over_ten_megabytes_is_refused():
    with pytest.raises(images.ImageError, match="10.0 MB; expected at most 10 MB"):
        images.read_image(bytes(10_000_001))
