"""Small JPEGs of renditions for the report."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sidelight.imaging.color import luminance
from sidelight.imaging.difference import box_average
from sidelight.learning.evaluation.methods import Rendition
from sidelight.learning.evaluation.picture_metrics import srgb_codes
from sidelight.learning.evaluation.results import Pictures

PICTURE_PX = 320
"""Long side."""

_QUALITY = 82


def pictures_of(rendition: Rendition, headroom: float) -> Pictures:
    """Return the pictures of a rendition.

    Args:
        rendition: What a method made.
        headroom: Stops above SDR white of its HDR rendition.
    """
    if rendition.hdr is None:
        return Pictures(small_jpeg(rendition.sdr))
    small = box_average(rendition.hdr, PICTURE_PX)
    stops = np.log2(np.maximum(luminance(small), 1e-6)) / headroom
    above = np.repeat(np.clip(stops, 0.0, 1.0)[..., None], 3, axis=2)
    return Pictures(
        small_jpeg(rendition.sdr),
        small_jpeg(small * 2.0**-headroom),
        _encoded(np.round(255.0 * above)),
    )


def small_jpeg(rgb: ArrayLike) -> bytes:
    """Return display-linear Rec.2020 as a small sRGB JPEG; what is above white is white."""
    small = box_average(np.clip(np.asarray(rgb, dtype=np.float32), 0.0, 1.0), PICTURE_PX)
    return _encoded(np.round(255.0 * srgb_codes(small)))


def _encoded(codes: NDArray[np.float64]) -> bytes:
    from PIL import Image as Pillow

    out = io.BytesIO()
    Pillow.fromarray(codes.astype(np.uint8)).save(out, "JPEG", quality=_QUALITY, optimize=True)
    return out.getvalue()
