"""How far the SDR twin's white is raised, where an editor lets it be.

darktable's tone mapper nears white and never reaches it: what the sensor lost stays light grey, and
a setting sun dim, however bright the picture. The HDR twin has no such wish, so this is no slider
of the solve, which moves both.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sidelight.emulators.base import Context, Emulator, run
from sidelight.engines.key import Key
from sidelight.engines.objective import LEVELS, white_share
from sidelight.engines.scene import Scene
from sidelight.engines.terms import features_of

_CHOICES = np.linspace(0.0, 100.0, 21)
_LEAST_SHARE = 0.5


def sdr_whites(
    emulator: Emulator,
    context: Context,
    scene: Scene,
    key: Key,
    mid_ev: float,
    theta: NDArray[np.float64],
) -> float:
    """Return the least `Hdr.sdr_whites`, 0 to 100, that makes white of what is to be white.

    No more than keeps the brightest channels that the raw holds from clipping.

    Args:
        emulator: Of the editor.
        context: Of the scene's pixels.
        scene: The photo.
        key: Where its mid-tones belong.
        mid_ev: Where they lie.
        theta: The other settings.
    """
    lost = scene.is_clipped("p995")
    white = not key.is_night and white_share(scene, mid_ev) >= _LEAST_SHARE
    if not emulator.raises_sdr_white or not (lost or white):
        return 0.0
    level = LEVELS["lost white" if lost else "white"]
    chosen = 0.0
    for whites in _CHOICES:
        hdr = replace(context.hdr, sdr_whites=float(whites))
        stages = emulator.stages(replace(context, headroom=0.0, hdr=hdr))
        rgb = run(stages, scene.rgb, theta.astype(np.float32))
        shown = features_of(rgb, rgb)
        if _level(shown["sdr_peak_ev"][scene.groups["peaks"]]) > LEVELS["peak"]:
            break
        chosen = float(whites)
        if _level(shown["sdr_ev"][scene.groups["p995"]]) >= level:
            break
    return chosen


def _level(ev: NDArray[np.float64]) -> float:
    return float(0.18 * 2.0 ** ev.mean())
