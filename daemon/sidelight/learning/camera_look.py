"""The look of a virtual camera's own JPEG.

A family that no emulator contains, so that what an engine learns from a preview is never its own
formula given back: an exponential curve per channel, saturation that depends on hue, and a film
LUT mixed in. No engine, emulator or style may import this module.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import PyOpenColorIO as ocio
from numpy.typing import NDArray
from scipy.optimize import brentq

from sidelight.errors import LutError
from sidelight.imaging.transfer import srgb_encode

MIDTONE = 2.0**-2.5
"""Raw level of a well-exposed photo's mid-tones, 1.0 = saturation of green."""

_LUMA = np.array([0.2126, 0.7152, 0.0722])


@dataclass(frozen=True)
class CameraLook:
    """One rendering style of a camera.

    Attributes:
        midtone: Display-linear level, 0..1, that `MIDTONE` is rendered to.
        exponents: Slope of each channel's curve near black, red, green, blue.
        saturation: Mean gain of chroma.
        hue_gain, hue_degrees: Size and direction of the part of that gain that depends on hue.
        film: File name of a film LUT.
        film_amount: How much of it is mixed in, 0..1.
    """

    midtone: float
    exponents: tuple[float, float, float]
    saturation: float
    hue_gain: float
    hue_degrees: float
    film: str
    film_amount: float

    def render(self, rgb: NDArray[np.float32], lut_folder: Path) -> NDArray[np.uint8]:
        """Render white-balanced linear sRGB, shape (H, W, 3), 1.0 = raw white, to sRGB codes.

        Raises:
            LutError: The film LUT cannot be read.
        """
        light = np.clip(rgb, 0.0, 1.0)
        curved = np.stack(
            [_curve(light[..., i], self.exponents[i], self.midtone) for i in range(3)], axis=-1
        )
        encoded = np.clip(srgb_encode(np.clip(self._saturate(curved), 0.0, 1.0)), 0.0, 1.0)
        film = _apply_film(encoded, lut_folder / self.film)
        mixed = encoded + self.film_amount * (film - encoded)
        return np.rint(np.clip(mixed, 0.0, 1.0) * 255.0).astype(np.uint8)

    def _saturate(self, rgb: NDArray[np.float64]) -> NDArray[np.float64]:
        luma = (rgb @ _LUMA)[..., None]
        chroma = rgb - luma
        hue = np.arctan2(np.sqrt(3.0) * (chroma[..., 1] - chroma[..., 2]),
                         2 * chroma[..., 0] - chroma[..., 1] - chroma[..., 2])  # fmt: skip
        phase = hue - np.radians(self.hue_degrees)
        gain = self.saturation + self.hue_gain * (np.cos(phase) + 0.5 * np.cos(2 * phase))
        return luma + gain[..., None] * chroma


LOOKS: dict[str, CameraLook] = {
    "standard": CameraLook(
        0.23, (1.16, 1.18, 1.20), 1.12, 0.10, 110.0, "fuji_provia_100f.cube", 0.35
    ),
    "vivid": CameraLook(0.22, (1.22, 1.24, 1.22), 1.18, 0.14, 30.0, "fuji_velvia_50.cube", 0.3),
    "soft": CameraLook(
        0.25, (1.08, 1.10, 1.12), 1.02, 0.08, 200.0, "fuji_xtrans_iii_astia.cube", 0.5
    ),
    "chrome": CameraLook(
        0.21, (1.18, 1.16, 1.12), 0.95, 0.12, 260.0, "fuji_xtrans_iii_classic_chrome.cube", 0.6
    ),
    "slide": CameraLook(
        0.21, (1.20, 1.22, 1.26), 1.05, 0.08, 20.0, "kodak_kodachrome_64.cube", 0.35
    ),
    "night": CameraLook(0.035, (1.24, 1.22, 1.20), 1.06, 0.08, 50.0, "fuji_provia_100f.cube", 0.3),
    "dim": CameraLook(0.05, (1.20, 1.20, 1.22), 1.04, 0.08, 40.0, "fuji_provia_100f.cube", 0.3),
}
"""Styles of rendering; `night` and `dim` keep a scene dark that is dark in absolute light."""


def _curve(light: NDArray[np.float32], exponent: float, midtone: float) -> NDArray[np.float64]:
    rate = _rate(exponent, midtone)
    return np.expm1(-rate * light.astype(np.float64) ** exponent) / np.expm1(-rate)


@lru_cache(maxsize=64)
def _rate(exponent: float, midtone: float) -> float:
    """Return the rate r of (1 - exp(-r x^p)) / (1 - exp(-r)) that passes through the mid-tone."""

    def miss(rate: float) -> float:
        return float(np.expm1(-rate * MIDTONE**exponent) / np.expm1(-rate) - midtone)

    # The formula is 0/0 at a rate of exactly zero, where the curve is a plain power.
    straight = MIDTONE**exponent
    low, high = (1e-6, 60.0) if midtone > straight else (-60.0, -1e-6)
    return float(brentq(miss, low, high))


def _apply_film(encoded: NDArray[np.float64], path: Path) -> NDArray[np.float32]:
    pixels = np.ascontiguousarray(encoded, dtype=np.float32)
    try:
        transform = ocio.FileTransform(str(path), interpolation=ocio.INTERP_TETRAHEDRAL)
        processor = ocio.Config.CreateRaw().getProcessor(transform)
    except (ocio.Exception, ocio.ExceptionMissingFile) as error:
        raise LutError(f"the film LUT {path.name} cannot be read") from error
    processor.getDefaultCPUProcessor().applyRGB(pixels)
    return pixels
