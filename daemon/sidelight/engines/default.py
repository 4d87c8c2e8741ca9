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


def wanted_chroma(
    emulator: Emulator, context: Context, scene: Scene, key: Key, tone: CameraTone | None
) -> dict[str, float]:
    """Return the mean relative chroma that parts of a photo should have in its SDR twin.

    `colourful`: a little more than the default rendering shows with its mid-tones at the key;
    where the camera's JPEG is more colourful, half way to it. `face`, where there is what
    may be some: the most it may have.

    Args:
        emulator: Whose default.
        context: Of the scene's pixels.
        scene: The photo.
        key: Where the mid-tones belong.
        tone: How the camera shows it.
    """
    names = [name for name in ("middle", "colourful", "face") if name in scene.groups]
    chosen = np.unique(np.concatenate([scene.groups[name] for name in names]))
    at = {name: np.searchsorted(chosen, scene.groups[name]) for name in names}
    stages = emulator.stages(replace(context, headroom=0.0).take(chosen))
    rgb = scene.rgb[chosen]
    theta = np.zeros(VECTOR_SIZE, dtype=np.float32)
    i, scale = INDEX["exposure_ev"], BY_NAME["exposure_ev"].scale
    for _ in range(_STEPS):
        shown = run(stages, rgb, theta)
        measured = features_of(shown, shown)
        step = (key.ev - measured["sdr_ev"][at["middle"]].mean()) / scale
        theta[i] = np.clip(theta[i] + np.float32(step), -1.0, 1.0)
    chroma: dict[str, float] = {
        name: float(measured["sdr_chroma"][at[name]].mean()) for name in names if name != "middle"
    }
    gain = _GAIN
    if tone is not None:
        plain = float(features_of(rgb, rgb)["sdr_chroma"][at["colourful"]].mean())
        camera = tone.chroma_gain * plain / max(chroma["colourful"], 1e-6)
        gain *= 1.0 + _CAMERA_SHARE * (float(np.clip(camera, *_CAMERA_RANGE)) - 1.0)
    chroma["colourful"] *= gain
    if "face" in chroma:
        chroma["face"] *= _SKIN_GAIN
    return chroma
