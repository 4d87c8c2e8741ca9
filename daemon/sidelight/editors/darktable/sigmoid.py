"""darktable's sigmoid as a Recipe uses it: contrast, HDR twins, and what the program computes.

`contrast`, `twin` and `film_and_paper` are plain arithmetic, so they take floats as well as array
scalars. Curve and closed forms: f(v) = w (x / (E + x))^p with x = (fog + v)^q, such that
f(0) = black, f(0.1845) = 0.1845 and f(inf) = w.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log2
from typing import Any

import numpy as np
from numpy.typing import NDArray

Scalar = Any
"""A float or a scalar of an array library."""

MIDDLE_GREY = 0.1845
BASE_CONTRAST = 1.5
BLACK_TARGET_PERCENT = 0.0152

PROGRAM_POWER = 166.0 / 165.0
"""q as the program computes it for its default contrast, over the exact q."""

EASE_STOPS = 1.7
"""How far above the headroom the HDR twin's white target stands, from one stop of headroom on.

No light reaches the target. Were it the headroom itself, highlights would come near only with a
contrast that nobody wants in the mid-tones.
"""

SDR_WHITES_STOPS = 1.0
"""How far above SDR white the SDR twin's white target stands at `Hdr.sdr_whites` of 100.

Brightened however far before sigmoid, a sky that the sensor lost would stay light grey.
"""

HIGHEST_WHITE_STOPS = 3.99
"""A little below the slider's end, 1600 %, so that `settle` may move it."""

# log2 of the contrast factor and the skew of the twin at white target 2^W, as polynomials
# sum k[i][j] u^i W^(j+1) in u = log2(contrast / 1.5). Fitted for the least largest difference of
# both curves from -6 to 0 EV around 0.18; 0.020 EV remain for u in -1..1 and W in 0..4.
_TWIN_CONTRAST = (
    (0.040821506, -0.0090738183, 0.00086558542),
    (0.0064014005, -0.00094345953, 7.7901351e-05),
    (-0.0050960529, 0.0013027759, -0.00011913447),
)
_TWIN_SKEW = (
    (-0.22015707, 0.023953169, -0.0019751065),
    (0.011801482, -0.00079083557, 3.1597348e-05),
    (-0.01901158, 0.00039896608, -9.4111726e-05),
)


def contrast(points: Scalar) -> Scalar:
    """Return sigmoid's contrast, 0.75 to 3, of a Recipe's contrast, -100 to 100."""
    return BASE_CONTRAST * 2.0 ** (points / 100.0)


def white_stops(headroom: float, sdr_whites: float = 0.0) -> float:
    """Return the white target of a twin, in stops above SDR white.

    Args:
        headroom: Stops above SDR white, 0 to 4; 0 is the SDR twin.
        sdr_whites: Of the Recipe, -100 to 100; below 0 it counts as 0. An HDR twin of little
            headroom moves with the SDR twin, so as not to be the darker one.
    """
    stops = min(headroom + EASE_STOPS * min(headroom, 1.0), HIGHEST_WHITE_STOPS)
    raised = SDR_WHITES_STOPS * max(sdr_whites, 0.0) / 100.0
    return stops + max(1.0 - headroom, 0.0) * raised


def sdr_whites(stops: float) -> float:
    """Return the Recipe's setting of an SDR twin's white target, the inverse of `white_stops`."""
    return min(max(100.0 * stops / SDR_WHITES_STOPS, 0.0), 100.0)


def twin(points: Scalar, stops: float) -> tuple[Scalar, Scalar]:
    """Return contrast and skew that keep the SDR rendition's tones below white.

    Args:
        points: A Recipe's contrast, -100 to 100.
        stops: Of `white_stops`, 0 to 4; 0 returns the SDR rendition's own values.
    """
    u = points / 100.0
    factor = _polynomial(_TWIN_CONTRAST, u, stops)
    skew = _polynomial(_TWIN_SKEW, u, stops)
    return BASE_CONTRAST * 2.0 ** (u + factor), skew


def points(contrast_: float, stops: float) -> float:
    """Return a Recipe's contrast, given that of a twin, the inverse of `twin`."""
    wanted = u = log2(contrast_ / BASE_CONTRAST)
    for _ in range(8):
        u = wanted - _polynomial(_TWIN_CONTRAST, u, stops)
    return 100.0 * u


def film_and_paper(
    contrast_: Scalar, skew: Scalar, white: float, black: float = BLACK_TARGET_PERCENT / 100.0
) -> tuple[Scalar, Scalar, Scalar, Scalar]:
    """Return (p, q, fog, E) of the curve.

    All but `PROGRAM_POWER` is exact; with it the default settings render as the program does.

    Args:
        contrast_: Contrast at middle grey, 0.1 to 10.
        skew: Skew, -1 to 1.
        white, black: Targets, 1 = SDR white.
    """
    p = 5.0 ** (-skew)
    k = (white / MIDDLE_GREY) ** (1.0 / p) - 1.0
    q = PROGRAM_POWER * contrast_ * (1.0 - MIDDLE_GREY) * (1.0 + k) / (p * k)
    ratio = (k / ((white / black) ** (1.0 / p) - 1.0)) ** (1.0 / q)
    fog = MIDDLE_GREY * ratio / (1.0 - ratio)
    return p, q, fog, (fog + MIDDLE_GREY) ** q * k


@dataclass(frozen=True)
class Sigmoid:
    """Parameters to write: contrast, skew, and the white target in percent."""

    contrast: float
    skew: float
    white_percent: float


def settle(contrast_: float, skew: float, white: float) -> Sigmoid:
    """Return parameters for which the program's own q is that of `film_and_paper`.

    The program finds q as a quotient of two differences taken in float32 with step 1e-6, that is
    a fraction of whole numbers near 110, off by up to 3 %. Contrast enters through q alone, so it
    may move; skew and white target, moved by less than can be seen, change the denominator.
    0.04 % remain on average, 0.45 % where q is close to 1.
    """
    exact = float(film_and_paper(contrast_, skew, white)[1])
    contrasts = np.float32(contrast_) * np.linspace(0.97, 1.03, 1201, dtype=np.float32)
    skews = np.float32(skew) + np.linspace(-0.003, 0.003, 13, dtype=np.float32)
    whites = np.float32(100.0 * white) * np.linspace(1 - 1e-5, 1 + 1e-5, 41, dtype=np.float32)
    skews = np.clip(skews, -1.0, 1.0)
    denominators = np.stack([_paper_slope(value, whites) for value in skews])
    moved = np.abs(skews - np.float32(skew))[:, None] + 1e-3 * np.abs(
        np.linspace(-1.0, 1.0, len(whites))
    )
    nearest: dict[float, tuple[int, int]] = {}
    for flat in np.argsort(moved, axis=None, kind="stable"):
        place = np.unravel_index(flat, moved.shape)
        nearest.setdefault(float(denominators[place]), (int(place[0]), int(place[1])))
    choices = np.array(list(nearest), dtype=np.float64)
    numerators = _grey_slope(contrasts).astype(np.float64)
    cost = np.abs(numerators[:, None] / choices / exact - 1.0)
    cost += 0.2 * np.array([moved[place] for place in nearest.values()])
    cost += 1e-3 * np.abs(contrasts / np.float32(contrast_) - 1.0)[:, None]
    row, column = np.unravel_index(np.argmin(cost), cost.shape)
    at = list(nearest.values())[column]
    return Sigmoid(float(contrasts[row]), float(skews[at[0]]), float(whites[at[1]]))


def program_film_power(contrast_: float, skew: float, white_percent: float) -> float:
    """Return q as darktable 4.2.1 computes it, in float32."""
    numerator = _grey_slope(np.array([contrast_], dtype=np.float32))
    denominator = _paper_slope(np.float32(skew), np.array([white_percent], dtype=np.float32))
    return float(numerator[0] / denominator[0])


def _polynomial(k: tuple[tuple[float, ...], ...], u: Scalar, stops: float) -> Scalar:
    rows = [stops * (row[0] + stops * (row[1] + stops * row[2])) for row in k]
    return rows[0] + u * (rows[1] + u * rows[2])


_GREY = np.float32(MIDDLE_GREY)
_ABOVE = _GREY + np.float32(1e-6)
_BELOW = _GREY - np.float32(1e-6)


def _exp(x: NDArray[np.float32]) -> NDArray[np.float32]:
    # The C library's expf and powf round the exact value; numpy's own float32 loops do not.
    return np.exp(x.astype(np.float64)).astype(np.float32)


def _power(base: NDArray[np.float32], exponent: np.float32) -> NDArray[np.float32]:
    return np.power(base.astype(np.float64), np.float64(exponent)).astype(np.float32)


def _log(x: np.float32) -> np.float32:
    return np.float32(np.log(np.float64(x)))


def _grey_slope(contrasts: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the difference, over 2e-6, of the unskewed curve around grey."""
    scale = np.float32(1.0 / np.float64(MIDDLE_GREY) - 1.0)
    paper = _exp(contrasts * _log(_GREY)) * scale
    above, below = _exp(contrasts * _log(_ABOVE)), _exp(contrasts * _log(_BELOW))
    return above / (paper + above) - below / (paper + below)


def _paper_slope(skew: np.float32, whites: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the difference, over 2e-6, of the curve with q = 1 around grey."""
    power = _exp(np.array([-_log(np.float32(5.0)) * skew], dtype=np.float32))[0]
    white = np.float32(0.01) * whites
    inverse = np.float32(1.0) / power
    k = _power(white * np.float32(1.0 / np.float64(MIDDLE_GREY)), inverse) - np.float32(1.0)
    paper = _GREY * k
    above = white * _power(_ABOVE / (paper + _ABOVE), power)
    below = white * _power(_BELOW / (paper + _BELOW), power)
    return above - below
