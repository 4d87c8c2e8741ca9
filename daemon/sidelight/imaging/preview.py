"""The JPEG inside a raw file: read it, and tell whether a camera's processing made it.

A camera's JPEG carries a look; the preview a converter rendered without a tone curve does not. The
pixels tell: where the preview is the sensor data times one gain through a standard transfer
function, there is no look in it.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sidelight.errors import PhotoError
from sidelight.imaging import plausibility
from sidelight.imaging.color import REC2020_TO_SRGB, SRGB_TO_REC2020, apply_matrix, luminance
from sidelight.imaging.image import Preview
from sidelight.imaging.metadata import Exif, RawTags, exif_from_pillow
from sidelight.imaging.orientation import upright
from sidelight.imaging.transfer import rec709_decode, srgb_decode
from sidelight.recipe.white_balance import CameraWhiteBalance

PREVIEW_PX = 512
"""Long side at which the JPEG is decoded; the decoder's own scaling gives up to twice that."""

_COMPARED_PX = 64
_SMALLEST_PX = 96
_PLAIN_EV = 0.09
_PLAIN_COLOR = 0.03
_LEAST_CELLS = 80


@dataclass(frozen=True, eq=False)
class Embedded:
    """What `read_embedded` found; `rgb` as stored, uint8 (h, w, 3), or None."""

    rgb: NDArray[np.uint8] | None = None
    exif: Exif = field(default_factory=Exif)


def read_embedded(raw: Any) -> Embedded:
    """Return the JPEG of an opened `rawpy.RawPy`; a missing or broken one is no error."""
    import rawpy
    from PIL import Image as Pillow

    try:
        thumbnail = raw.extract_thumb()
        if thumbnail.format != rawpy.ThumbFormat.JPEG:
            return Embedded()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = Pillow.open(io.BytesIO(thumbnail.data), formats=("JPEG",))
            exif = exif_from_pillow(picture)
            plausibility.check_size(picture.width, picture.height, len(thumbnail.data))
            if picture.mode == "CMYK":
                return Embedded(exif=exif)
            landscape = picture.width >= picture.height
            picture.draft("RGB", (PREVIEW_PX, 1) if landscape else (1, PREVIEW_PX))
            rgb = np.asarray(picture.convert("RGB"))
        return Embedded(rgb, exif)
    except (
        PhotoError,
        rawpy.LibRawError,
        OSError,
        ValueError,
        SyntaxError,
        Pillow.DecompressionBombError,
    ):
        return Embedded()


def judge(
    stored: NDArray[np.uint8],
    rgb: NDArray[np.float32],
    plain: NDArray[np.float32],
    clipped: NDArray[np.bool_],
    orientation: int,
    tags: RawTags,
) -> Preview:
    """Return the preview, upright, with whether a camera made it.

    Args:
        stored: The JPEG's pixels as stored.
        rgb: Scene-linear proxy, upright.
        plain: The same without gain maps.
        clipped: Clipped channels of `rgb`.
        orientation: EXIF orientation of the file.
        tags: The file's tags.
    """
    pixels = _turned(stored, rgb, orientation)
    program = tags.preview_application
    if program:
        return Preview(pixels, False, f"its preview was made by {program}, not by the camera")
    if max(pixels.shape) < _SMALLEST_PX:
        return Preview(pixels, False, "its embedded picture is too small to judge")
    departures = [d for linear in (rgb, plain) for d in _departures(pixels, linear, clipped)]
    if not departures:
        return Preview(pixels, False, "its embedded JPEG has too few mid-tones to judge")
    tone, color = min(departures)
    if tone < _PLAIN_EV and color < _PLAIN_COLOR:
        reason = (
            f"its embedded JPEG is the bare sensor data, to {tone:.2f} EV, without a tone curve: "
            "no camera's look is in it"
        )
        return Preview(pixels, False, reason)
    reason = (
        f"its embedded JPEG departs from the bare sensor data by {tone:.2f} EV in tone and "
        f"{100 * color:.0f} % in saturation: a camera's look"
    )
    return Preview(pixels, True, reason)


def _departures(
    pixels: NDArray[np.uint8], linear: NDArray[np.float32], clipped: NDArray[np.bool_]
) -> list[tuple[float, float]]:
    """Return how far a preview is from sensor data times one gain, for two transfer functions.

    Tone: 90th percentile of |log2(preview / sensor data)| about its median, in EV, over the
    mid-tones of all three channels. Color: how far the slope between the channels' log ratios is
    from one. For the sRGB and the BT.709 curve; empty with too few mid-tones.
    """
    unclipped = _grid(clipped[..., 0] | clipped[..., 1] | clipped[..., 2]) <= 0
    sensed = apply_matrix(_grid_rgb(linear), REC2020_TO_SRGB)
    codes = np.arange(256, dtype=np.float32) / np.float32(255.0)
    found = []
    for decode in (srgb_decode, rec709_decode):
        shown = _grid_rgb(decode(codes)[pixels])
        usable = unclipped & (shown.min(axis=-1) > 0.005) & (shown.max(axis=-1) < 0.8)
        usable &= sensed.min(axis=-1) > 1e-4
        if usable.sum() < _LEAST_CELLS:
            continue
        one, two = np.log2(shown[usable]), np.log2(sensed[usable])
        ratio = one - two
        tone = np.percentile(np.abs(ratio - np.median(ratio)), 90)
        hue_one, hue_two = (log[:, ::2] - log[:, 1:2] for log in (one, two))
        power = float((hue_two**2).sum())
        slope = float((hue_one * hue_two).sum()) / power if power > 0 else 1.0
        found.append((float(tone), abs(slope - 1.0)))
    return found


def _turned(
    stored: NDArray[np.uint8], rgb: NDArray[np.float32], orientation: int
) -> NDArray[np.uint8]:
    """Return the preview upright: turned or as stored, whichever resembles the picture more."""
    turned = upright(stored, orientation)
    if orientation == 1:
        return turned
    return max((turned, stored), key=lambda pixels: _resemblance(pixels, rgb))


def _resemblance(pixels: NDArray[np.uint8], rgb: NDArray[np.float32]) -> float:
    if (pixels.shape[0] > pixels.shape[1]) != (rgb.shape[0] > rgb.shape[1]):
        return -1.0
    one = _grid(pixels[..., 1].astype(np.float32))
    two = np.cbrt(_grid(np.maximum(rgb[..., 1], 0.0)))
    one = one - np.float32(one.mean())
    two = two - np.float32(two.mean())
    scale = float(np.sqrt((one**2).sum() * (two**2).sum()))
    return float((one * two).sum()) / scale if scale > 0 else 0.0


def _grid(plane: NDArray[Any]) -> NDArray[np.float32]:
    """Return a plane averaged onto 64 x 64 cells, whatever its shape."""
    from PIL import Image as Pillow

    size = (_COMPARED_PX, _COMPARED_PX)
    picture = Pillow.fromarray(np.ascontiguousarray(plane, dtype=np.float32))
    return np.asarray(picture.resize(size, Pillow.Resampling.BOX))


def _grid_rgb(pixels: NDArray[Any]) -> NDArray[np.float32]:
    return np.stack([_grid(pixels[..., i]) for i in range(3)], axis=-1)


def multipliers_of_preview(
    stored: NDArray[np.uint8],
    camera: NDArray[np.float32],
    guess: CameraWhiteBalance,
    orientation: int,
) -> NDArray[np.float64] | None:
    """Return (3,) multipliers, green = 1, with which sensor data match the JPEG's neutrals.

    Greys of the JPEG are grey whatever its tone curve; there the sensor's channel ratios are the
    inverse of the multipliers. Greys are sought again with each better estimate.

    Args:
        stored: The JPEG's pixels as stored.
        camera: Unbalanced camera RGB, as stored.
        guess: White balance with daylight multipliers, for the matrix.
        orientation: EXIF orientation of the file; only its frame is compared, not turned.

    Returns:
        None where the JPEG has no mid-tones near grey.
    """
    light = srgb_decode(np.arange(256, dtype=np.float32) / np.float32(255.0))
    shown = apply_matrix(_grid_rgb(light[stored]), SRGB_TO_REC2020)
    sensed = _grid_rgb(camera)
    y = luminance(shown)
    spread = shown.max(axis=-1) - shown.min(axis=-1)
    usable = (y > 0.01) & (y < 0.8) & (shown.min(axis=-1) > 0.002) & (sensed.min(axis=-1) > 1e-4)
    if usable.sum() < 60:
        return None
    grey = usable & (spread <= np.maximum(np.percentile((spread / y)[usable], 15), 0.12) * y)
    balanced = apply_matrix(shown[grey], guess.camera_from_working)
    ratio = (balanced / balanced[:, 1:2]) / (sensed[grey] / sensed[grey][:, 1:2])
    found = np.median(ratio, axis=0).astype(np.float64)
    if not np.isfinite(found).all() or (found <= 0.05).any() or (found >= 20).any():
        return None
    return found / found[1]
