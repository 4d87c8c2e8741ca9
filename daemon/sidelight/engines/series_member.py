"""One photo as its series sees it: a small grid of raw camera values and how it was exposed.

Cells are in the camera's own RGB before any white balance, so that two photos of the same light
differ by their exposure alone, whatever the camera's automatic white balance did.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sidelight.emulators.guide import exposure_guide, guide_peak
from sidelight.errors import RecipeError
from sidelight.imaging.image import Image
from sidelight.recipe import PhotoInfo

Cells = NDArray[np.float64]

LONG_SIDE = 32
"""Cells along the longer side."""

_LEAST_EV = -13.0
_MOST_CLIPPED = 0.05
_STEPS_PER_EV = 1000.0
_NOTHING = -32768


@dataclass(frozen=True, eq=False)
class Member:
    """A photo that may belong to a series.

    Attributes:
        name: Decides the order of photos taken within one second.
        info: Metadata.
        cells: log2 of mean unbalanced camera RGB, 0 = saturation of green, shape (rows, columns,
            3); NaN where a cell is clipped or black.
        guide_peak: Peak of the emulators' guide as shot, in EV.
    """

    name: str
    info: PhotoInfo
    cells: Cells
    guide_peak: float

    @property
    def camera(self) -> tuple[str, str, bool]:
        """What must be equal within a series."""
        return self.info.make, self.info.model, self.info.is_raw

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values of the cells and the peak, about 6 kB."""
        steps = np.rint(np.nan_to_num(self.cells, nan=0.0) * _STEPS_PER_EV)
        packed = np.where(np.isnan(self.cells), _NOTHING, np.clip(steps, -32000, 32000))
        return {
            "size": list(self.cells.shape[:2]),
            "cells": b64encode(packed.astype("<i2").tobytes()).decode("ascii"),
            "guide_peak": self.guide_peak,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any], name: str, info: PhotoInfo) -> Member:
        """Build a member from `to_json`.

        Raises:
            RecipeError: A value is missing or unusable.
        """
        try:
            rows, columns = (int(side) for side in values["size"])
            packed = np.frombuffer(b64decode(values["cells"], validate=True), "<i2")
            steps = packed.reshape(rows, columns, 3).astype(np.float64)
            peak = float(values["guide_peak"])
            if not (0 < rows <= LONG_SIDE and 0 < columns <= LONG_SIDE and isfinite(peak)):
                raise ValueError("its grid has another size")
        except (KeyError, TypeError, ValueError) as error:
            raise RecipeError(f"this photo's place in a series is not known: {error}") from error
        return cls(name, info, np.where(steps == _NOTHING, np.nan, steps / _STEPS_PER_EV), peak)


def summarise(image: Image, name: str = "") -> Member:
    """Reduce a photo to a member.

    Args:
        image: The proxy.
        name: See `Member`.
    """
    height, width = image.rgb.shape[:2]
    scale = min(LONG_SIDE / max(height, width), 1.0)
    rows, columns = max(round(height * scale), 1), max(round(width * scale), 1)
    clipped = np.asarray(image.clipped.any(axis=-1))
    finite = np.asarray(np.isfinite(image.rgb).all(axis=-1))
    good: Cells = (~clipped & finite).astype(np.float64)
    pixels = np.where(good[..., None] > 0, image.rgb, 0.0)
    count, share = _sums(good, rows, columns), _sums(np.ones_like(good), rows, columns)
    balance = image.info.white_balance
    to_camera = np.asarray(balance.camera_from_working) / balance.multipliers()[:, None]
    sums = np.stack([_sums(pixels[..., i], rows, columns) for i in range(3)], axis=-1)
    camera = (sums / np.maximum(count, 1.0)[..., None]) @ to_camera.T
    cells = np.log2(np.maximum(camera, 2.0 ** (_LEAST_EV - 1)))
    poor = (count < (1.0 - _MOST_CLIPPED) * share) | (cells < _LEAST_EV).any(axis=-1)
    cells[poor] = np.nan
    return Member(name, image.info, cells, guide_peak(exposure_guide(image)))


def working_rgb(cells: Cells, info: PhotoInfo) -> NDArray[np.float32]:
    """Return cells (..., 3) as working RGB at the photo's as-shot white balance."""
    balance = info.white_balance
    balanced = 2.0**cells * balance.multipliers()
    return (balanced @ np.linalg.inv(balance.camera_from_working).T).astype(np.float32)


def _sums(values: NDArray[np.float64], rows: int, columns: int) -> NDArray[np.float64]:
    down = np.linspace(0, values.shape[0], rows + 1).astype(np.intp)[:-1]
    across = np.linspace(0, values.shape[1], columns + 1).astype(np.intp)[:-1]
    return np.asarray(np.add.reduceat(np.add.reduceat(values, down, axis=0), across, axis=1))
