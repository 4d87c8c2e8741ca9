"""One strip of pictures per photo: before, two rivals, and our twins, for the page in `docs`.

`python -m sidelight.learning.photo_strips OUT [PHOTO…]` writes `OUT/NAME.jpg` for the test set or
the named photos. darktable and RawTherapee are the real programs, ours is Auto in darktable.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageDraw

from sidelight.emulators import load_emulator
from sidelight.emulators.base import render
from sidelight.engines import load_engine
from sidelight.errors import ToolError
from sidelight.imaging import read_photo
from sidelight.imaging.color import SRGB_TO_REC2020, apply_matrix
from sidelight.imaging.difference import box_average
from sidelight.imaging.export import fit_gamut
from sidelight.imaging.image import Image
from sidelight.imaging.transfer import srgb_decode, srgb_encode
from sidelight.learning.darktable_render import default_sidecar, render_darktable
from sidelight.learning.rawtherapee_render import render_rawtherapee
from sidelight.learning.test_set import (
    REAL_PHOTO_APART,
    TEST_SET,
    build,
    default_data_root,
    real_photos,
)
from sidelight.learning.twins import recipe_sidecar
from sidelight.recipe import Recipe

HDR_SHOWN_EV = -2.0
"""The HDR twin is shown this much darker, so that what lies above SDR white can be seen."""

NAMES = (
    "before",
    "darktable's default",
    "RawTherapee",
    "Sidelight, SDR",
    "Sidelight, HDR, 2 EV darker",
)

_GAP, _CAPTION = 4, 15
_GREY, _PALE = (46, 46, 46), (215, 215, 215)
_RENDERED_PX = 1024

Pixels = NDArray[np.float32]


def columns_of(photo: Path, headroom: float = 2.3) -> list[Pixels | None]:
    """Return a photo's pictures in the order of `NAMES`, display-linear; None where one failed.

    Before is the camera's JPEG, or our decode with darktable's default where none is embedded.
    """
    image = read_photo(photo)
    recipe = load_engine("auto").predict(image, "darktable", headroom).recipe
    multipliers = image.info.white_balance.multipliers()
    hdr = render_darktable(
        photo, recipe_sidecar(image, recipe, headroom), size_px=_RENDERED_PX
    ).rgb * np.float32(2.0**HDR_SHOWN_EV)
    return [
        _before(image),
        render_darktable(photo, default_sidecar(multipliers), size_px=_RENDERED_PX).rgb,
        _rawtherapee(photo),
        render_darktable(photo, recipe_sidecar(image, recipe), size_px=_RENDERED_PX).rgb,
        hdr,
    ]


def strip_of(columns: Sequence[Pixels | None], width: int = 210) -> Picture.Image:
    """Return the pictures side by side under their names, each `width` pixels wide."""
    cells = [None if pixels is None else _picture(pixels, width) for pixels in columns]
    height = max(cell.height for cell in cells if cell is not None)
    size = (len(cells) * (width + _GAP) - _GAP, height + _CAPTION)
    strip = Picture.new("RGB", size, _GREY)
    draw = ImageDraw.Draw(strip)
    for number, (cell, name) in enumerate(zip(cells, NAMES, strict=True)):
        left = number * (width + _GAP)
        draw.text((left + 2, 1), name, fill=_PALE)
        if cell is None:
            draw.text((left + 2, _CAPTION + 8), "cannot read it", fill=_PALE)
        else:
            strip.paste(cell, (left, _CAPTION))
    return strip


def _before(image: Image) -> Pixels:
    if image.preview is not None and image.preview.from_camera:
        codes = srgb_decode(image.preview.rgb.astype(np.float32) / np.float32(255.0))
        return np.asarray(apply_matrix(codes, SRGB_TO_REC2020), dtype=np.float32)
    emulator = load_emulator("darktable")
    return render(emulator, image, Recipe(), 0.0)


def _rawtherapee(photo: Path) -> Pixels | None:
    try:
        return render_rawtherapee([photo])[0]
    except ToolError:
        return None


def _picture(rgb: Pixels, width: int) -> Picture.Image:
    height, columns = rgb.shape[:2]
    small = box_average(rgb, round(width * max(height, columns) / columns))
    code = np.round(srgb_encode(fit_gamut(small)) * 255).astype(np.uint8)
    return Picture.fromarray(code).resize((width, round(width * height / columns)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the strips."""
    parser = argparse.ArgumentParser(prog="python -m sidelight.learning.photo_strips")
    parser.add_argument("out", type=Path, help="folder for the pictures")
    parser.add_argument("photos", type=Path, nargs="*", help="instead of the test set")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        photos = list(options.photos)
        if not photos:
            root = default_data_root()
            photos = [item.raw for item in build(Path(scratch), photos=TEST_SET)]
            photos += [*real_photos(root), root / "photos" / REAL_PHOTO_APART]
        for photo in photos:
            print(photo.name, file=sys.stderr)
            strip = strip_of(columns_of(photo))
            strip.save(options.out / f"{photo.name}.jpg", quality=82, optimize=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
