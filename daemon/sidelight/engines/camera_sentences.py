"""What *Match the camera* says about its sliders and its match."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sidelight.engines.base import Reason
from sidelight.engines.camera_fit import CameraFit
from sidelight.engines.sentences import RAISED_WHITE
from sidelight.imaging.image import Image
from sidelight.recipe import Recipe
from sidelight.recipe.curve import knot_positions
from sidelight.recipe.fields import BY_NAME, SLIDERS

_JPEG = "the camera's own JPEG"
_CLAUSES: dict[str, tuple[str, str]] = {
    "temperature_mired": ("cools the picture", "warms the picture"),
    "tint": ("turns neutrals towards magenta", "turns neutrals towards green"),
    "contrast": ("gives tones more contrast", "gives tones less contrast"),
    "whites": ("lifts the brightest tones", "holds the brightest tones back"),
    "blacks": ("lifts the darkest tones", "deepens the darkest tones"),
    "vibrance": ("strengthens muted colors", "mutes colors, the muted ones most"),
    "saturation": ("strengthens all colors", "weakens all colors"),
}
"""What a slider does above and below zero."""

_TERMS = {
    "temperature_mired": "camera white balance",
    "tint": "camera white balance",
    "vibrance": "camera color",
    "saturation": "camera color",
}
_UNITS = {"EV": " EV", "points": "", "mired": " mired"}
_HUES = ("reds", "oranges", "yellows", "greens", "cyans", "blues", "violets", "purples")
_HUE_EDGES = (0.0, 40.0, 70.0, 105.0, 165.0, 220.0, 285.0, 320.0, 345.0)
"""Hue angles in L*a*b*, in degrees, at which the names begin; the last is red again."""

_COLORFUL = 12.0
_LEAST_SHARE = 0.03
_NOTICED_DELTA_E = 3.0
_SEEN_OFFSET = 0.015
_CLIPPED_SHARE = 0.002
_MIDS_L = 15.0


def camera_reasons(recipe: Recipe, before: CameraFit) -> tuple[Reason, ...]:
    """Return a reason for every slider that is not zero, the largest move first.

    Args:
        recipe: The settings.
        before: The cells as the editor renders them without any.
    """
    distances = departures(before)
    found = []
    for name in SLIDERS:
        value = getattr(recipe, name)
        if value:
            text = _text(name, value, distances)
            reason = Reason(name, value, _TERMS.get(name, "camera tone"), text)
            found.append((abs(value) / BY_NAME[name].scale, reason))
    return tuple(reason for _, reason in sorted(found, key=lambda pair: -pair[0]))


def departures(before: CameraFit) -> dict[str, float]:
    """Return how the JPEG departs from the editor's default, each with the sign of its slider.

    Exposure in EV of the mid-tones; the others are in parts of the default's own contrast and
    chroma, or in L*, a* and b*.
    """
    own, target = before.lab, before.target_lab
    moved = target - own
    order = np.argsort(target[:, 0], kind="stable")
    tenth = max(len(order) // 10, 1)
    mids = np.abs(target[:, 0] - np.median(target[:, 0])) <= _MIDS_L
    chroma, target_chroma = (np.hypot(lab[:, 1], lab[:, 2]) for lab in (own, target))
    muted, neutral = (chroma <= np.quantile(chroma, share) for share in (0.5, 0.25))
    light = [((np.maximum(lab[mids, 0], 1.0) + 16.0) / 116.0) ** 3 for lab in (target, own)]
    mid_moved = float(moved[mids, 0].mean())
    return {
        "temperature_mired": -float(moved[neutral, 2].mean()),
        "tint": float(moved[neutral, 1].mean()),
        "exposure_ev": float(np.median(np.log2(light[0] / light[1]))),
        "contrast": float(target[:, 0].std() - own[:, 0].std()) / max(float(own[:, 0].std()), 1e-3),
        "whites": float(moved[order[-tenth:], 0].mean()) - mid_moved,
        "blacks": float(moved[order[:tenth], 0].mean()) - mid_moved,
        "vibrance": float((target_chroma - chroma)[muted].mean()) / _some(chroma[muted]),
        "saturation": float((target_chroma - chroma).mean()) / _some(chroma),
    }


def _some(values: NDArray[np.float64]) -> float:
    return max(float(values.mean()), 1e-3)


def _text(name: str, value: float, distances: dict[str, float]) -> str:
    field = BY_NAME[name]
    decimals = {"EV": 2, "points": 0, "mired": 1}[field.unit]
    amount = f"{value:+.{decimals}f}{_UNITS[field.unit]}"
    distance = distances[name]
    if distance * value <= 0:
        clause = f"balances the other settings; together they look as {_JPEG} does"
    elif name == "exposure_ev":
        way = "brighter" if distance > 0 else "darker"
        clause = (
            f"brings the mid-tones to their place, {abs(distance):.2f} EV {way} in {_JPEG} than "
            "without an edit"
        )
    else:
        clause = f"{_CLAUSES[name][0 if value > 0 else 1]} as {_JPEG} does"
    return f"{field.label} {amount} {clause}.".replace(" -", " \N{MINUS SIGN}")


def camera_notes(
    image: Image,
    recipe: Recipe,
    editor: str,
    share: float,
    before: CameraFit,
    after: CameraFit,
) -> tuple[str, ...]:
    """Return sentences about the match as a whole."""
    own, reached = (float(np.mean(fit.delta_e)) for fit in (before, after))
    notes = [
        f"Mean difference from {_JPEG} ΔE2000 {reached:.1f}, without the edit {own:.1f}, over "
        f"{100 * share:.0f} % of the frame."
    ]
    if curve := _curve(recipe):
        notes.append(curve)
    if left := _left(after):
        notes.append(left)
    clipped = float(image.clipped.any(axis=-1).mean())
    if clipped > _CLIPPED_SHARE:
        notes.append(f"{100 * clipped:.1f} % of the frame is clipped in the raw and counts little.")
    if recipe.hdr.sdr_whites > 0:
        notes.append(RAISED_WHITE)
    if recipe.hdr.enabled:
        notes.append("The JPEG ends at SDR white, so the SDR version is matched.")
        if editor == "lightroom":
            notes.append("Lightroom has no tone curve in HDR mode, so sliders alone are used.")
    if editor == "lightroom":
        notes.append("Lightroom's sliders are emulated from public formulas, uncalibrated.")
    return tuple(notes)


def _curve(recipe: Recipe) -> str:
    offsets = np.asarray(recipe.curve.offsets)
    if np.abs(offsets).max() < _SEEN_OFFSET:
        return ""
    moved: dict[str, list[str]] = {"lifts": [], "lowers": []}
    thirds = np.minimum(3 * knot_positions()[1:-1], 2.0).astype(int)
    for third, name in enumerate(("shadows", "mid-tones", "highlights")):
        mean = float(offsets[thirds == third].mean())
        if abs(mean) >= _SEEN_OFFSET:
            moved["lifts" if mean > 0 else "lowers"].append(name)
    parts = [f"{verb} the {_listed(names)}" for verb, names in moved.items() if names]
    return f"To follow {_JPEG} the tone curve {' and '.join(parts) or 'bends a little'}."


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _left(after: CameraFit) -> str:
    """Return what no slider of the Recipe can do: to turn or weigh single hues."""
    chroma = np.hypot(after.target_lab[:, 1], after.target_lab[:, 2])
    hue = np.degrees(np.arctan2(after.target_lab[:, 2], after.target_lab[:, 1])) % 360.0
    index = (np.searchsorted(_HUE_EDGES, hue, side="right") - 1) % len(_HUES)
    worst, amount = "", _NOTICED_DELTA_E
    for k, name in enumerate(_HUES):
        own = (index == k) & (chroma > _COLORFUL)
        if own.mean() >= _LEAST_SHARE and after.delta_e[own].mean() > amount:
            worst, amount = name, float(after.delta_e[own].mean())
    if not worst:
        return ""
    return f"The {worst} still differ by ΔE2000 {amount:.1f}: no slider here treats one hue alone."
