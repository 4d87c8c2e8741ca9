"""A virtual photo rendered for one editor, and one check of it.

Colour is compared at equal brightness, since a* and b* grow with lightness and every editor fades
colour towards white: the reference is the editor's default rendering with nothing but its exposure
moved, until it is as bright as the twin. Where a photo is a -1.5 or +1.5 EV variant, what it should
look like is read from the as-shot renders and the camera JPEG of the well-exposed photo of the same
view.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sidelight.imaging.color import luminance, rgb_to_lab
from sidelight.learning.scene_regions import Mask, regions_of
from sidelight.learning.truth import Truth
from sidelight.recipe import Recipe

Pixels = NDArray[np.float32]
Floats = NDArray[np.float64]

INFINITY = float("inf")
NEUTRAL_CHROMA = 10.0

_FLOOR = 1e-6


@dataclass(frozen=True)
class SceneCheck:
    """One figure of one photo and what it should be.

    Attributes:
        photo: Name of the virtual photo.
        row: Row of the scene table.
        editor: Whose rendering.
        name: What is measured.
        kind: `"must not"`, `"expected"` or `"principle"`.
        value: The figure.
        low, high: Its range, both ends allowed.
        unit: Of all three.
    """

    photo: str
    row: int
    editor: str
    name: str
    kind: str
    value: float
    low: float
    high: float
    unit: str

    @property
    def passed(self) -> bool:
        """Whether the figure lies in its range."""
        return bool(self.low <= self.value <= self.high)


@dataclass(frozen=True, eq=False)
class RenderedScene:
    """What is known of one photo in one editor; pixels are (H, W, 3), display-linear Rec.2020.

    Attributes:
        photo: Name.
        row: Row of the scene table whose checks apply, 0 for none.
        editor: Whose rendering.
        headroom: Stops above SDR white of the HDR twin.
        recipe: The settings.
        truth: The scene.
        skins: Skin of each head, in the order of the truth's mask.
        as_shot: The editor's default rendering.
        sdr, hdr: The twins.
        neutrals: The editor's default rendering of the well-exposed photo at one or more
            exposures, the darkest first.
        camera: The camera's JPEG of the well-exposed photo.
        counterpart: The SDR twin of the well-exposed photo, None if this is it.
    """

    photo: str
    row: int
    editor: str
    headroom: float
    recipe: Recipe
    truth: Truth
    skins: tuple[str, ...]
    as_shot: Pixels
    sdr: Pixels
    hdr: Pixels
    neutrals: tuple[Pixels, ...]
    camera: Pixels
    counterpart: Pixels | None = None

    @cached_property
    def regions(self) -> dict[str, Mask]:
        """The row's regions."""
        return regions_of(self.truth, self.row)

    @cached_property
    def sdr_ev(self) -> Floats:
        """log2 luminance of the SDR twin."""
        return log2_luminance(self.sdr)

    @cached_property
    def hdr_ev(self) -> Floats:
        """log2 luminance of the HDR twin: stops above SDR white."""
        return log2_luminance(self.hdr)

    @cached_property
    def lab(self) -> Floats:
        """L*a*b* of the SDR twin, limited to 0..1."""
        return rgb_to_lab(np.clip(self.sdr.astype(np.float64), 0.0, 1.0))

    @cached_property
    def neutral_lab(self) -> Floats:
        """L*a*b* of the neutral render that is as bright as the SDR twin."""
        return self.neutral_lab_at(np.ones(self.sdr.shape[:2], dtype=bool))

    def neutral_lab_at(self, mask: Mask) -> Floats:
        """Return L*a*b* of the neutral render that is as bright in a region, by the median."""
        wanted = median_of(self.sdr_ev, mask)
        levels = [median_of(log2_luminance(np.clip(one, 0.0, 1.0)), mask) for one in self.neutrals]
        place = float(np.interp(wanted, levels, np.arange(len(levels))))
        below = min(int(place), max(len(levels) - 2, 0))
        pair = self.neutrals[below : below + 2]
        weights = (1.0 - (place - below), place - below)
        mixed = sum(
            weight * np.clip(one.astype(np.float64), 0.0, 1.0)
            for weight, one in zip(weights, pair, strict=False)
        )
        gain = 2.0 ** (wanted - median_of(log2_luminance(mixed), mask))
        return rgb_to_lab(np.minimum(np.asarray(mixed) * gain, 1.0))

    def check(
        self, name: str, kind: str, value: float, low: float, high: float, unit: str
    ) -> SceneCheck:
        """Return a check of this photo."""
        return SceneCheck(
            self.photo, self.row, self.editor, name, kind, float(value), low, high, unit
        )


def near_neutral(lab: Floats) -> Mask:
    """Return where chroma is below 10 and L* within 20 to 90."""
    level = lab[..., 0]
    return np.asarray((chroma(lab) < NEUTRAL_CHROMA) & (level > 20.0) & (level < 90.0))


def chroma(lab: Floats) -> Floats:
    """Return C*."""
    return np.asarray(np.hypot(lab[..., 1], lab[..., 2]))


def hue_shift(before: Floats, after: Floats) -> float:
    """Return the turn of the mean (a*, b*) of pixels (N, 3), in degrees."""
    (a, b), (c, d) = (lab[..., 1:].mean(axis=0) for lab in (before, after))
    return float(np.degrees(np.arctan2(a * d - b * c, a * c + b * d)))


def median_of(values: Floats, mask: Mask) -> float:
    """Return the median in a region, NaN where it is empty."""
    return float(np.median(values[mask])) if mask.any() else float("nan")


def log2_luminance(rgb: ArrayLike) -> Floats:
    """Return log2 of luminance, shape (H, W)."""
    y = luminance(np.asarray(rgb, dtype=np.float64))
    return np.asarray(np.log2(np.maximum(y, _FLOOR)))
