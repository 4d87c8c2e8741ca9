"""Pixels of one photo in memory, scene-referred."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sidelight.imaging.camera_profile import CameraProfile
from sidelight.recipe.photo import PhotoInfo


@dataclass(frozen=True, eq=False)
class Preview:
    """The JPEG embedded in a raw file.

    Attributes:
        rgb: uint8, shape (h, w, 3), sRGB-encoded, upright.
        from_camera: Whether a camera's own processing made it; if not it carries no look.
        reason: One sentence how that was told.
    """

    rgb: NDArray[np.uint8]
    from_camera: bool
    reason: str


@dataclass(frozen=True, eq=False)
class Image:
    """Scene-linear pixels of a proxy.

    Attributes:
        rgb: float32, shape (H, W, 3), linear Rec.2020 (D65), as-shot white balance; 1.0 is the
            saturation of the green channel, red and blue may reach their multipliers. Upright.
        clipped: bool, shape (H, W, 3): camera channels that hit the sensor's limit.
        info: Metadata.
        preview: Embedded JPEG, or None.
        noise_floor: Standard deviation of the signal in the darkest pixels, same unit as `rgb`.
        camera_profile: What a DNG carries of one, or None.
    """

    rgb: NDArray[np.float32]
    clipped: NDArray[np.bool_]
    info: PhotoInfo
    preview: Preview | None = None
    noise_floor: float = 0.0
    camera_profile: CameraProfile | None = None
