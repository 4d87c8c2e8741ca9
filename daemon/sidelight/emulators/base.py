"""What every emulator offers: an editor's pixel maths as a chain of stages.

An emulator is numpy or torch in, the same out. Its stages are pointwise: spatial operations read
a guide computed once per photo. Each stage names the settings it reads, so that a solver can
build Jacobians stage by stage instead of rendering everything once per setting.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sidelight.emulators.guide import guide_peak
from sidelight.imaging.camera_profile import CameraProfile
from sidelight.imaging.image import Image
from sidelight.recipe import Hdr, Lut3D, Recipe, WhiteBalance

Array = Any
"""A numpy array or a torch tensor (array-API style)."""

_BAND = 1 << 16
"""Pixels rendered at once: few enough that what a stage needs stays in the cache."""


@dataclass(frozen=True)
class Context:
    """All that a render needs beside pixels and settings.

    Attributes:
        white_balance: The photo's white balance.
        headroom: Stops above SDR white of this rendition, 0 for SDR.
        guide: log2 of the edge-aware luminance mask at exposure 0 and as-shot white balance,
            shape (...,) of the pixels, or None to use each pixel's own.
        guide_peak: Level of the whole photo's guide that counts as its peak, in EV.
        baseline_exposure_ev: DNG BaselineExposure (Lightroom only).
        camera_profile: What the DNG carries of one (Lightroom only).
        lost: Gain of each of the guide's pixels through the reconstruction of what the sensor
            lost, shape (...,); None for 1 (darktable only; see `lost_gain`).
        hdr: HDR settings of the Recipe.
        lut, lut_amount: LUT of the Recipe.
        leak: Slope a solver sees where an editor clips, so that it finds back; 0 renders.
    """

    white_balance: WhiteBalance
    headroom: float = 0.0
    guide: Array | None = None
    guide_peak: float | None = None
    baseline_exposure_ev: float = 0.0
    camera_profile: CameraProfile | None = None
    lost: Array | None = None
    hdr: Hdr = field(default_factory=Hdr)
    lut: Lut3D | None = None
    lut_amount: float = 1.0
    leak: float = 0.0

    def at(self, headroom: float) -> Context:
        """Return the context of another rendition of the same photo."""
        return replace(self, headroom=headroom)

    def take(self, index: Any) -> Context:
        """Return the context for a selection of pixels, `index` into the guide."""
        if self.guide is None and self.lost is None:
            return self
        return replace(
            self,
            guide=None if self.guide is None else self.guide[index],
            lost=None if self.lost is None else self.lost[index],
        )


@dataclass(frozen=True)
class Stage:
    """One pointwise step of a render.

    Attributes:
        name: The operation, in the editor's own term.
        settings: Positions in the settings vector that `apply` reads.
        apply: (rgb, theta) → rgb; rgb has shape (..., 3), theta (VECTOR_SIZE,) in solver units.
            Bound to its context, so a guide's shape is the pixels' shape.
        channelwise: Whether each output channel depends on the same input channel alone.
        columns: (rgb before, rgb after, theta) → d(after)/d(own settings), shape (S, N, 3);
            given where the derivative is known, else a solver takes differences.
        is_of_rendition: Whether it depends on the headroom; the stages before the first such
            one are the same for both twins.
    """

    name: str
    settings: tuple[int, ...]
    apply: Callable[[Array, Array], Array]
    channelwise: bool = False
    columns: Callable[[Array, Array, Array], Array] | None = None
    is_of_rendition: bool = False


class Emulator(Protocol):
    """An editor's pixel maths.

    Attributes:
        name: The editor's.
        raises_sdr_white: Whether the SDR twin's white follows `Hdr.sdr_whites`.
    """

    name: str
    raises_sdr_white: bool

    def guide(
        self,
        image: Image,
        recipe: Recipe | None = None,
        index: NDArray[np.intp] | None = None,
    ) -> NDArray[np.float32]:
        """Return the log2 edge-aware mask of an image, shape (H, W), for exposure 0.

        Args:
            image: The proxy.
            recipe: Refreshes the mask at these settings, where the editor takes it after them;
                as shot when absent.
            index: Flat positions (N,) to return it at, shape (N,).
        """
        ...

    def guide_peak(self, image: Image) -> float | None:
        """Return the level of the guide that a sidecar's mask exposure is chosen for, in EV.

        None where the editor takes none.
        """
        ...

    def stages(self, context: Context) -> Sequence[Stage]:
        """Return the chain, scene-linear Rec.2020 in, display-linear Rec.2020 out."""
        ...

    def tone_slope(self, theta: Array) -> Array:
        """Return d(out EV)/d(in EV) of the tone sliders on neutrals, from -8 to +3 EV."""
        ...


def context_of(
    image: Image,
    recipe: Recipe,
    headroom: float,
    guide: Array | None = None,
    peak: float | None = None,
) -> Context:
    """Return the context that renders an image with a Recipe.

    Args:
        image: The photo.
        recipe: Its HDR settings and LUT are taken.
        headroom: Stops above SDR white; the Recipe's own is the limit where it has HDR on.
        guide: The whole image's guide.
        peak: Level that counts as the guide's peak; its own when absent.
    """
    if peak is None and guide is not None:
        peak = guide_peak(guide)
    if recipe.hdr.enabled:
        headroom = min(headroom, recipe.hdr.headroom)
    return Context(
        white_balance=image.info.white_balance,
        headroom=headroom,
        guide=guide,
        guide_peak=peak,
        baseline_exposure_ev=image.info.baseline_exposure_ev,
        camera_profile=image.camera_profile,
        hdr=recipe.hdr,
        lut=recipe.lut,
        lut_amount=recipe.lut_amount,
    )


def lost_gain(image: Image, index: NDArray[np.intp]) -> Array | None:
    """Return the gain by which darktable's LCh reconstruction shows what all channels lost.

    It brings them to the mean of the white-balance multipliers. For a solver, not for a picture:
    what only some channels lost keeps our decoder's level, and a patch would show beside it.

    Args:
        image: The photo.
        index: Flat positions of pixels, (N,).

    Returns:
        Of each of them, shape (N,); None where lost light keeps a colour.
    """
    if not image.info.lost_light_is_neutral:
        return None
    level = float(np.mean(image.info.white_balance.multipliers()))
    clipped, rgb = image.clipped.reshape(-1, 3)[index], image.rgb.reshape(-1, 3)[index]
    lost = np.flatnonzero(clipped[:, 0] & clipped[:, 1] & clipped[:, 2])
    gain = np.ones(len(rgb), dtype=np.float32)
    gain[lost] = level / np.maximum(rgb[lost].mean(axis=1), 1e-6)
    return gain


def run(stages: Sequence[Stage], rgb: Array, theta: Array) -> Array:
    """Send pixels through a chain."""
    for stage in stages:
        rgb = stage.apply(rgb, theta)
    return rgb


def render(
    emulator: Emulator,
    image: Image,
    recipe: Recipe,
    headroom: float = 0.0,
    guide: Array | None = None,
    peak: float | None = None,
) -> NDArray[np.float32]:
    """Render a photo as an editor would.

    Args:
        emulator: Whose maths.
        image: Scene-linear pixels.
        recipe: The settings.
        headroom: Stops above SDR white; 0 renders the SDR twin.
        guide: The emulator's guide of this image; when absent, refreshed at the Recipe.
        peak: Level of the guide that the sidecar's mask exposure was chosen for; when absent,
            that of this image's guide as shot, as a sidecar is written.

    Returns:
        float32, shape (H, W, 3), display-linear Rec.2020, 1.0 = SDR white, up to 2^headroom;
        darktable's curve goes on above it for light that no raw holds unedited.
    """
    if peak is None:
        peak = guide_peak(emulator.guide(image))
    guide = emulator.guide(image, recipe) if guide is None else guide
    context = context_of(image, recipe, headroom, guide.reshape(-1), peak)
    theta = recipe.to_vector().astype(np.float32)
    flat = image.rgb.reshape(-1, 3)
    out = np.empty(flat.shape, dtype=np.float32)
    for start in range(0, len(flat), _BAND):
        part = slice(start, start + _BAND)
        out[part] = run(emulator.stages(context.take(part)), flat[part], theta)
    return out.reshape(image.rgb.shape)
