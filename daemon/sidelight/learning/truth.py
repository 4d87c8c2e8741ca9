"""What a virtual camera really had before it: the radiance beside a virtual RAW."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from sidelight.errors import UnreadableError
from sidelight.imaging.color import luminance
from sidelight.imaging.difference import box_average

FloatImage = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Truth:
    """The scene of one virtual RAW, without noise, mosaic or clipping.

    Attributes:
        rgb: float32, shape (H, W, 3), what a perfect decode at as-shot white balance would give:
            linear Rec.2020 (D65), 1.0 = saturation of green, unbounded above.
        camera_from_rgb: (3, 3), to camera values with 1.0 = saturation in each channel.
        balanced_from_rgb: (3, 3), to the same scene under its true white balance, with the
            luminance of a neutral kept.
        full_well_e: Electrons at saturation at the ISO used.
        read_noise_e: Standard deviation of the read noise, in electrons.
        heads: uint8, shape (H, W): 0 none, n the n-th head of the photo's row in the table.
    """

    rgb: FloatImage
    camera_from_rgb: NDArray[np.float64]
    balanced_from_rgb: NDArray[np.float64]
    full_well_e: float
    read_noise_e: float
    heads: NDArray[np.uint8]

    def camera(self) -> NDArray[np.float64]:
        """Return the camera values, shape (H, W, 3), 1.0 = saturation, unbounded above."""
        return self.rgb.astype(np.float64) @ np.asarray(self.camera_from_rgb).T

    def clipped(self) -> NDArray[np.bool_]:
        """Return which camera channels saturate, shape (H, W, 3)."""
        return self.camera() >= 1.0

    @property
    def highest(self) -> float:
        """Luminance of the least neutral that saturates all three channels.

        It is the largest white-balance multiplier. Above it the RAW says "at least this much".
        """
        return float(1.0 / (np.asarray(self.camera_from_rgb) @ np.ones(3)).min())

    def limited(self) -> FloatImage:
        """Return `rgb` limited to what the RAW holds: luminance to `highest`, colour kept."""
        y = luminance(self.rgb)
        return (self.rgb * np.minimum(1.0, self.highest / np.maximum(y, 1e-12))[..., None]).astype(
            np.float32
        )

    def averaged(self, long_side: int) -> Truth:
        """Return the truth averaged over equal areas to a smaller size, its noise with it."""
        scale = max(self.heads.shape) / long_side
        if scale <= 1.0:
            return self
        # A block of n pixels has n/4 photosites of red and of blue.
        sites = max(1.0, scale**2 / 4.0)
        rgb = box_average(self.rgb, long_side)
        inside = [
            box_average((self.heads == number).astype(np.float32), long_side) >= 1.0 - 1e-6
            for number in range(int(self.heads.max()) + 1)
        ]
        heads = sum(number * part for number, part in enumerate(inside))
        return replace(
            self,
            rgb=rgb,
            full_well_e=self.full_well_e * sites,
            read_noise_e=self.read_noise_e * sites**0.5,
            heads=np.asarray(heads, dtype=np.uint8),
        )

    def noise_sigma(self) -> FloatImage:
        """Return the standard deviation of luminance that one photosite per channel has.

        Shape (H, W), in the unit of `rgb`; shot noise and read noise through the decode matrix,
        channels independent.
        """
        electrons = np.clip(self.camera(), 0.0, 1.0) * self.full_well_e
        variance = (electrons + self.read_noise_e**2) / self.full_well_e**2
        weights = luminance(np.linalg.inv(self.camera_from_rgb).T)
        return np.sqrt(variance @ weights**2).astype(np.float32)

    def save(self, path: Path) -> None:
        """Write an `.npz` without objects."""
        with path.open("wb") as file:
            np.savez(file, **{item.name: getattr(self, item.name) for item in fields(self)})

    @classmethod
    def load(cls, path: Path) -> Truth:
        """Read what `save` wrote.

        Raises:
            UnreadableError: The file is missing, damaged or not a truth file.
        """
        try:
            with np.load(path, allow_pickle=False) as stored:
                values = {item.name: stored[item.name] for item in fields(cls)}
        except (OSError, EOFError, KeyError, ValueError, BadZipFile) as error:
            raise UnreadableError(f"{path.name} is not a whole truth file") from error
        for name in ("full_well_e", "read_noise_e"):
            values[name] = float(values[name])
        return cls(**values)
