"""How an editor's default rendering shows a photo, at the brightness an edit will have.

What an edit may add is measured from there: a photographer has seen the default, not bare data.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sidelight.emulators.base import Context, Emulator, run
from sidelight.engines.camera_tone import CameraTone
from sidelight.engines.key import Key
from sidelight.engines.scene import Scene
from sidelight.engines.terms import features_of
from sidelight.recipe.fields import BY_NAME, INDEX, VECTOR_SIZE

_STEPS = 4
_CAMERA_SHARE = 0.5
_CAMERA_RANGE = (1.0, 1.25)
_GAIN = 1.04
_SKIN_GAIN = 1.03


def exposure_at_key(
    emulator: Emulator, context: Context, scene: Scene, key: Key
) -> tuple[float, float]:
    """Return the exposure at which the default shows the middle tones at the key, in solver units.

    With it, where the broader mid-tones, those of `Scene.mid_ev`, then lie, in EV about 0.18.

    Args:
        emulator: Whose default.
        context: Of the scene's pixels.
        scene: The photo.
        key: Where the mid-tones belong.
    """
    theta = np.zeros(VECTOR_SIZE, dtype=np.float32)

    def shown_ev(group: str) -> float:
        pixels = scene.groups[group]
        stages = emulator.stages(replace(context, headroom=0.0).take(pixels))
        shown = run(stages, scene.rgb[pixels], theta)
        return float(features_of(shown, shown)["sdr_ev"].mean())

    i, scale = INDEX["exposure_ev"], BY_NAME["exposure_ev"].scale
    for _ in range(_STEPS):
        step = (key.ev - shown_ev("middle")) / scale
        theta[i] = np.clip(theta[i] + np.float32(step), -1.0, 1.0)
    return float(theta[i]), shown_ev("mids")


def wanted_chroma(
    emulator: Emulator, context: Context, scene: Scene, exposure: float, tone: CameraTone | None
) -> dict[str, float]:
    """Return the mean relative chroma that parts of a photo should have in its SDR twin.

    `colourful`: a little more than the default rendering shows; where the camera's JPEG is more
    colourful, half way to it. `face`, where there is what may be some: the most it may have.

    Args:
        emulator: Whose default.
        context: Of the scene's pixels.
        scene: The photo.
        exposure: Of the default, from `exposure_at_key`.
        tone: How the camera shows it.
    """
    names = [name for name in ("colourful", "face") if name in scene.groups]
    chosen = np.unique(np.concatenate([scene.groups[name] for name in names]))
    at = {name: np.searchsorted(chosen, scene.groups[name]) for name in names}
    rgb = scene.rgb[chosen]
    theta = np.zeros(VECTOR_SIZE, dtype=np.float32)
    theta[INDEX["exposure_ev"]] = exposure
    shown = run(emulator.stages(replace(context, headroom=0.0).take(chosen)), rgb, theta)
    measured = features_of(shown, shown)["sdr_chroma"]
    chroma: dict[str, float] = {name: float(measured[at[name]].mean()) for name in names}
    gain = _GAIN
    if tone is not None:
        plain = float(features_of(rgb, rgb)["sdr_chroma"][at["colourful"]].mean())
        camera = tone.chroma_gain * plain / max(chroma["colourful"], 1e-6)
        gain *= 1.0 + _CAMERA_SHARE * (float(np.clip(camera, *_CAMERA_RANGE)) - 1.0)
    chroma["colourful"] *= gain
    if "face" in chroma:
        chroma["face"] *= _SKIN_GAIN
    return chroma
