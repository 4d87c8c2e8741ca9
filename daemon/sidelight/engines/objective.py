"""Auto's wishes for a photo, as named terms, and the key they place its mid-tones at."""

from __future__ import annotations

import numpy as np

from sidelight.engines.scene import Scene
from sidelight.engines.terms import Term
from sidelight.imaging.color import luminance
from sidelight.recipe.fields import FIELDS, INDEX, VECTOR_SIZE

SYSTEM_GAMMA = 1.2
"""Contrast of the HDR twin over the scene, ITU-R BT.2100 for a 1000-nit display."""

_BRIGHTEST_MID_EV = 1.55
_DARKEST_MID_EV = -1.1
_NIGHT_EV = 6.0
_WHITE_EV = float(np.log2(0.93 / 0.18))
_LOWEST_WHITE_EV = float(np.log2(0.892 / 0.18))
_PEAK_EV = float(np.log2(0.95 / 0.18))

PRIOR_POINTS: dict[str, float] = {
    "temperature_mired": 0.0,
    "tint": 0.0,
    "exposure_ev": 0.05,
    "contrast": 0.35,
    "highlights": 0.35,
    "shadows": 0.35,
    "whites": 0.3,
    "blacks": 0.3,
    "vibrance": 2.5,
    "saturation": 5.0,
}
"""Precision of the pull to zero of each slider, per full slider squared."""


def prior_precision() -> np.ndarray:
    """Return the slider prior as a vector over all settings; the curve is not used."""
    precision = np.zeros(VECTOR_SIZE)
    for field in FIELDS:
        precision[INDEX[field.name]] = PRIOR_POINTS[field.name]
    return precision


def key_ev(scene: Scene) -> tuple[float, str]:
    """Return where the mid-tones belong, in EV about 0.18 display-linear, and why.

    A scene whose brightest tones lie close above its mid-tones is bright by nature (snow, a white
    wall), one whose absolute light is low is night; the camera's own JPEG counts for half.
    """
    span = scene.rise_ev("p99")
    by_span = _WHITE_EV - 0.12 - SYSTEM_GAMMA * min(max(span, 0.0), 3.2)
    key, why = float(np.clip(by_span, _DARKEST_MID_EV, _BRIGHTEST_MID_EV)), "span"
    if scene.light_ev is not None and scene.light_ev < _NIGHT_EV:
        night = -0.9 - 0.3 * (_NIGHT_EV - scene.light_ev)
        key, why = max(min(key, night), -3.2), "night"
    if scene.jpeg_mid_ev is not None:
        camera = float(np.clip(scene.jpeg_mid_ev, -3.4, _BRIGHTEST_MID_EV))
        distance = float(np.clip(camera - key, -1.5, 1.5))
        # A dark JPEG of a scene with enough light is an underexposed one.
        trust = 0.5 if distance > 0 or why == "night" else 0.2
        key, why = key + trust * distance, "camera" if why == "span" else why
    return key, why


def reference_ev(scene: Scene, group: str, mid_ev: float, headroom: float) -> float:
    """Return where a bright group belongs in the HDR twin, in EV about 0.18.

    Scene contrast raised to the system gamma about the mid-tones, then an exponential shoulder
    above 0.75 of the peak.
    """
    level = 0.18 * 2.0 ** (mid_ev + SYSTEM_GAMMA * scene.rise_ev(group))
    peak = 2.0**headroom
    knee = 0.75 * peak
    if level > knee:
        level = knee + (peak - knee) * (1 - np.exp(-(level - knee) / (peak - knee)))
    return float(np.log2(level / 0.18))


def terms_for(
    scene: Scene, headroom: float, key: float, why: str, mid_ev: float | None = None
) -> list[Term]:
    """Return the terms for one photo.

    Args:
        scene: What was measured.
        headroom: Stops above SDR white of the HDR twin.
        key: Where the mid-tones belong, in EV about 0.18.
        why: What decided the key.
        mid_ev: Where they lie, if that is known already; `key` when absent.
    """
    group = scene.groups
    mids = group["mids"]
    white = float(np.log2(1 / 0.18))
    mid_ev = key if mid_ev is None else mid_ev
    terms = [
        Term("placement", "sdr_ev", mids, key, 2.0),
        Term("clipping", "sdr_peak_ev", group["peaks"], _PEAK_EV, 10.0, "at_most"),
        Term("white", "sdr_ev", group["p995"], _WHITE_EV + 0.06, 8.0, "at_most"),
        *[
            Term("clipping", "sdr_peak_ev", group[name], _PEAK_EV, 6.0, "at_most")
            for name in ("bright", "p99")
            if not scene.is_clipped(name)
        ],
    ]
    if why != "night":
        # A scene without anything white in it need not be stretched until something is.
        reach = reference_ev(scene, "p995", mid_ev, 4.0) - white
        weight = 0.6 + 11.4 / (1.0 + float(np.exp(-10.0 * (reach - 0.02))))
        terms.append(Term("white", "sdr_ev", group["p995"], _LOWEST_WHITE_EV, weight, "at_least"))
    if headroom > 0:
        for name, weight in (("p99", 2.0), ("p999", 2.0)):
            wanted = reference_ev(scene, name, mid_ev, headroom)
            above = wanted > white
            level = wanted if above else white + 0.08
            terms.append(
                Term("highlights", "hdr_ev", group[name], level, weight if above else 5.0,
                     "equal" if above else "at_most")
            )  # fmt: skip
    terms += _shadow_terms(scene, key)
    spread = scene.rise_ev("upper_mids") - scene.rise_ev("lower_mids")
    terms.append(
        Term("contrast", "sdr_ev", group["upper_mids"], 1.15 * spread, 0.9, "equal",
             against=group["lower_mids"])
    )  # fmt: skip
    terms.append(_colour_term(scene))
    return terms


def _shadow_terms(scene: Scene, key: float) -> list[Term]:
    group = scene.groups
    depth = scene.percentile_ev[50.0] - scene.percentile_ev[1.0]
    terms = []
    if depth >= 1.5:
        black = float(np.log2(0.009 / 0.18))
        terms.append(Term("black", "sdr_ev", group["deepest"], black, 2.5, "at_most"))
    crushed = float(np.log2(0.0016 / 0.18))
    terms.append(Term("shadow detail", "sdr_ev", group["shadows"], crushed, 2.0, "at_least"))
    open_shadows = max(key - 3.3, crushed + 1.0)
    terms.append(Term("open shadows", "sdr_ev", group["shadows"], open_shadows, 0.5, "at_least"))
    return terms


def _colour_term(scene: Scene) -> Term:
    rgb = scene.rgb[scene.groups["colourful"]]
    y = np.maximum(luminance(rgb), 2.0**-13)
    chroma = np.sqrt(((rgb - y[:, None]) ** 2).sum(axis=1)) / y
    level = float(np.minimum(chroma, 1.2).mean()) * 1.12
    return Term("colour", "sdr_chroma", scene.groups["colourful"], level, 1.2)
