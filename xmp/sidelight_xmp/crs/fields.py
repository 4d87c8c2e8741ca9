"""The develop settings of Lightroom and Camera Raw: kind, range, default and spelling.

The table lists the keys in the order in which Camera Raw writes them; `read` and `spell`
follow from a key's kind, so that they cannot disagree.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from sidelight_xmp.crs.curve import LINEAR, Curve, curve_to_value, value_to_curve
from sidelight_xmp.errors import InvalidValueError
from sidelight_xmp.properties import Array, LangText, Struct, Value

Setting: TypeAlias = float | int | bool | str | Curve | Array | Struct
"""A typed value; `Array` and `Struct` for the settings that are only carried along."""

_DECIMAL = re.compile(r"[+-]?(?:\d{1,10}(?:\.\d{0,12})?|\.\d{1,12})", re.ASCII)


class Kind(Enum):
    """How a setting is spelled in XMP."""

    EV = "two decimals, + when positive"
    TENTH = "one decimal, + when positive"
    HUNDREDTH = "two decimals, + when positive, not in stops"
    SIGNED = "integer, + when positive"
    UNSIGNED = "integer without a sign"
    FLAG = "0 or 1"
    BOOLEAN = "True or False"
    FRACTION = "up to six decimals, trimmed, no +"
    TEXT = "text"
    CURVE = "points 0 to 255"
    OPAQUE = "structure or array, carried along"


@dataclass(frozen=True, slots=True)
class Field:
    """One develop setting.

    `low` and `high` bound numbers (inclusive). `default` is that of a raw file,
    `default_rendered` that of a JPEG or TIFF where it differs; None where there is none.
    `edit` tells whether a value other than the default is an edit of tone or color.
    """

    name: str
    kind: Kind
    low: float = -math.inf
    high: float = math.inf
    default: Setting | None = None
    default_rendered: Setting | None = None
    edit: bool = False

    def read(self, value: Value | None) -> Setting | None:
        """Return the typed value, None for what is absent or not of this kind."""
        if isinstance(value, LangText) or value is None:
            return None
        if self.kind is Kind.OPAQUE:
            return value
        if self.kind is Kind.CURVE:
            return value_to_curve(value)
        if not isinstance(value, str):
            return None
        if self.kind is Kind.TEXT:
            return value or None
        if self.kind is Kind.BOOLEAN:
            return {"true": True, "false": False}.get(value.strip().lower())
        return self._read_number(value.strip())

    def _read_number(self, text: str) -> float | int | None:
        if not _DECIMAL.fullmatch(text):
            return None
        number = float(text)
        if not self.low <= number <= self.high:
            return None
        return round(number) if self.kind in _INTEGERS else number

    def spell(self, setting: Setting) -> Value:
        """Return the value as Camera Raw writes it.

        Raises InvalidValueError for a wrong type, a number that is not finite or one
        outside the range.
        """
        if self.kind is Kind.OPAQUE and isinstance(setting, Array | Struct | str):
            return setting
        if self.kind is Kind.CURVE and isinstance(setting, tuple):
            return curve_to_value(setting)
        if self.kind is Kind.TEXT and isinstance(setting, str):
            return setting
        if self.kind is Kind.BOOLEAN and isinstance(setting, bool):
            return str(setting)
        if self.kind in _NUMBERS and isinstance(setting, int | float):
            return self._spell_number(setting)
        raise InvalidValueError(f"{self.name} cannot be set to {setting!r}.")

    def _spell_number(self, number: float) -> str:
        if not (math.isfinite(number) and self.low <= number <= self.high):
            raise InvalidValueError(
                f"{self.name} must lie between {self.low:g} and {self.high:g}, not {number}."
            )
        if self.kind in _INTEGERS:
            whole = round(number)
            return f"{whole:+d}" if whole > 0 and self.kind is Kind.SIGNED else str(whole)
        if self.kind is Kind.FRACTION:
            text = f"{number:.6f}".rstrip("0").rstrip(".")
            return "0" if text == "-0" else text
        digits = 1 if self.kind is Kind.TENTH else 2
        rounded = round(number, digits)
        return f"{rounded:+.{digits}f}" if rounded > 0 else f"{rounded + 0.0:.{digits}f}"


_INTEGERS: Final = frozenset({Kind.SIGNED, Kind.UNSIGNED, Kind.FLAG})
_NUMBERS: Final = _INTEGERS | {Kind.EV, Kind.TENTH, Kind.HUNDREDTH, Kind.FRACTION}

COLORS: Final = ("Red", "Orange", "Yellow", "Green", "Aqua", "Blue", "Purple", "Magenta")


def _slider(name: str) -> Field:
    return Field(name, Kind.SIGNED, -100, 100, 0, edit=True)


def _amount(name: str, default: int = 0, high: int = 100, edit: bool = False) -> Field:
    return Field(name, Kind.UNSIGNED, 0, high, default, edit=edit)


def _detail(name: str, default: int, rendered: int, high: int = 100) -> Field:
    return Field(name, Kind.UNSIGNED, 0, high, default, rendered)


def _text(name: str, default: str | None = None) -> Field:
    return Field(name, Kind.TEXT, default=default)


def _opaque(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name, Kind.OPAQUE) for name in names)


_HEADER = (
    _text("RawFileName"),
    _text("Version"),
    Field("CompatibleVersion", Kind.UNSIGNED, 0, 2**32 - 1),
    _text("ProcessVersion"),
)

_WHITE_BALANCE = (
    _text("WhiteBalance", "As Shot"),
    Field("Temperature", Kind.UNSIGNED, 2000, 50000),
    Field("Tint", Kind.SIGNED, -150, 150),
    Field("IncrementalTemperature", Kind.SIGNED, -100, 100, 0),
    Field("IncrementalTint", Kind.SIGNED, -100, 100, 0),
)

_BASIC = (
    Field("Exposure2012", Kind.EV, -5.0, 5.0, 0.0, edit=True),
    *map(
        _slider,
        (
            "Contrast2012",
            "Highlights2012",
            "Shadows2012",
            "Whites2012",
            "Blacks2012",
            "Texture",
            "Clarity2012",
            "Dehaze",
            "Vibrance",
            "Saturation",
        ),
    ),
)

_PARAMETRIC = (
    *(_slider(f"Parametric{zone}") for zone in ("Shadows", "Darks", "Lights", "Highlights")),
    _amount("ParametricShadowSplit", 25),
    _amount("ParametricMidtoneSplit", 50),
    _amount("ParametricHighlightSplit", 75),
)

_DETAIL = (
    _detail("Sharpness", 40, 0, 150),
    Field("SharpenRadius", Kind.TENTH, 0.5, 3.0, 1.0),
    _amount("SharpenDetail", 25),
    _amount("SharpenEdgeMasking"),
    _amount("LuminanceSmoothing"),
    _amount("LuminanceNoiseReductionDetail", 50),
    _amount("LuminanceNoiseReductionContrast"),
    _detail("ColorNoiseReduction", 25, 0),
    _amount("ColorNoiseReductionDetail", 50),
    _amount("ColorNoiseReductionSmoothness", 50),
)

_COLOR = (
    *(
        _slider(f"{quality}Adjustment{color}")
        for quality in ("Hue", "Saturation", "Luminance")
        for color in COLORS
    ),
    _amount("SplitToningShadowHue", high=360),
    _amount("SplitToningShadowSaturation", edit=True),
    _amount("SplitToningHighlightHue", high=360),
    _amount("SplitToningHighlightSaturation", edit=True),
    Field("SplitToningBalance", Kind.SIGNED, -100, 100, 0),
    _amount("ColorGradeMidtoneHue", high=360),
    _amount("ColorGradeMidtoneSat", edit=True),
    _slider("ColorGradeShadowLum"),
    _slider("ColorGradeMidtoneLum"),
    _slider("ColorGradeHighlightLum"),
    _amount("ColorGradeBlending", 50),
    _amount("ColorGradeGlobalHue", high=360),
    _amount("ColorGradeGlobalSat", edit=True),
    _slider("ColorGradeGlobalLum"),
)

_OPTICS = (
    Field("AutoLateralCA", Kind.FLAG, 0, 1, 0),
    Field("LensProfileEnable", Kind.FLAG, 0, 1, 0),
    Field("LensManualDistortionAmount", Kind.SIGNED, -100, 100, 0),
    Field("VignetteAmount", Kind.SIGNED, -100, 100, 0),
    _amount("VignetteMidpoint", 50),
    _amount("DefringePurpleAmount", high=20),
    _amount("DefringePurpleHueLo", 30),
    _amount("DefringePurpleHueHi", 70),
    _amount("DefringeGreenAmount", high=20),
    _amount("DefringeGreenHueLo", 40),
    _amount("DefringeGreenHueHi", 60),
    _amount("PerspectiveUpright", high=5),
    Field("PerspectiveVertical", Kind.SIGNED, -100, 100, 0),
    Field("PerspectiveHorizontal", Kind.SIGNED, -100, 100, 0),
    Field("PerspectiveRotate", Kind.TENTH, -10, 10, 0.0),
    Field("PerspectiveAspect", Kind.SIGNED, -100, 100, 0),
    Field("PerspectiveScale", Kind.UNSIGNED, 50, 150, 100),
    Field("PerspectiveX", Kind.HUNDREDTH, -100, 100, 0.0),
    Field("PerspectiveY", Kind.HUNDREDTH, -100, 100, 0.0),
)

_EFFECTS = (
    _amount("GrainAmount", edit=True),
    _amount("GrainSize", 25),
    _amount("GrainFrequency", 50),
    _slider("PostCropVignetteAmount"),
    _amount("PostCropVignetteMidpoint", 50),
    _amount("PostCropVignetteFeather", 50),
    Field("PostCropVignetteRoundness", Kind.SIGNED, -100, 100, 0),
    Field("PostCropVignetteStyle", Kind.UNSIGNED, 1, 3, 1),
    _amount("PostCropVignetteHighlightContrast"),
)

_CALIBRATION = tuple(
    map(
        _slider,
        (
            "ShadowTint",
            "RedHue",
            "RedSaturation",
            "GreenHue",
            "GreenSaturation",
            "BlueHue",
            "BlueSaturation",
        ),
    )
)

HDR_FIELDS: Final = (
    Field("HDREditMode", Kind.FLAG, 0, 1, 0, edit=True),
    Field("HDRMaxValue", Kind.EV, 0.0, 4.0),
    *(
        Field(f"SDR{name}", Kind.SIGNED, -100, 100, 0)
        for name in (
            "Brightness",
            "Contrast",
            "Clarity",
            "Highlights",
            "Shadows",
            "Whites",
            "Blend",
        )
    ),
)
"""The nine keys of HDR editing, in the order in which they are always written."""

_PROFILE = (
    Field("ConvertToGrayscale", Kind.BOOLEAN, default=False, edit=True),
    *(Field(f"GrayMixer{color}", Kind.SIGNED, -100, 100) for color in COLORS),
    Field("OverrideLookVignette", Kind.BOOLEAN, default=False),
    _text("ToneCurveName2012", "Linear"),
    _text("CameraProfile"),
    _text("CameraProfileDigest"),
    _text("LensProfileSetup", "LensDefaults"),
    _amount("LensProfileDistortionScale", 100, 200),
    _amount("LensProfileVignettingScale", 100, 200),
    Field("AutoTone", Kind.BOOLEAN, default=False, edit=True),
    _text("AutoToneDigest"),
    _text("AutoToneDigestNoSat"),
    Field("HasSettings", Kind.BOOLEAN),
    Field("CropTop", Kind.FRACTION, 0, 1, 0.0),
    Field("CropLeft", Kind.FRACTION, 0, 1, 0.0),
    Field("CropBottom", Kind.FRACTION, 0, 1, 1.0),
    Field("CropRight", Kind.FRACTION, 0, 1, 1.0),
    Field("CropAngle", Kind.FRACTION, -45, 45, 0.0),
    Field("CropConstrainToWarp", Kind.FLAG, 0, 1, 0),
    Field("HasCrop", Kind.BOOLEAN, default=False),
    Field("AlreadyApplied", Kind.BOOLEAN),
)

CURVE_NAMES: Final = (
    "ToneCurvePV2012",
    "ToneCurvePV2012Red",
    "ToneCurvePV2012Green",
    "ToneCurvePV2012Blue",
)

_STRUCTURED = (
    _amount("CurveRefineSaturation", 100),
    *(Field(name, Kind.CURVE, default=LINEAR, edit=True) for name in CURVE_NAMES),
    *_opaque("PointColors", "ColorVariance", "MaskGroupBasedCorrections", "RetouchAreas"),
    *_opaque("RemoveAreas", "FilterList", "LensBlur", "DepthMapInfo", "AILook", "Look"),
    *(_opaque("GradientBasedCorrections", "CircularGradientBasedCorrections")),
    *_opaque("PaintBasedCorrections"),
)

FIELDS: Final[dict[str, Field]] = {
    field.name: field
    for group in (
        _HEADER,
        _WHITE_BALANCE,
        _BASIC,
        _PARAMETRIC,
        _DETAIL,
        _COLOR,
        _OPTICS,
        _EFFECTS,
        _CALIBRATION,
        HDR_FIELDS,
        _PROFILE,
        _STRUCTURED,
    )
    for field in group
}
"""Every setting by its name without the prefix, in Camera Raw's order."""

LEGACY_FIELDS: Final[dict[str, Field]] = {
    field.name: field
    for field in (
        Field("Exposure", Kind.EV, -10, 10, 0.0, edit=True),
        Field("Contrast", Kind.SIGNED, -100, 100, 25, 0, edit=True),
        Field("Brightness", Kind.SIGNED, -150, 150, 50, 0, edit=True),
        Field("Shadows", Kind.SIGNED, -100, 100, 5, 0, edit=True),
        Field("FillLight", Kind.UNSIGNED, 0, 100, 0, edit=True),
        Field("HighlightRecovery", Kind.UNSIGNED, 0, 100, 0, edit=True),
        Field("Clarity", Kind.SIGNED, -100, 100, 0, edit=True),
    )
}
"""Tone settings of process versions 1 and 2: read, never written."""

ORDER: Final = tuple(f"crs:{name}" for name in FIELDS)
"""The same as property names, for `merge`."""
