"""How far a rendition is from its reference: one number per photo and metric.

Both are display-linear Rec.2020 on the same pixels. `METRICS` names and defines every figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import gaussian_filter, uniform_filter
from scipy.optimize import isotonic_regression

from sidelight.imaging.color import (
    REC2020_TO_SRGB,
    SRGB_TO_REC2020,
    SRGB_TO_XYZ,
    apply_matrix,
    luminance,
    rgb_to_lab,
)
from sidelight.imaging.statistics import near_neutral
from sidelight.imaging.transfer import srgb_decode, srgb_encode
from sidelight.learning.comparison import common_pixels, compare_renders

Pixels = NDArray[np.float32]
Floats = NDArray[np.float64]

EQUAL_DB = 100.0
"""PSNR of pictures that are equal in every 8-bit code value."""

CURVE_BINS = 64
_LEAST_SHARE = 0.001
_HISTOGRAM_BINS = 32
_SSIM_SIGMA, _SSIM_RADIUS = 1.5, 5
_LOCAL_PX = 11
_GREY_CODE = float(srgb_encode(0.18))
_SLOPE_BINS = 4


@dataclass(frozen=True)
class Metric:
    """One figure of the report.

    Attributes:
        name: Key in the JSON report.
        label: As shown.
        unit: Of the number, empty for none.
        better: `"higher"` or `"lower"`.
        digits: Decimals shown.
        definition: How it is computed.
    """

    name: str
    label: str
    unit: str
    better: str
    digits: int
    definition: str


METRICS: tuple[Metric, ...] = (
    Metric(
        "psnr_db", "PSNR", "dB", "higher", 2,
        "10 log10(255² / MSE) of sRGB code values rounded to 8 bit, all channels; the mean is of "
        "photos, not of their MSE; equal pictures count as 100 dB.",
    ),
    Metric(
        "ssim", "SSIM", "", "higher", 4,
        "Wang et al. 2004: Gaussian window 11 px, sigma 1.5, K = 0.01, 0.03, on sRGB code values "
        "0..1, mean of the three channels, borders of 5 px left out.",
    ),
    Metric(
        "delta_e_2000", "ΔE2000 mean", "", "lower", 2,
        "CIEDE2000 at 128 px, averaged in linear light, D65, L* = 100 at SDR white, over pixels "
        "without a clipped raw channel.",
    ),
    Metric(
        "delta_e_2000_p95", "ΔE2000 P95", "", "lower", 2,
        "95th percentile over the pixels of the same difference.",
    ),
    Metric(
        "delta_e_76", "ΔE76", "", "lower", 2,
        "Euclidean distance in L*a*b* (D65) of the 8-bit sRGB values, mean over all pixels at full "
        "compared size; papers on FiveK call it ΔE*ab.",
    ),
    Metric(
        "delta_rgb", "ΔRGB", "", "lower", 2,
        "Mean absolute difference of 8-bit sRGB code values.",
    ),
    Metric(
        "tone_curve", "Tone-curve similarity", "", "higher", 4,
        "1 - mean |Δ| of two tone curves, weighted by the number of pixels. A curve is the median "
        "of the output's sRGB-encoded luminance in 64 bins of the input's (scene-linear luminance, "
        "1.0 = saturation, sRGB-encoded), bins below 0.1 % left out, made to rise by isotonic "
        "regression.",
    ),
    Metric(
        "slope_error", "Mid-grey slope error", "", "lower", 3,
        "|slope - reference's slope| of these tone curves where the reference's passes 18 % grey.",
    ),
    Metric(
        "neutral_error_deg", "Neutral error", "°", "lower", 2,
        "Angle between the mean linear RGB of output and reference over the pixels that are near "
        "neutral in the reference (chroma below 10, L* 20 to 90).",
    ),
    Metric(
        "histogram_luminance", "Luminance histogram", "", "higher", 3,
        "Intersection, sum of min(p, q) over 32 bins, of sRGB-encoded luminance.",
    ),
    Metric(
        "histogram_contrast", "Contrast histogram", "", "higher", 3,
        "The same of the local contrast: standard deviation of encoded luminance in 11 px squares, "
        "bins over 0..0.25.",
    ),
    Metric(
        "histogram_saturation", "Saturation histogram", "", "higher", 3,
        "The same of (max - min) / max of the sRGB code values.",
    ),
)  # fmt: skip
"""Figures of SDR renditions against a reference."""


@dataclass(frozen=True, eq=False)
class Compared:
    """Figures of one rendition, and what charts and shoots need of it.

    Attributes:
        figures: By metric name; a figure that cannot be had is left out.
        curve: (64,), median output per input bin, NaN where there are too few pixels.
        neutral: (3,), mean linear RGB of the pixels near neutral in the reference, None without.
    """

    figures: dict[str, float]
    curve: Floats
    neutral: Floats | None


def compare_pictures(
    output: Pixels, reference: Pixels, scene: Pixels, clipped: NDArray[np.bool_]
) -> Compared:
    """Measure a rendition against its reference.

    Args:
        output, reference: Display-linear Rec.2020 of about one size and framing; brought onto
            common pixels here.
        scene: Scene-linear input, shape (h, w, 3).
        clipped: bool, (h, w, 3), its clipped raw channels.
    """
    # Programs crop a few border pixels: the mask is laid on the picture that has the scene's frame.
    uncropped = output.shape == scene.shape
    first, second = (output, reference) if uncropped else (reference, output)
    mask = _resized(np.asarray(clipped.any(axis=-1)), first.shape[:2])
    difference = compare_renders(first, second, mask)
    one, _, two, _ = common_pixels(output, reference)
    codes = [srgb_codes(rgb) for rgb in (one, two)]
    rounded = [np.round(code * 255.0) for code in codes]
    curve, weights = tone_curve(scene, output)
    wanted, _ = tone_curve(scene, reference)
    figures = {
        "psnr_db": psnr_db(*rounded),
        "ssim": ssim(*codes),
        "delta_e_2000": difference.mean,
        "delta_e_2000_p95": difference.p95,
        "delta_e_76": _delta_e_76(*rounded),
        "delta_rgb": float(np.abs(rounded[0] - rounded[1]).mean()),
        "tone_curve": _curve_similarity(curve, wanted, weights),
        "slope_error": _slope_error(curve, wanted),
        "histogram_luminance": _intersection([_encoded_luminance(c) for c in codes], 1.0),
        "histogram_contrast": _intersection([_local_contrast(c) for c in codes], 0.25),
        "histogram_saturation": _intersection([_saturation(c) for c in codes], 1.0),
    }
    where = near_neutral(np.clip(two, 0.0, 1.0))
    neutral = None
    if where.any():
        neutral = np.clip(one[where], 0.0, 1.0).mean(axis=0, dtype=np.float64)
        target = np.clip(two[where], 0.0, 1.0).mean(axis=0, dtype=np.float64)
        figures["neutral_error_deg"] = angle_deg(neutral, target)
    figures = {name: float(value) for name, value in figures.items() if np.isfinite(value)}
    return Compared(figures, curve, neutral)


def srgb_codes(rgb: ArrayLike) -> Floats:
    """Return sRGB code values 0..1, colours outside clipped, of display-linear Rec.2020."""
    linear = apply_matrix(np.asarray(rgb, dtype=np.float64), REC2020_TO_SRGB)
    return np.asarray(srgb_encode(np.clip(linear, 0.0, 1.0)), dtype=np.float64)


def psnr_db(output: ArrayLike, reference: ArrayLike) -> float:
    """Return the PSNR of 8-bit code values 0..255, `EQUAL_DB` for equal ones."""
    error = float(np.mean((np.asarray(output, float) - np.asarray(reference, float)) ** 2))
    return EQUAL_DB if error == 0 else min(10.0 * np.log10(255.0**2 / error), EQUAL_DB)


def ssim(output: ArrayLike, reference: ArrayLike) -> float:
    """Return the mean SSIM of code values 0..1, shape (H, W, 3) (Wang et al. 2004).

    Pictures below 11 px have none: NaN.
    """
    one, two = (np.asarray(values, dtype=np.float64) for values in (output, reference))
    if min(one.shape[:2]) <= 2 * _SSIM_RADIUS:
        return float("nan")

    def blurred(values: Floats) -> Floats:
        sigma = (_SSIM_SIGMA, _SSIM_SIGMA, 0.0)
        return np.asarray(gaussian_filter(values, sigma, radius=(_SSIM_RADIUS, _SSIM_RADIUS, 0)))

    mean_1, mean_2 = blurred(one), blurred(two)
    variance_1, variance_2 = blurred(one**2) - mean_1**2, blurred(two**2) - mean_2**2
    covariance = blurred(one * two) - mean_1 * mean_2
    c1, c2 = 0.01**2, 0.03**2
    index = ((2 * mean_1 * mean_2 + c1) * (2 * covariance + c2)) / (
        (mean_1**2 + mean_2**2 + c1) * (variance_1 + variance_2 + c2)
    )
    inside = slice(_SSIM_RADIUS, -_SSIM_RADIUS)
    return float(index[inside, inside].mean())


def tone_curve(scene: Pixels, output: Pixels) -> tuple[Floats, Floats]:
    """Return the tone curve from a scene to a rendition, and the share of pixels per bin.

    Both shape (64,); NaN and 0 in bins with less than 0.1 % of the pixels.
    """
    before, _, after, _ = common_pixels(scene, output)
    x = srgb_encode(np.clip(luminance(before).astype(np.float64), 0.0, 1.0)).ravel()
    y = srgb_encode(np.clip(luminance(after).astype(np.float64), 0.0, 1.0)).ravel()
    bins = np.minimum((x * CURVE_BINS).astype(int), CURVE_BINS - 1)
    order = np.argsort(bins, kind="stable")
    counts = np.bincount(bins, minlength=CURVE_BINS)
    parts = np.split(y[order], np.cumsum(counts)[:-1])
    shares = counts / max(len(x), 1)
    used = shares >= _LEAST_SHARE
    curve = np.full(CURVE_BINS, np.nan)
    if used.any():
        medians = np.array([np.median(parts[i]) for i in np.flatnonzero(used)])
        curve[used] = isotonic_regression(medians, weights=shares[used]).x
    return curve, np.where(used, shares, 0.0)


def angle_deg(one: ArrayLike, two: ArrayLike) -> float:
    """Return the angle between two colours, (3,), in degrees."""
    a, b = (np.asarray(v, dtype=np.float64) for v in (one, two))
    length = float(np.linalg.norm(a) * np.linalg.norm(b))
    if length <= 0:
        return float("nan")
    # The cross product keeps small angles, which the arc cosine loses.
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b)))


def _curve_similarity(curve: Floats, wanted: Floats, weights: Floats) -> float:
    both = np.isfinite(curve) & np.isfinite(wanted) & (weights > 0)
    if not both.any():
        return float("nan")
    return 1.0 - float(np.average(np.abs(curve[both] - wanted[both]), weights=weights[both]))


def _slope_error(curve: Floats, wanted: Floats) -> float:
    both = np.flatnonzero(np.isfinite(curve) & np.isfinite(wanted))
    if len(both) < 2 or not wanted[both[0]] <= _GREY_CODE <= wanted[both[-1]]:
        return float("nan")
    grey = both[np.argmin(np.abs(wanted[both] - _GREY_CODE))]
    near = both[np.abs(both - grey) <= _SLOPE_BINS]
    if len(near) < 2:
        return float("nan")
    x = near / CURVE_BINS
    slopes = [float(np.polyfit(x, values[near], 1)[0]) for values in (curve, wanted)]
    return abs(slopes[0] - slopes[1])


def _delta_e_76(output: Floats, reference: Floats) -> float:
    labs = []
    for codes in (output, reference):
        linear = srgb_decode(codes / 255.0)
        labs.append(rgb_to_lab(apply_matrix(linear, SRGB_TO_REC2020)))
    return float(np.linalg.norm(labs[0] - labs[1], axis=-1).mean())


def _encoded_luminance(codes: Floats) -> Floats:
    return np.asarray(srgb_encode(srgb_decode(codes) @ SRGB_TO_XYZ[1]), dtype=np.float64)


def _local_contrast(codes: Floats) -> Floats:
    y = _encoded_luminance(codes)
    mean = uniform_filter(y, _LOCAL_PX)
    return np.sqrt(np.maximum(uniform_filter(y**2, _LOCAL_PX) - mean**2, 0.0))


def _saturation(codes: Floats) -> Floats:
    high, low = codes.max(axis=-1), codes.min(axis=-1)
    return (high - low) / np.maximum(high, 1e-6)


def _intersection(pair: Sequence[Floats], top: float) -> float:
    shares = [
        np.histogram(np.clip(values, 0.0, top), bins=_HISTOGRAM_BINS, range=(0.0, top))[0]
        / values.size
        for values in pair
    ]
    return float(np.minimum(*shares).sum())


def _resized(mask: NDArray[np.bool_], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    rows = np.arange(shape[0]) * mask.shape[0] // shape[0]
    columns = np.arange(shape[1]) * mask.shape[1] // shape[1]
    return mask[np.ix_(rows, columns)]
