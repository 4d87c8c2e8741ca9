"""Values an edit is made of: settings, tone curve, LUT, white balance."""

from sidelight.recipe.curve import ToneCurve
from sidelight.recipe.lut import Lut3D
from sidelight.recipe.model import Hdr, Recipe
from sidelight.recipe.photo import PhotoInfo
from sidelight.recipe.white_balance import CameraWhiteBalance, WhiteBalance

__all__ = [
    "CameraWhiteBalance",
    "Hdr",
    "Lut3D",
    "PhotoInfo",
    "Recipe",
    "ToneCurve",
    "WhiteBalance",
]
