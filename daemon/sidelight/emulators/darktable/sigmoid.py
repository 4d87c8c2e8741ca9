"""darktable's sigmoid tone mapper: per channel with hue preservation, and RGB ratio.

Curve and closed forms: `sidelight.editors.darktable.sigmoid`.
"""

from __future__ import annotations

from sidelight.editors.darktable.sigmoid import BLACK_TARGET_PERCENT, film_and_paper
from sidelight.emulators.arrays import at_least, by_channel, by_pixel, namespace
from sidelight.emulators.base import Array

_BLACK = BLACK_TARGET_PERCENT / 100.0
_TINY = 1e-12


def apply(
    rgb: Array,
    contrast: Array,
    skew: Array = 0.0,
    white: float = 1.0,
    hue_preservation: float = 1.0,
) -> Array:
    """Return display-linear pixels, each channel through the curve.

    Args:
        rgb: Scene-linear Rec.2020, shape (..., 3).
        contrast, skew: The operation's, 0.1 to 10 and -1 to 1.
        white: Target white, 1 = SDR white.
        hue_preservation: 0 to 1.
    """
    xp = namespace(rgb)
    # One row per channel: arithmetic on whole rows is several times faster than on columns.
    channels = _desaturate_negative(by_channel(rgb))
    r, g, b = channels[0], channels[1], channels[2]
    large, small = xp.maximum(r, g), xp.minimum(r, g)
    high, low = xp.maximum(large, b), xp.minimum(small, b)
    middle = xp.maximum(small, xp.minimum(large, b))
    mapped = _curve(xp.stack([low, middle, high]), contrast, skew, white)
    share = (middle - low) / at_least(high - low, _TINY)
    blend = 2.0 * low / at_least(low + middle, _TINY)
    low_out, middle_out, high_out = _preserve_hue(mapped, share, blend, hue_preservation)
    out = xp.where(channels == low, low_out, middle_out)
    out = xp.where(channels == high, high_out, out)
    return by_pixel(out, rgb)


def apply_rgb_ratio(rgb: Array, contrast: Array, skew: Array = 0.0, white: float = 1.0) -> Array:
    """Return display-linear pixels, the curve on the mean and chroma compressed into gamut.

    Args:
        rgb: Scene-linear Rec.2020, shape (..., 3).
        contrast, skew: The operation's.
        white: Target white, 1 = SDR white.
    """
    xp = namespace(rgb)
    channels = _desaturate_negative(by_channel(rgb))
    mean = (channels[0] + channels[1] + channels[2]) / 3.0
    mapped = _curve(mean, contrast, skew, white)
    scaled = channels * (mapped / at_least(mean, 1e-9))
    high, low = xp.amax(scaled, 0), xp.amin(scaled, 0)
    epsilon = 1e-6
    to_white = (white - mapped) / (high - mapped + epsilon)
    to_black = (_BLACK - mapped) / (low - mapped - epsilon)
    display = xp.minimum(to_white, to_black)
    chroma = (mapped - low) / mapped
    pull = 2.0 * chroma / (1.0 - chroma * chroma + epsilon) / (chroma * display + epsilon)
    factor = pull / (1.0 + xp.sqrt(pull * pull + 1.0)) * display
    return by_pixel(mapped + factor * (scaled - mapped), rgb)


def _desaturate_negative(channels: Array) -> Array:
    """Pull a pixel with a negative channel towards its mean until that channel is 0."""
    xp = namespace(channels)
    if channels.min() >= 0.0:
        return channels
    low = xp.amin(channels, 0)
    mean = at_least((channels[0] + channels[1] + channels[2]) / 3.0, 0.0)
    factor = xp.where(low < 0.0, mean / at_least(mean - low, _TINY), xp.ones_like(low))
    return mean + factor * (channels - mean)


def _curve(value: Array, contrast: Array, skew: Array, white: float) -> Array:
    """Return the curve of non-negative values."""
    xp = namespace(value)
    p, q, fog, paper = film_and_paper(contrast, skew, white)
    # x^q / (E + x^q) as 1 / (1 + E x^-q), with exp and log, which are quick on small arrays.
    ratio = 1.0 / (1.0 + paper * xp.exp(-q * xp.log(value + fog)))
    if isinstance(skew, float) and skew == 0.0:
        return white * ratio
    return white * xp.exp(p * xp.log(ratio))


def _preserve_hue(
    mapped: Array, share: Array, blend: Array, hue_preservation: float
) -> tuple[Array, Array, Array]:
    """Return (low, middle, high) with the hue of the input, their sum nearly kept.

    Args:
        mapped: The three channels after the curve, in rising order, shape (3, ...).
        share: Where the input's middle channel lay between its lowest (0) and highest (1).
        blend: How far the sum of the curve's own result is kept.
        hue_preservation: 0 to 1.
    """
    xp = namespace(mapped)
    h = hue_preservation
    low, middle, high = mapped[0], mapped[1], mapped[2]
    keep = (1.0 - h) * middle
    naive = keep + h * (low + (high - low) * share)
    # The sum kept is blend * (low + middle + high) + (1 - blend) * (low + naive + high).
    shifted = naive + blend * (middle - naive)
    rest = 1.0 - share
    # Where the middle falls, the highest stays; else the lowest stays.
    falls = naive <= middle
    part = xp.where(falls, rest, share)
    end = xp.where(falls, low, high)
    stay = low + high - end
    middle_out = (keep + h * (stay * (1.0 - part) + part * (end + shifted))) / (1.0 + h * part)
    change = shifted - middle_out
    moved = end + change
    return xp.where(falls, moved, low), middle_out, xp.where(falls, high, moved)
