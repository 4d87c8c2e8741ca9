"""The chain a Recipe makes Lightroom run, bound to one photo."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sidelight.emulators.base import Array, Context, Stage
from sidelight.emulators.guide import exposure_guide
from sidelight.emulators.lightroom.constants import DEFAULTS, LightroomConstants
from sidelight.emulators.lightroom.curve import base_stage, point_curve_stage
from sidelight.emulators.lightroom.profile import camera_profile_stage, look_table_stage
from sidelight.emulators.lightroom.saturation import saturation_stage
from sidelight.emulators.lightroom.tone import tone_slope, tone_stage
from sidelight.emulators.white_balance import white_balance_stage
from sidelight.imaging.image import Image
from sidelight.recipe import Recipe
from sidelight.recipe.fields import BY_NAME, INDEX


class LightroomEmulator:
    """Lightroom's rendering.

    Args:
        constants: How much each slider does.
    """

    name = "lightroom"
    raises_sdr_white = False

    def __init__(self, constants: LightroomConstants = DEFAULTS) -> None:
        self.constants = constants

    def guide(
        self,
        image: Image,
        recipe: Recipe | None = None,
        index: NDArray[np.intp] | None = None,
    ) -> NDArray[np.float32]:
        """Return the log2 edge-aware mask of an image, shape (H, W), as shot for any Recipe."""
        return exposure_guide(image, index=index)

    def guide_peak(self, image: Image) -> None:
        """Return None: no mask exposure goes into Lightroom's sidecar."""

    def stages(self, context: Context) -> Sequence[Stage]:
        """Return the chain; the point curve is left out in HDR mode.

        The order of profile, exposure, look table and base curve is that of the DNG
        specification; where the sliders stand among them is ours.
        """
        constants, profile = self.constants, context.camera_profile
        chain = [white_balance_stage(context, "white balance")]
        if profile is not None and (profile.hue_sat_maps or profile.forward_matrices):
            chain.append(camera_profile_stage(context, profile))
        chain += [_exposure_stage(context, constants), tone_stage(context, constants)]
        if profile is not None and profile.look_table is not None:
            chain.append(look_table_stage(profile.look_table))
        chain.append(base_stage(context, constants))
        if not context.hdr.enabled:
            chain.append(point_curve_stage())
        chain.append(saturation_stage(constants))
        if context.lut is not None:
            chain.append(_lut_stage(context))
        return tuple(chain)

    def tone_slope(self, theta: Array) -> Array:
        """Return d(out EV)/d(in EV) of the tone sliders, from -8 to +3 EV."""
        return tone_slope(theta, self.constants)


def _exposure_stage(context: Context, constants: LightroomConstants) -> Stage:
    i, scale = INDEX["exposure_ev"], BY_NAME["exposure_ev"].scale
    baseline_ev = context.baseline_exposure_ev + constants.exposure_offset_ev

    def apply(rgb: Array, theta: Array) -> Array:
        return rgb * 2.0 ** (theta[i] * scale + baseline_ev)

    def columns(before: Array, after: Array, theta: Array) -> list[Array]:
        return [after * float(np.log(2) * scale)]

    return Stage("exposure", (i,), apply, channelwise=True, columns=columns)


def _lut_stage(context: Context) -> Stage:
    from sidelight.imaging.lut import apply_display_lut

    def apply(rgb: Array, theta: Array) -> Array:
        return apply_display_lut(rgb, context.lut, context.lut_amount)

    return Stage("look", (), apply)
