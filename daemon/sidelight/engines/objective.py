"""Auto's wishes for a photo, as named terms, and what it does of habit.

Weights and levels were chosen on the tuning scenes (docs/auto.md); a residual of 1 is a miss that
anybody would see.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sidelight.engines.key import Key
from sidelight.engines.scene import Scene
from sidelight.engines.terms import Sense, Term
from sidelight.recipe.fields import FIELDS, INDEX, VECTOR_SIZE

SYSTEM_GAMMA = 1.2
"""Contrast of the HDR twin over the scene, ITU-R BT.2100 for a 1000-nit display."""

BRIGHT_HEADROOM = 0.15
"""Stops above SDR white for scenes that have no use for more."""

WEIGHTS: dict[str, float] = {
    "placement": 2.2,
    "placement limits": 11.0,
    "clipping": 31.0,
    "clipping of tones": 8.0,
    "white": 8.0,
    "reach white": 1.5,
    "lost white": 9.0,
    "highlights": 12.0,
    "dim highlights": 1.5,
    "bright tones": 6.0,
    "highlight detail": 1.0,
    "drawing": 6.0,
    "sky": 3.0,
    "subject": 1.5,
    "dark subject": 3.6,
    "black": 4.0,
    "shadow detail": 2.0,
    "open shadows": 0.3,
    "noise": 0.6,
    "contrast": 0.9,
    "colour": 4.0,
}
"""How much one EV of miss counts, for colour a doubling of relative chroma."""

LEVELS: dict[str, float] = {
    "below the key": 0.19,
    "above the key": 0.1,
    "peak": 0.96,
    "white": 0.93,
    "least white": 0.892,
    "lost white": 0.95,
    "high tones": 0.66,
    "drawing kept": 0.6,
    "headroom tolerance": 0.07,
    "headroom tolerance, wide": 0.13,
    "not shining": 0.08,
    "bright tones": 0.08,
    "sky stops": 0.95,
    "face": -0.8,
    "dark face": -1.9,
    "black": 0.007,
    "crushed": 0.0016,
    "open shadows": -3.3,
    "noise": 0.3,
    "least contrast": 1.1,
    "most contrast": 1.35,
}
"""Wanted levels: display-linear where positive and below 1, EV or stops or ratios otherwise."""

QUIET_ISO = 1600.0
"""Up to here shadows may be opened without a thought of their noise."""

PRECISION: dict[str, float] = {
    "temperature_mired": 0.0,
    "tint": 0.0,
    "exposure_ev": 0.05,
    "contrast": 12.0,
    "highlights": 8.0,
    "shadows": 12.0,
    "whites": 4.0,
    "blacks": 16.0,
    "vibrance": 2.5,
    "saturation": 5.0,
}
"""Precision of the pull of each slider to where it stands of habit, per full slider squared."""

EDITOR_PRECISION: dict[str, dict[str, float]] = {
    "lightroom": {"contrast": 18.0, "highlights": 36.0, "shadows": 44.0, "whites": 1.5},
}
"""What differs from it."""

HABIT: dict[str, float] = {"blacks": -0.1}
"""Where sliders stand of habit, in full sliders."""

WIDE_HABIT: dict[str, float] = {"highlights": -0.54, "shadows": 0.28}
"""The same in a scene whose light ranges widely."""

EDITOR_WIDE_HABIT: dict[str, dict[str, float]] = {"darktable": {"highlights": 0.0}}
"""What differs from it: darktable's sigmoid already holds highlights down, and to pull more there
would cost a contrast that brings them back."""

NIGHT_SHARE = 0.4
"""Of that habit at night, whose shadows are dark, and of the limit of its bright tones."""

_WIDE_CLIPPED = 0.07
_SHINING_EV = 0.3
_WHITE_EV = float(np.log2(1 / 0.18))


def prior_precision(editor: str = "") -> NDArray[np.float64]:
    """Return the precision of the slider prior over all settings; the curve is not used."""
    return _vector({**PRECISION, **EDITOR_PRECISION.get(editor, {})})


def prior_centre(key: Key, editor: str = "") -> NDArray[np.float64]:
    """Return where the slider prior pulls to, over all settings."""
    wide = key.wide * (NIGHT_SHARE if key.is_night else 1.0)
    return _vector(HABIT) + wide * _vector({**WIDE_HABIT, **EDITOR_WIDE_HABIT.get(editor, {})})


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


def useful_headroom(scene: Scene, key: Key, mid_ev: float) -> float:
    """Return the stops above SDR white that a photo has a use for, 4 for as many as there are.

    Where nothing is dark, little is brighter than white: paper and snow dazzle when they shine.
    """
    brightest = reference_ev(scene, "p999", mid_ev, 4.0) - _WHITE_EV
    return BRIGHT_HEADROOM if key.why == "bright" or brightest < BRIGHT_HEADROOM else 4.0


def white_share(scene: Scene, mid_ev: float) -> float:
    """Return how likely something in a scene is to be white, 0 to 1.

    A scene without need not be stretched until something is.
    """
    reach = reference_ev(scene, "p995", mid_ev, 4.0) - _WHITE_EV
    return float(1.0 / (1.0 + np.exp(0.2 - 10.0 * reach)))


def terms_for(
    scene: Scene,
    headroom: float,
    key: Key,
    chroma: Mapping[str, float],
    mid_ev: float,
) -> list[Term]:
    """Return the terms for one photo.

    Args:
        scene: What was measured.
        headroom: Stops above SDR white of the HDR twin.
        key: Where the mid-tones belong.
        chroma: Relative chroma wanted of the colourful pixels, and the most that faces may have.
        mid_ev: Where the mid-tones lie (`Scene.mid_ev`) in the SDR twin: highlights are placed
            from there.
    """
    return [
        *_placement(scene, key),
        *_white(scene, key, mid_ev),
        *(_headroom(scene, key, headroom, mid_ev) if headroom > 0 else ()),
        *_shadows(scene, key),
        *_contrast(scene),
        *_colour(scene, chroma),
    ]


def _placement(scene: Scene, key: Key) -> list[Term]:
    """Mid-tones at the key; a little beside it is nobody's mistake. Faces no darker than shade."""
    group = scene.groups
    weight = WEIGHTS["placement limits"]
    low, high = key.ev - LEVELS["below the key"], key.ev + LEVELS["above the key"]
    terms = [
        Term("placement", "sdr_ev", group["middle"], key.ev, WEIGHTS["placement"]),
        Term("placement", "sdr_ev", group["middle"], low, weight, "at_least"),
        Term("placement", "sdr_ev", group["middle"], high, weight, "at_most"),
    ]
    if "face" in group and not key.is_night:
        face = group["face"]
        dark = face[np.argsort(scene.ev[face])[: -(-len(face) // 3)]]
        for pixels, name, part in ((face, "face", "subject"), (dark, "dark face", "dark subject")):
            weight = scene.face_weight * WEIGHTS[part]
            terms.append(Term("subject", "sdr_ev", pixels, LEVELS[name], weight, "at_least"))
    return terms


def _white(scene: Scene, key: Key, mid_ev: float) -> list[Term]:
    """The SDR twin reaches white, and nothing that the raw holds is lost there."""
    group, peak = scene.groups, _ev("peak")
    terms = [Term("clipping", "sdr_peak_ev", group["peaks"], peak, WEIGHTS["clipping"], "at_most")]
    for name in ("bright", "p99"):
        weight = WEIGHTS["clipping of tones"] * max(1.0 - 2.0 * scene.lost_share(name), 0.0)
        if weight > 0.0:
            terms.append(Term("clipping", "sdr_peak_ev", group[name], peak, weight, "at_most"))
    if not scene.is_clipped("p995"):
        level = _ev("white") + 0.06
        terms.append(Term("white", "sdr_ev", group["p995"], level, WEIGHTS["white"], "at_most"))
    if not key.is_night:
        weight = WEIGHTS["lost white" if scene.is_clipped("p995") else "reach white"]
        weight *= 0.02 + 0.98 * white_share(scene, mid_ev)
        # What the raw lost is white: a grey sky is no picture of anything.
        level = _ev("lost white" if scene.is_clipped("p995") else "least white")
        terms.append(Term("white", "sdr_ev", group["p995"], level, weight, "at_least"))
    if "high_tones" in group:
        terms += _highlight_detail(scene)
    return terms


def _highlight_detail(scene: Scene) -> list[Term]:
    """Bright parts of the SDR twin neither crowd below white nor lose what is drawn in them."""
    tones = scene.groups["high_tones"]
    order = tones[np.argsort(scene.ev[tones])]
    lower, upper = order[: len(order) // 2], order[len(order) // 2 :]
    spread = float(scene.ev[upper].mean() - scene.ev[lower].mean())
    weight, kept = WEIGHTS["highlight detail"], LEVELS["drawing kept"] * spread
    name, level = "highlight detail", _ev("high tones")
    return [
        Term(name, "sdr_ev", tones, level, weight, "at_most"),
        Term(name, "sdr_ev", upper, kept, WEIGHTS["drawing"], "at_least", against=lower),
    ]


def _headroom(scene: Scene, key: Key, headroom: float, mid_ev: float) -> list[Term]:
    """Highlights where the scene's contrast puts them, the sky below the brightest lights."""
    group, weight = scene.groups, WEIGHTS["highlights"]
    terms = []
    for name in ("p99", "p999"):
        wanted = reference_ev(scene, name, mid_ev, headroom)
        # A wide area that the raw lost need not shine as much as a small light, and what does not
        # reach white may be left a little darker.
        wide = LEVELS["headroom tolerance, wide"]
        below = wide if scene.clipped_share > _WIDE_CLIPPED else LEVELS["headroom tolerance"]
        shines = float(np.clip((wanted - _WHITE_EV) / _SHINING_EV, 0.0, 1.0))
        pull = WEIGHTS["dim highlights"] + shines * (weight - WEIGHTS["dim highlights"])
        most = max(wanted + wide, _WHITE_EV + LEVELS["not shining"])
        terms += [
            Term("highlights", "hdr_ev", group[name], wanted - shines * below, pull, "at_least"),
            Term("highlights", "hdr_ev", group[name], most, weight, "at_most"),
        ]
    for name in ("upper_mids", "upper", "bright"):
        # By how much of it the raw holds, not by whether one pixel is clipped: no jump.
        weight = WEIGHTS["bright tones"] * max(1.0 - 4.0 * scene.lost_share(name), 0.0)
        weight *= NIGHT_SHARE if key.is_night else 1.0
        if weight == 0.0:
            continue
        most = reference_ev(scene, name, mid_ev, headroom) + LEVELS["bright tones"]
        terms.append(Term("highlights", "hdr_ev", group[name], most, weight, "at_most"))
    if headroom > LEVELS["sky stops"] and "sky" in group:
        level = _WHITE_EV + LEVELS["sky stops"]
        terms.append(Term("sky", "hdr_ev", group["sky"], level, WEIGHTS["sky"], "at_most"))
    return terms


def _shadows(scene: Scene, key: Key) -> list[Term]:
    group, crushed = scene.groups, _ev("crushed")
    weight = WEIGHTS["shadow detail"]
    terms = [Term("shadow detail", "sdr_ev", group["shadows"], crushed, weight, "at_least")]
    if scene.depth_ev >= 1.5:
        weight = WEIGHTS["black"]
        terms.append(Term("black", "sdr_ev", group["deepest"], _ev("black"), weight, "at_most"))
    if not key.is_night:
        level = max(key.ev + LEVELS["open shadows"], crushed + 1.0)
        weight = WEIGHTS["open shadows"]
        terms.append(Term("open shadows", "sdr_ev", group["shadows"], level, weight, "at_least"))
    if scene.iso is not None and scene.iso > QUIET_ISO:
        plain = key.ev + LEVELS["least contrast"] * scene.rise_ev("shadows")
        weight = WEIGHTS["noise"] * float(np.log2(scene.iso / QUIET_ISO))
        level = plain + LEVELS["noise"]
        terms.append(Term("noise", "sdr_ev", group["shadows"], level, weight, "at_most"))
    return terms


def _contrast(scene: Scene) -> list[Term]:
    group, weight = scene.groups, WEIGHTS["contrast"]
    spread = scene.rise_ev("upper_mids") - scene.rise_ev("lower_mids")
    low, high = LEVELS["least contrast"] * spread, LEVELS["most contrast"] * spread
    upper, lower = group["upper_mids"], group["lower_mids"]
    return [
        Term("contrast", "sdr_ev", upper, low, weight, "at_least", against=lower),
        Term("contrast", "sdr_ev", upper, high, weight, "at_most", against=lower),
    ]


def _colour(scene: Scene, chroma: Mapping[str, float]) -> list[Term]:
    terms = []
    wishes: tuple[tuple[str, str, Sense], ...] = (
        ("colourful", "colour", "equal"),
        ("face", "skin", "at_most"),
    )
    for group, name, sense in wishes:
        if group in chroma:
            weight = WEIGHTS["colour"] / max(chroma[group], 0.1)
            pixels = scene.groups[group]
            terms.append(Term(name, "sdr_chroma", pixels, chroma[group], weight, sense))
    return terms


def _ev(level: str) -> float:
    return float(np.log2(LEVELS[level] / 0.18))


def _vector(values: Mapping[str, float]) -> NDArray[np.float64]:
    vector = np.zeros(VECTOR_SIZE)
    for field in FIELDS:
        vector[INDEX[field.name]] = values.get(field.name, 0.0)
    return vector
