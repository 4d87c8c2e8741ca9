"""Lightroom's rendering as a chain of stages: Adobe's public base and generic sliders.

The base is what is public: the camera's matrix, what the DNG itself carries of a camera profile,
BaselineExposure, Adobe's published default tone curve (DNG SDK). How much each slider does is a
generic layer in EV, with constants that `sidelight calibrate` fits to the user's own exports.
`docs/lightroom.md` says what is calibrated and what is not.
"""

from sidelight.emulators.lightroom.calibration import (
    is_calibrated,
    load_calibration,
    users_emulator,
)
from sidelight.emulators.lightroom.constants import LightroomConstants
from sidelight.emulators.lightroom.emulator import LightroomEmulator

__all__ = [
    "LightroomConstants",
    "LightroomEmulator",
    "is_calibrated",
    "load_calibration",
    "users_emulator",
]
