"""How close *Match the camera* comes to the camera's own JPEG, beside what others make of it.

`python -m sidelight.learning.camera_match` builds the test set, renders each photo with darktable's
default, with RawTherapee's auto-matched curve and with the engine `camera`, written as a sidecar
and rendered by darktable-cli, and writes a table.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sidelight.emulators import load_emulator
from sidelight.emulators.base import render
from sidelight.engines import load_engine
from sidelight.errors import PhotoError
from sidelight.imaging import read_photo
from sidelight.imaging.color import SRGB_TO_REC2020, apply_matrix
from sidelight.imaging.image import Image
from sidelight.imaging.transfer import srgb_decode
from sidelight.learning.comparison import compare_renders
from sidelight.learning.darktable_render import default_sidecar, render_darktable_batch
from sidelight.learning.rawtherapee_render import render_rawtherapee
from sidelight.learning.test_set import (
    REAL_PHOTO_APART,
    TEST_SET,
    TUNING_SET,
    build,
    default_data_root,
)
from sidelight.learning.twins import recipe_sidecar

Pixels = NDArray[np.float32]

_WIDEST_BORDER_PX = 16


@dataclass(frozen=True)
class CameraMatch:
    """Mean CIEDE2000 to the embedded JPEG, at 128 pixels without clipped ones.

    Attributes:
        photo: Name of the photo.
        default: darktable's default rendition.
        rawtherapee: RawTherapee's auto-matched curve.
        camera: The engine's edit, rendered by darktable.
        lightroom: The engine's edit for Lightroom, rendered by its emulator.
    """

    photo: str
    default: float
    rawtherapee: float
    camera: float
    lightroom: float


@dataclass(frozen=True, eq=False)
class Renders:
    """One photo as all of them render it, display-linear Rec.2020; sizes differ a little."""

    image: Image
    jpeg: Pixels
    default: Pixels
    rawtherapee: Pixels
    camera: Pixels
    lightroom: Pixels


def render_all(photos: Sequence[Path], engine: str = "camera") -> list[Renders]:
    """Render photos in one run of darktable and one of RawTherapee.

    Raises:
        PhotoError: A photo has no camera's JPEG.
        ToolError: darktable-cli or rawtherapee-cli is missing or failed.
    """
    matcher = load_engine(engine)
    images = [read_photo(path) for path in photos]
    recipes = [matcher.predict(image, "darktable", headroom=0.0).recipe for image in images]
    jobs = [
        (path, default_sidecar(image.info.white_balance.multipliers()))
        for path, image in zip(photos, images, strict=True)
    ]
    jobs += [
        (path, recipe_sidecar(image, recipe))
        for path, image, recipe in zip(photos, images, recipes, strict=True)
    ]
    by_darktable = [item.rgb for item in render_darktable_batch(jobs)]
    by_rawtherapee = render_rawtherapee(photos)
    lightroom = load_emulator("lightroom")
    return [
        Renders(
            image,
            jpeg_light(image),
            by_darktable[k],
            by_rawtherapee[k],
            by_darktable[len(photos) + k],
            render(lightroom, image, matcher.predict(image, "lightroom", headroom=0.0).recipe),
        )
        for k, image in enumerate(images)
    ]


def jpeg_light(image: Image) -> Pixels:
    """Return the embedded JPEG as display-linear Rec.2020, shape (h, w, 3).

    Raises:
        PhotoError: No camera's JPEG is embedded.
    """
    if image.preview is None or not image.preview.from_camera:
        raise PhotoError("no JPEG of a camera is embedded in it")
    codes = image.preview.rgb.astype(np.float32) / np.float32(255)
    return np.asarray(apply_matrix(srgb_decode(codes), SRGB_TO_REC2020), dtype=np.float32)


def compare(name: str, renders: Renders) -> CameraMatch:
    """Measure one photo's renders against its JPEG."""
    height, width = renders.jpeg.shape[:2]
    clipped = np.asarray(renders.image.clipped.any(axis=-1))
    rows = np.arange(height) * clipped.shape[0] // height
    columns = np.arange(width) * clipped.shape[1] // width
    mask = clipped[np.ix_(rows, columns)]

    def distance(rgb: Pixels) -> float:
        inner = _centre(renders.jpeg.shape, rgb.shape)
        return compare_renders(renders.jpeg[inner], rgb, mask[inner]).mean

    return CameraMatch(
        name,
        distance(renders.default),
        distance(renders.rawtherapee),
        distance(renders.camera),
        distance(renders.lightroom),
    )


def _centre(shape: tuple[int, ...], other: tuple[int, ...]) -> tuple[slice, ...]:
    """Return the middle of `shape` that is left where `other` lacks a narrow border."""
    missing = [size - of for size, of in zip(shape[:2], other[:2], strict=True)]
    if not all(0 <= gap <= _WIDEST_BORDER_PX for gap in missing):
        return (slice(None), slice(None))
    return tuple(slice(gap // 2, gap // 2 + of) for gap, of in zip(missing, other[:2], strict=True))


def markdown(matches: Sequence[CameraMatch]) -> str:
    """Return a table, its last line the means."""
    lines = [
        "| photo | darktable's default | RawTherapee, auto-matched | `camera` in darktable "
        "| `camera`, Lightroom emulated |",
        "|---|---|---|---|---|",
    ]
    lines += [_row(item.photo, [item]) for item in matches]
    if len(matches) > 1:
        lines.append(_row("mean", matches))
    return "\n".join(lines)


def _row(name: str, matches: Sequence[CameraMatch]) -> str:
    means = [
        float(np.mean([getattr(item, of) for item in matches]))
        for of in ("default", "rawtherapee", "camera", "lightroom")
    ]
    return f"| {name} | {' | '.join(f'{mean:.2f}' for mean in means)} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print the tables as Markdown."""
    parser = argparse.ArgumentParser(prog="python -m sidelight.learning.camera_match")
    parser.add_argument("--set", type=Path, help="folder of an already built test set")
    parser.add_argument("--data", type=Path, help="folder with hdr-scenes, luts and photos")
    parser.add_argument("--only", nargs="*", metavar="NAME", help="names of virtual photos")
    parser.add_argument("--tuning", action="store_true", help="the tuning scenes instead")
    options = parser.parse_args(arguments)
    root = options.data or default_data_root()
    table = TUNING_SET if options.tuning else TEST_SET
    with tempfile.TemporaryDirectory() as scratch:
        built = build(options.set or Path(scratch), root, options.only, table)
        photos = [item.raw for item in built]
        names = [item.photo.name for item in built]
        apart = root / "photos" / REAL_PHOTO_APART
        if options.only is None and not options.tuning:
            photos.append(apart)
        found = [
            compare(path.stem, item) for path, item in zip(photos, render_all(photos), strict=True)
        ]
    print(markdown(found[: len(names)]))
    for item in found[len(names) :]:
        print(f"\n{markdown([item])}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
