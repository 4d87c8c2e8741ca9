"""A picture of what Auto does: one row per photo, before, SDR twin, HDR twin darkened.

`python -m sidelight.learning.contact_sheet OUT.jpg PHOTO…` makes the sheet kept in `docs/`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageDraw

from sidelight.emulators import load_emulator
from sidelight.emulators.base import render
from sidelight.engines import load_engine
from sidelight.imaging import read_photo
from sidelight.imaging.export import fit_gamut
from sidelight.imaging.transfer import srgb_encode
from sidelight.recipe import Recipe

HDR_SHOWN_EV = -2.0
"""The HDR twin is shown this much darker, so that what lies above SDR white can be seen."""

_GAP = 8
_CAPTION = 18
_GREY = (58, 58, 58)


def row_of(photo: Path, editor: str, headroom: float, width: int) -> list[Picture.Image]:
    """Return before, SDR twin and darkened HDR twin of a photo, each `width` pixels wide."""
    image = read_photo(photo)
    emulator = load_emulator(editor)
    guide = emulator.guide(image)
    recipe = load_engine("auto").predict(image, editor, headroom).recipe
    shown = (
        render(emulator, image, Recipe(), 0.0, guide),
        render(emulator, image, recipe, 0.0, guide),
        render(emulator, image, recipe, headroom, guide) * 2.0**HDR_SHOWN_EV,
    )
    return [_picture(pixels, width) for pixels in shown]


def contact_sheet(
    photos: Sequence[Path], editor: str = "darktable", headroom: float = 2.3, width: int = 400
) -> Picture.Image:
    """Return the sheet of several photos."""
    rows = [row_of(photo, editor, headroom, width) for photo in photos]
    heights = [max(cell.height for cell in row) + _CAPTION + _GAP for row in rows]
    sheet = Picture.new("RGB", (3 * width + 4 * _GAP, sum(heights) + _GAP), _GREY)
    draw = ImageDraw.Draw(sheet)
    top = _GAP
    for photo, row, height in zip(photos, rows, heights, strict=True):
        names = (f"{photo.name}: {editor}'s default", "SDR twin", f"HDR twin, {HDR_SHOWN_EV:+g} EV")
        for column, (cell, name) in enumerate(zip(row, names, strict=True)):
            left = _GAP + column * (width + _GAP)
            sheet.paste(cell, (left, top))
            draw.text((left, top + cell.height + 3), name, fill=(215, 215, 215))
        top += height
    return sheet


def _picture(rgb: NDArray[np.float32], width: int) -> Picture.Image:
    code = srgb_encode(fit_gamut(rgb))
    picture = Picture.fromarray(np.round(code * 255).astype(np.uint8))
    return picture.resize((width, round(width * picture.height / picture.width)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Write a contact sheet."""
    parser = argparse.ArgumentParser(prog="python -m sidelight.learning.contact_sheet")
    parser.add_argument("out", type=Path, help="the JPEG to write")
    parser.add_argument("photos", type=Path, nargs="+")
    parser.add_argument("--editor", default="darktable")
    parser.add_argument("--headroom", type=float, default=2.3)
    options = parser.parse_args(arguments)
    contact_sheet(options.photos, options.editor, options.headroom).save(options.out, quality=85)
    return 0


if __name__ == "__main__":
    sys.exit(main())
