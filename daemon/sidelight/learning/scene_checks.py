"""The scene table's columns as checks: mid-tones, sliders, HDR, must not.

*Must not* is a test, *expected* is judgement to be reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from sidelight.learning.rendered_scene import (
    RenderedScene,
    SceneCheck,
    hue_shift,
    log2_luminance,
    median_of,
    near_neutral,
)

INFINITY = float("inf")
SUN_TOLERANCE_STOPS = 0.25
EXPOSURE_TOLERANCE_EV = 0.35

_FEW = 24
_SMALL = 1e-6

Checks = Iterator[SceneCheck]

_MIDTONES: dict[int, tuple[float, float]] = {
    1: (0.3, 1.2), 2: (-0.3, 0.5), 3: (-0.4, 0.2), 4: (-0.2, 0.4), 5: (-0.5, 0.5),
    6: (-0.5, 0.5), 8: (0.2, 1.0), 9: (0.0, 0.8), 10: (-0.4, 0.4), 11: (-0.5, 0.5),
    12: (-0.4, 0.4),
}  # fmt: skip


def midtones(scene: RenderedScene) -> Checks:
    """Median log2 Y of the SDR twin against the well-exposed JPEG; row 7: median Y itself."""
    if scene.row in _MIDTONES:
        low, high = _MIDTONES[scene.row]
        shift = np.median(scene.sdr_ev) - np.median(log2_luminance(scene.camera))
        yield scene.check("mid-tones", "expected", shift, low, high, "EV")
    if scene.row == 5:
        yield scene.check("mean L*", "expected", scene.lab[..., 0].mean(), 0.0, 30.0, "L*")
    if scene.row == 7:
        middle = 2.0 ** np.median(scene.sdr_ev)
        yield scene.check("median Y", "expected", middle, 0.45, 0.75, "Y")


_COLOR = {"vibrance": (0.0, 20.0), "temperature_mired": (-10.0, 10.0)}
_TONE_SLIDERS = (
    "contrast", "highlights", "shadows", "whites", "blacks", "vibrance", "saturation",
)  # fmt: skip

_SLIDERS: dict[int, dict[str, tuple[float, float]]] = {
    1: {"highlights": (-70.0, -30.0), "shadows": (20.0, 60.0)},
    2: {"highlights": (-50.0, -10.0), "shadows": (0.0, 30.0)},
    3: _COLOR,
    4: _COLOR,
    5: {"shadows": (-INFINITY, 15.0), "blacks": (-25.0, -5.0)},
    6: {"temperature_mired": (-10.0, 10.0)},
    7: {"whites": (-10.0, INFINITY), "blacks": (-10.0, 0.0)},
    8: {"highlights": (-80.0, -40.0), "shadows": (10.0, 40.0)},
    9: {"shadows": (-INFINITY, 30.0)},
    10: {"contrast": (0.0, 20.0), "blacks": (-15.0, INFINITY)},
    11: {"shadows": (0.0, 25.0), "blacks": (-15.0, -5.0)},
}


def sliders(scene: RenderedScene) -> Checks:
    """Sliders of Lightroom's Recipe, asked of no other editor; row 12: the largest of seven."""
    if scene.editor != "lightroom":
        return
    for name, (low, high) in _SLIDERS.get(scene.row, {}).items():
        unit = "mired" if name == "temperature_mired" else "points"
        yield scene.check(name, "expected", getattr(scene.recipe, name), low, high, unit)
    if scene.row == 12:
        most = max(abs(getattr(scene.recipe, name)) for name in _TONE_SLIDERS)
        yield scene.check("largest slider", "expected", most, 0.0, 25.0, "points")


_HDR_REGIONS: dict[int, dict[str, tuple[float, float]]] = {
    1: {"sky": (-INFINITY, 1.0)},
    2: {"sky": (-INFINITY, 1.0)},
    3: {"glow": (0.3, 1.0)},
    5: {"lamps": (1.5, INFINITY), "walls": (-INFINITY, 0.0)},
    8: {"window": (0.5, 1.5)},
    9: {"opening": (-INFINITY, 1.5)},
    11: {"specks": (-INFINITY, 2.0)},
}
_HDR_HIGHEST = {4: 2.0, 6: 1.5, 7: 0.2, 10: 0.3, 12: 0.1}


def hdr_column(scene: RenderedScene) -> Checks:
    """Median luminance of a region in the HDR twin, in stops over SDR white.

    "sun H": within a quarter stop of the headroom. Where the table names no region, P99.9.
    """
    for name, (low, high) in _HDR_REGIONS.get(scene.row, {}).items():
        value = median_of(scene.hdr_ev, scene.regions[name])
        yield scene.check(f"HDR {name}", "expected", value, low, high, "stops")
    if scene.row in (1, 2):
        value = median_of(scene.hdr_ev, scene.regions["sun"])
        low, high = (scene.headroom + sign * SUN_TOLERANCE_STOPS for sign in (-1, 1))
        yield scene.check("HDR sun", "expected", value, low, high, "stops")
    if scene.row in _HDR_HIGHEST:
        value = np.percentile(scene.hdr_ev, 99.9)
        high = _HDR_HIGHEST[scene.row]
        yield scene.check("HDR P99.9", "expected", value, -INFINITY, high, "stops")


def must_not(scene: RenderedScene) -> Checks:
    """The last column, but for row 1, whose *must not* is about heads."""
    rule = _MUST_NOT.get(scene.row)
    for name, value, low, high, unit in rule(scene) if rule else ():
        yield scene.check(name, "must not", value, low, high, unit)


Rule = tuple[str, float, float, float, str]


def _silhouette(scene: RenderedScene) -> Iterator[Rule]:
    """Median rise of the darkest fifth over the camera's JPEG."""
    rise = scene.sdr_ev - log2_luminance(scene.camera)
    opened = median_of(rise, scene.regions["silhouette"])
    yield "silhouette opened", opened, -INFINITY, 0.7, "EV"


def _sunset(scene: RenderedScene) -> Iterator[Rule]:
    """How much of the picture's mean (a*, b*) is lost, along its own direction."""
    before, after = (lab[..., 1:].mean(axis=(0, 1)) for lab in (scene.neutral_lab, scene.lab))
    kept = float(after @ before) / max(float(before @ before), _SMALL)
    yield "mean a*, b* towards neutral", 100.0 * (1.0 - kept), -INFINITY, 10.0, "%"


def _dawn(scene: RenderedScene) -> Iterator[Rule]:
    """Fall of the sky's mean b*, where the RAW is not clipped, at equal brightness of the sky."""
    sky = scene.regions["sky"] & ~scene.truth.clipped().any(axis=-1)
    fall = scene.neutral_lab_at(sky)[sky, 2].mean() - scene.lab[sky, 2].mean()
    yield "fall of the sky's b*", fall, -INFINITY, 3.0, "b*"


def _night(scene: RenderedScene) -> Iterator[Rule]:
    yield "median Y", 2.0 ** np.median(scene.sdr_ev), 0.0, 0.08, "Y"


def _mixed_light(scene: RenderedScene) -> Iterator[Rule]:
    """Growth of the distance in a*b* between the warmest and the coolest near-neutral tenth.

    Near-neutral by the neutral render (chroma < 10, L* 20 to 90), warmest and coolest by its b*;
    the same pixels in both.
    """
    before, after = scene.neutral_lab, scene.lab
    neutral = near_neutral(before)
    low, high = np.percentile(before[neutral, 2], [10, 90])
    cool = neutral & (before[..., 2] <= low)
    warm = neutral & (before[..., 2] >= high)
    spread = [
        float(np.linalg.norm(lab[warm, 1:].mean(axis=0) - lab[cool, 1:].mean(axis=0)))
        for lab in (before, after)
    ]
    yield "warm-cool distance grows", 100.0 * (spread[1] / spread[0] - 1.0), -INFINITY, 15.0, "%"


def _high_key(scene: RenderedScene) -> Iterator[Rule]:
    yield "wall's median Y", 2.0 ** median_of(scene.sdr_ev, scene.regions["wall"]), 0.4, 1.0, "Y"
    yield "HDR P99.9", 2.0 ** np.percentile(scene.hdr_ev, 99.9), 0.0, 1.15, "Y"


def _window(scene: RenderedScene) -> Iterator[Rule]:
    """Standard deviation of log2 Y over the truth's, unclipped; window over wall, medians."""
    window, wall = scene.regions["window"], scene.regions["wall"]
    open_ = window & ~scene.truth.clipped().any(axis=-1)
    if open_.sum() >= _FEW:
        true = np.std(log2_luminance(scene.truth.rgb)[open_])
        share = float(np.std(scene.sdr_ev[open_]) / true)
        yield "window's contrast kept", share, 0.5, INFINITY, "of the truth's"
    over = median_of(scene.sdr_ev, window) - median_of(scene.sdr_ev, wall)
    yield "window over wall", over, 0.0, INFINITY, "EV"


def _cave(scene: RenderedScene) -> Iterator[Rule]:
    yield "median Y", 2.0 ** np.median(scene.sdr_ev), 0.0, 0.12, "Y"


def _haze(scene: RenderedScene) -> Iterator[Rule]:
    """Standard deviation of log2 Y in the haze over that of the as-shot render."""
    haze = scene.regions["haze"]
    gain = np.std(scene.sdr_ev[haze]) / np.std(log2_luminance(scene.as_shot)[haze])
    yield "contrast gain of the haze", float(gain), 0.0, 1.4, "times"


def _greens(scene: RenderedScene) -> Iterator[Rule]:
    greens = scene.regions["greens"]
    shift = abs(hue_shift(scene.neutral_lab_at(greens)[greens], scene.lab[greens]))
    yield "greens' hue shift", shift, 0.0, 4.0, "degrees"


def _noon(scene: RenderedScene) -> Iterator[Rule]:
    yield "HDR P99.9", 2.0 ** np.percentile(scene.hdr_ev, 99.9), 0.0, 1.1, "Y"


_MUST_NOT: dict[int, Callable[[RenderedScene], Iterator[Rule]]] = {
    2: _silhouette, 3: _sunset, 4: _dawn, 5: _night, 6: _mixed_light, 7: _high_key,
    8: _window, 9: _cave, 10: _haze, 11: _greens, 12: _noon,
}  # fmt: skip


def exposure_variant(scene: RenderedScene) -> Checks:
    """Median luminance of the SDR twin against that of the well-exposed photo's, in EV."""
    if scene.counterpart is not None:
        wanted = np.median(log2_luminance(scene.counterpart))
        off = float(np.median(scene.sdr_ev) - wanted)
        limit = EXPOSURE_TOLERANCE_EV
        yield scene.check("off its well-exposed twin", "must not", off, -limit, limit, "EV")
