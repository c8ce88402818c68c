"""Arrays to PNG files (one sprite for a whole grid), and picture files to arrays."""

from __future__ import annotations

import base64
import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps

MAX_FILE_BYTES = 10_000_000
MAX_SIDE = 10_000  # pixels
MAX_PIXELS = 25_000_000
_THUMBNAIL_QUALITY = 5  # of 100: 10,000 images are 0.8 MB, and can still be told apart
# Only formats that Pillow decodes by itself, and that people have.
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF")


BIT_DEPTHS = (8, 10, 12, 14, 16)
# What people have that Pillow does not read: how such files begin, at which byte.
FOREIGN = {
    "HEIC": (4, (b"ftyphei", b"ftyphev", b"ftypmif1", b"ftypmsf1")),
    "AVIF": (4, (b"ftypavi",)),
    "PDF": (0, (b"%PDF",)),
    "SVG": (0, (b"<svg", b"<?xml")),
    "PSD": (0, (b"8BPS",)),
}


class ImageError(ValueError):
    """The file is not a picture that can be used; the message says why."""


def sprite_png(images: np.ndarray, columns: int) -> bytes:
    """One 8-bit grey PNG with all images (uint8 (N, H, W)) at native size, row by row.

    Image i stands at row i // columns, column i % columns; places left over are black.
    """
    return encode_png(_place_in_rows(images, columns))


def sprite_webp(images: np.ndarray, columns: int) -> bytes:
    """`sprite_png` as a lossy WebP: a fifth of the bytes, and hardly seen on thumbnails."""
    target = io.BytesIO()
    pixels = Image.fromarray(_place_in_rows(images, columns))
    pixels.save(target, "WEBP", quality=_THUMBNAIL_QUALITY, method=2)
    return target.getvalue()


def _place_in_rows(images: np.ndarray, columns: int) -> np.ndarray:
    if images.ndim != 3 or not len(images) or columns < 1:
        raise ValueError(
            f"images have the shape {images.shape} and columns is {columns}; "
            "expected (N, height, width) with N ≥ 1 and columns ≥ 1"
        )
    count, height, width = images.shape
    rows = -(-count // columns)
    sprite = np.zeros((rows * columns, height, width), np.uint8)
    sprite[:count] = images
    sprite = sprite.reshape(rows, columns, height, width).swapaxes(1, 2)
    return sprite.reshape(rows * height, columns * width)


def image_png(image: np.ndarray, scale: int = 1) -> bytes:
    """A grey PNG of one image (uint8 (H, W)); each pixel becomes scale × scale pixels."""
    return encode_png(np.repeat(np.repeat(image, scale, axis=0), scale, axis=1))


def encode_png(pixels: np.ndarray) -> bytes:
    """A PNG of uint8 pixels: grey (H, W), or (H, W, 3 or 4)."""
    target = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(target, "PNG", compress_level=6)
    return target.getvalue()


def png_address(png: bytes) -> str:
    """An address that is the picture itself, for a page's `src`."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


def read_image(data: bytes) -> np.ndarray:
    """A picture file as an array: grey uint8 (H, W), or RGBA uint8 (H, W, 4).

    RGBA for pictures with colour, a palette or transparency; a photo is turned as its EXIF data
    says; of an animation, the first frame. Grey of 16 bits is scaled to 8 by the smallest of
    BIT_DEPTHS that holds it: cameras and scanners store 10 to 14 bits in 16, others 8.

    Raises ImageError for what is not such a file, is damaged, or is too large (checked before
    anything is decoded).
    """
    if len(data) > MAX_FILE_BYTES:
        raise ImageError(
            f"The file has {len(data) / 1e6:.1f} MB; expected at most "
            f"{MAX_FILE_BYTES / 1e6:.0f} MB. Save it smaller."
        )
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            _require_reasonable_size(*picture.size)
            picture.load()
            return _to_array(ImageOps.exif_transpose(picture))
    except Image.UnidentifiedImageError:
        raise ImageError(_describe_foreign(data)) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ImageError(
            f"The picture is too large; expected at most {MAX_PIXELS / 1e6:.0f} megapixels. Make "
            "it smaller."
        ) from None
    except ImageError:
        raise
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error) as error:
        raise ImageError(
            "The picture is damaged or cut short: save or copy it again, or choose another."
        ) from error


def _require_reasonable_size(width: int, height: int) -> None:
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise ImageError(
            f"The picture has {width:,} × {height:,} pixels; expected at most {MAX_SIDE:,} on a "
            f"side and {MAX_PIXELS / 1e6:.0f} megapixels. Make it smaller."
        )


def _describe_foreign(data: bytes) -> str:
    expected = f"expected {', '.join(FORMATS)}"
    for kind, (start, signatures) in FOREIGN.items():
        if data[start:].startswith(signatures):
            return (
                f"The file is {kind}, which cannot be read; {expected}. Export it as JPEG or PNG."
            )
    return f"The file is not a picture that can be read; {expected}."


def _to_array(picture: Image.Image) -> np.ndarray:
    if picture.mode.startswith("I"):  # 16 bits a pixel, in a 16- or 32-bit integer
        return _to_eight_bits(np.clip(np.asarray(picture), 0, 65535))
    if picture.mode in ("1", "L") and "transparency" not in picture.info:
        return np.asarray(picture.convert("L"))
    if picture.mode == "F":
        raise ImageError(
            "The picture has floating-point pixels; expected 8 or 16 bits a pixel. Save it as PNG."
        )
    if picture.mode in ("CMYK", "YCbCr", "LAB", "HSV"):
        picture = picture.convert("RGB")
    return np.asarray(picture.convert("RGBA"))


def _to_eight_bits(deep: np.ndarray) -> np.ndarray:
    bits = next(bits for bits in BIT_DEPTHS if deep.max() < 2**bits)
    return (deep.astype(np.uint32) * 255 // (2**bits - 1)).astype(np.uint8)
