"""Where a photo's mid-tones belong in its SDR twin.

The camera's own tone curve, read at the level the mid-tones would have in a well-exposed photo,
says how bright the camera meant this light to look; without a camera's JPEG the light does. Two
things move it: a scene with nothing dark in it is bright by nature, and where the highlights lie
far above the mid-tones the camera had to hold the exposure down for them, an edit has not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sidelight.engines.camera_tone import CameraTone
from sidelight.engines.scene import Scene

USUAL_EV = 0.35
"""What a camera shows the raw level 0.18 as; about half of all sensors' meters and curves agree."""

BRIGHTEST_EV, DARKEST_EV = 1.75, -3.2

_NIGHT_LIGHT_EV = 6.0
_CAMERA_SHARE, _CAMERA_SHARE_DARK, _DARK_LIGHT_EV = 0.95, 0.6, 2.5
_CONTRAST = 1.2
_LARGEST_ERROR_EV = 2.0
_NO_ERROR_EV = (0.15, 0.9)
_HIGH_KEY_DEPTH_EV = (1.2, 2.0)
_HIGH_KEY_LIFT_EV = 1.0
_PALE_SPAN_EV = (0.5, 1.3)
_PALE_LIFT_EV = 0.55
_WIDE_SPAN_EV = (1.6, 3.0)
_INDOORS_LIGHT_EV, _DIM_ROOM_LIGHT_EV = 8.5, 4.0
_ROOM_LIFT_EV = 0.48
_FACE_EV, _DARK_FACE_EV = -0.9, -2.0
_FACE_SHARE, _LARGEST_FACE_LIFT_EV = 0.8, 1.0


@dataclass(frozen=True)
class Key:
    """Where the mid-tones belong.

    Attributes:
        ev: Mean log2(Y / 0.18), display-linear, of the middle tones.
        why: What decided it most: `"camera"`, `"light"`, `"night"`, `"bright"`,
            `"room"` or `"face"`.
        wide: Whether highlights lie far above the mid-tones, 0..1.
    """

    ev: float
    why: str
    wide: float = 0.0

    @property
    def is_night(self) -> bool:
        """Whether absolute light says the scene is dark."""
        return self.why == "night"


def key_of(scene: Scene, tone: CameraTone | None) -> Key:
    """Return where a photo's mid-tones belong.

    Args:
        scene: What was measured.
        tone: How the camera shows tones; None without its JPEG.
    """
    night = scene.light_ev is not None and scene.light_ev < _NIGHT_LIGHT_EV
    ev, why = USUAL_EV, "light"
    if night and scene.light_ev is not None:
        ev, why = -0.9 - 0.3 * (_NIGHT_LIGHT_EV - scene.light_ev), "night"
    if tone is not None:
        ev += _camera_share(scene.light_ev) * (_camera_ev(scene, tone) - ev)
        why = "night" if night else "camera"
    wide = _rise(_span_ev(scene), *_WIDE_SPAN_EV)
    if not night:
        bright = max(
            _HIGH_KEY_LIFT_EV * (1.0 - _rise(scene.depth_ev, *_HIGH_KEY_DEPTH_EV)),
            _PALE_LIFT_EV * (1.0 - _rise(scene.rise_ev("p99"), *_PALE_SPAN_EV)),
        )
        indoors = scene.light_ev is not None and scene.light_ev < _INDOORS_LIGHT_EV
        room = _ROOM_LIFT_EV * wide if indoors else 0.0
        face = _face_lift_ev(scene, ev)
        ev += max(bright, room + face)
        if max(bright, room, face) > 0.2:
            why = max((bright, "bright"), (room, "room"), (face, "face"))[1]
    elif scene.light_ev is not None and scene.light_ev > _DIM_ROOM_LIGHT_EV:
        ev += 0.5 * _ROOM_LIFT_EV * wide
    return Key(float(np.clip(ev, DARKEST_EV, BRIGHTEST_EV)), why, wide)


def _camera_share(light_ev: float | None) -> float:
    """How far the camera is followed: less in the dark, where its meter knows least."""
    if light_ev is None:
        return _CAMERA_SHARE
    return _CAMERA_SHARE_DARK + (_CAMERA_SHARE - _CAMERA_SHARE_DARK) * _rise(
        light_ev, _DARK_LIGHT_EV, _NIGHT_LIGHT_EV
    )


def _camera_ev(scene: Scene, tone: CameraTone) -> float:
    """Return what the camera would show the mid-tones as at their usual exposure."""
    # Meters place the mid-tones near 0; a little beside it is the scene, much is a mistake.
    error = scene.mid_ev * _rise(abs(scene.mid_ev), *_NO_ERROR_EV)
    error = float(np.clip(error, -_LARGEST_ERROR_EV, _LARGEST_ERROR_EV))
    return float(tone.show(scene.ev[scene.groups["middle"]] - error).mean())


def _face_lift_ev(scene: Scene, ev: float) -> float:
    """How much brighter the picture becomes for what may be faces in the shade, bounded.

    All of them together, and the darkest third, which may be another's skin.
    """
    if "face" not in scene.groups:
        return 0.0
    faces = np.sort(scene.ev[scene.groups["face"]])
    middle = float(scene.ev[scene.groups["middle"]].mean())
    lift = 0.0
    for part, level in ((faces, _FACE_EV), (faces[: -(-len(faces) // 3)], _DARK_FACE_EV)):
        shown = ev + _CONTRAST * (float(part.mean()) - middle)
        lift = max(lift, _FACE_SHARE * (level - shown))
    return scene.face_weight * min(lift, _LARGEST_FACE_LIFT_EV)


def _span_ev(scene: Scene) -> float:
    """How far the brightest tenth begins above the mid-tones; clipped, at least a wide span."""
    span = scene.percentile_ev[90.0] - scene.mid_ev
    return max(span, _WIDE_SPAN_EV[1]) if scene.clipped_share > 0.1 else span


def _rise(value: float, low: float, high: float) -> float:
    """Return 0 below `low`, 1 above `high`, smooth between."""
    t = float(np.clip((value - low) / (high - low), 0.0, 1.0))
    return t * t * (3.0 - 2.0 * t)
