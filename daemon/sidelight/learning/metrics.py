"""What the renditions of one photo are judged by: twins, headroom, blacks.

Renders are display-linear Rec.2020, 1.0 = SDR white, compared as they are, unscaled. `truth` is
the scene's radiance on the same pixels (:mod:`sidelight.learning.truth`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sidelight.imaging.color import luminance
from sidelight.imaging.difference import box_average, delta_e_itp

Floats = NDArray[np.float64]

SYSTEM_GAMMA = 1.2
"""Of ITU-R BT.2100 at 1000 nit."""

HEADROOM_PERCENTILES = (99.0, 99.9)
SHOULDER_START = 0.75

_FLOOR = 1e-6
_CRUSHED = 0.0008
_WHITE = 0.999


def anchor(truth_y: ArrayLike, sdr_y: ArrayLike) -> tuple[float, float]:
    """Return the gain that brings truth to the brightness of an SDR twin, and that brightness.

    Over the pixels between the quartiles of true luminance, mean log2 of both agree; the second
    number is 2 to that mean, the level g of the reference rendition.

    Args:
        truth_y, sdr_y: Luminance of the same pixels, any shape.
    """
    truth, sdr = _floored(truth_y), _floored(sdr_y)
    low, high = np.percentile(truth, [25, 75])
    middle = (truth >= low) & (truth <= high)
    level = np.log2(sdr[middle]).mean()
    return float(2.0 ** (level - np.log2(truth[middle]).mean())), float(2.0**level)


def reference_rendition(
    truth_rgb: ArrayLike, sdr_rgb: ArrayLike, headroom: float
) -> NDArray[np.float32]:
    """Return how a photo ought to look with a headroom, shape (H, W, 3).

    The truth anchored at level g, times (Y/g)^0.2, then a shoulder above k = 0.75 x 2^headroom:
    k + (2^headroom - k) (1 - exp(-(Y - k) / (2^headroom - k))). Colour ratios are kept.

    Args:
        truth_rgb: (H, W, 3), limited to what the RAW holds.
        sdr_rgb: Our SDR twin of the same pixels.
        headroom: Stops above SDR white.
    """
    truth = np.asarray(truth_rgb, dtype=np.float64)
    y = np.maximum(luminance(truth), 0.0)
    gain, level = anchor(y, luminance(np.asarray(sdr_rgb, dtype=np.float64)))
    shown = gain * y * np.maximum(gain * y / level, 0.0) ** (SYSTEM_GAMMA - 1.0)
    peak = 2.0**headroom
    start = SHOULDER_START * peak
    above = np.maximum(shown - start, 0.0) / (peak - start)
    rolled = np.where(shown > start, start + (peak - start) * -np.expm1(-above), shown)
    return (truth * (rolled / np.maximum(y, 1e-12))[..., None]).astype(np.float32)


@dataclass(frozen=True)
class HeadroomError:
    """How far the brightest parts are from the reference rendition.

    Attributes:
        stops: Mean over the percentiles of |output - reference|, both limited to 0..headroom.
        output, reference: log2 of each percentile of luminance, unlimited.
    """

    stops: float
    output: tuple[float, ...]
    reference: tuple[float, ...]

    def within(self, limit: float = 0.4, limit_without_highlights: float = 0.1) -> bool:
        """Whether the error is small, and nothing shines where the reference does not."""
        return self.stops <= limit and all(
            out <= limit_without_highlights
            for out, reference in zip(self.output, self.reference, strict=True)
            if reference <= 0.0
        )


def headroom_error(output_y: ArrayLike, reference_y: ArrayLike, headroom: float) -> HeadroomError:
    """Compare P99 and P99.9 of two renditions' luminance."""
    output, reference = (
        np.log2(np.percentile(_floored(y), HEADROOM_PERCENTILES)) for y in (output_y, reference_y)
    )
    limited = np.clip([output, reference], 0.0, headroom)
    return HeadroomError(
        float(np.abs(limited[0] - limited[1]).mean()),
        tuple(map(float, output)),
        tuple(map(float, reference)),
    )


def grey_lift(hdr_y: ArrayLike, sdr_y: ArrayLike, truth_y: ArrayLike) -> float:
    """Return |median of log2(HDR twin / SDR twin)| over the truly darkest fifth, in EV."""
    truth = np.asarray(truth_y)
    dark = truth <= np.percentile(truth, 20)
    ratio = np.log2(_floored(hdr_y)[dark] / _floored(sdr_y)[dark])
    return float(abs(np.median(ratio)))


@dataclass(frozen=True)
class Black:
    """The dark end of an SDR twin.

    Attributes:
        level: P0.5 of luminance.
        is_flat: Whether the scene has no blacks to show (P50 - P1 below 1.5 EV).
        crushed: Share of all pixels below 0.0008 whose true signal stands above twice the noise.
    """

    level: float
    is_flat: bool
    crushed: float

    def within(self, level: float = 0.012, crushed: float = 0.01) -> bool:
        """Whether blacks are black and nothing visible is lost in them."""
        return (self.is_flat or self.level <= level) and self.crushed <= crushed


def black(sdr_y: ArrayLike, truth_y: ArrayLike, noise_sigma: ArrayLike) -> Black:
    """Judge the dark end of an SDR twin.

    Args:
        sdr_y: Luminance of the twin.
        truth_y, noise_sigma: True luminance and its noise on the same pixels, in one unit.
    """
    sdr, truth = np.asarray(sdr_y, dtype=np.float64), np.asarray(truth_y, dtype=np.float64)
    low, middle = np.log2(np.percentile(_floored(truth), [1, 50]))
    lost = (sdr < _CRUSHED) & (truth > 2.0 * np.asarray(noise_sigma))
    return Black(float(np.percentile(sdr, 0.5)), bool(middle - low < 1.5), float(lost.mean()))


@dataclass(frozen=True)
class SdrUse:
    """How an SDR twin fills the range up to white.

    Attributes:
        white: P99.5 of luminance.
        clipped: Share of pixels at or above white in any channel, beyond those clipped in the raw.
    """

    white: float
    clipped: float

    def within(self, has_diffuse_white: bool, clipped: float = 0.005) -> bool:
        """Whether whites are white; the level counts only in a scene that has a diffuse white."""
        return (not has_diffuse_white or 0.85 <= self.white <= 1.0) and self.clipped <= clipped


def sdr_use(sdr_rgb: ArrayLike, raw_clipped: ArrayLike) -> SdrUse:
    """Judge the bright end of an SDR twin.

    Args:
        sdr_rgb: (H, W, 3); limited to 1, as every file of it is.
        raw_clipped: bool, (H, W): any channel of the raw clipped.
    """
    sdr = np.minimum(np.asarray(sdr_rgb, dtype=np.float64), 1.0)
    clipped = (sdr >= _WHITE).any(axis=-1) & ~np.asarray(raw_clipped, dtype=bool)
    return SdrUse(float(np.percentile(luminance(sdr), 99.5)), float(clipped.mean()))


@dataclass(frozen=True)
class ItpGuard:
    """Mean ΔE ITP of renditions to the reference rendition: a guard, no score of quality.

    Attributes:
        sdr, hdr: Of our twins.
        default: Of darktable's default rendition with the same headroom; NaN if not rendered.
    """

    sdr: float
    hdr: float
    default: float = float("nan")


def itp_guard(
    truth_rgb: ArrayLike,
    sdr_rgb: ArrayLike,
    hdr_rgb: ArrayLike,
    headroom: float,
    default_rgb: ArrayLike | None = None,
) -> ItpGuard:
    """Compare renditions with the reference rendition of our SDR twin, as they are, at 128 pixels.

    Absolute: 1.0 = 203 nits.

    Args:
        truth_rgb: (H, W, 3), limited to what the RAW holds.
        sdr_rgb, hdr_rgb: Our twins, (H, W, 3).
        headroom: Stops above SDR white.
        default_rgb: darktable's default at white target 100 x 2^headroom, (H, W, 3).
    """
    small = box_average(sdr_rgb)
    reference = reference_rendition(box_average(truth_rgb), small, headroom)

    def difference(rgb: ArrayLike) -> float:
        return float(delta_e_itp(box_average(rgb), reference).mean())

    sdr, hdr = difference(sdr_rgb), difference(hdr_rgb)
    return (
        ItpGuard(sdr, hdr) if default_rgb is None else ItpGuard(sdr, hdr, difference(default_rgb))
    )


def _floored(values: ArrayLike) -> Floats:
    return np.maximum(np.asarray(values, dtype=np.float64), _FLOOR)
