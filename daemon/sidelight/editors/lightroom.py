"""Lightroom Classic and Camera Raw: develop settings (`crs:`) in an Adobe sidecar.

Raw files take kelvin and tint, all others the relative pair; never both. Point curves are left
linear in HDR mode, whose curve axis is remapped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from sidelight.editors.base import Edit, Order, Outcome, Place, Reading, Store
from sidelight.editors.sidecar import Sidecar, editor_errors
from sidelight.recipe import Hdr, PhotoInfo, Recipe, ToneCurve
from sidelight.recipe.curve import knot_positions
from sidelight_xmp.crs.curve import LINEAR, Curve
from sidelight_xmp.crs.fields import FIELDS, Setting
from sidelight_xmp.crs.settings import (
    PROCESS_VERSION,
    has_edit,
    read_settings,
    settings_to_changes,
)
from sidelight_xmp.errors import NoSidecarError
from sidelight_xmp.merge import merge
from sidelight_xmp.packet import Packet
from sidelight_xmp.sidecar import check_owner, lightroom_sidecar

SLIDERS = {
    "exposure_ev": "Exposure2012",
    "contrast": "Contrast2012",
    "highlights": "Highlights2012",
    "shadows": "Shadows2012",
    "whites": "Whites2012",
    "blacks": "Blacks2012",
    "vibrance": "Vibrance",
    "saturation": "Saturation",
}
"""Recipe field to `crs` name; white balance, curve and HDR have rules of their own."""

SDR = {
    item.name: "SDR" + item.name.removeprefix("sdr_").capitalize()
    for item in fields(Hdr)
    if item.name.startswith("sdr_")
}
"""Field of `Hdr` to `crs` name."""

KELVIN_RANGE = (2000, 50000)
TINT_LIMIT = 150
RELATIVE_LIMIT = 100
DNG_NOTE = "Lightroom may ignore the sidecar of a DNG file that it has already imported"

_EIGHT_BIT = 255
_LOCAL = ("MaskGroupBasedCorrections", "RetouchAreas", "RemoveAreas", "PaintBasedCorrections")


class Lightroom:
    """Reads and writes `IMG_1.xmp` beside `IMG_1.CR3`."""

    name = "lightroom"
    label = "Lightroom"

    def place(self, photo: Path) -> Place:
        """Return the Adobe sidecar of a raw file; rendered files have none."""
        with editor_errors():
            try:
                sidecar = lightroom_sidecar(photo)
            except NoSidecarError as error:
                return Place(None, str(error))
        return Place(sidecar, DNG_NOTE if photo.suffix.lower() == ".dng" else "")

    def sidecars(self, photo: Path) -> tuple[Path, ...]:
        """Return the one file."""
        sidecar = self.place(photo).sidecar
        return () if sidecar is None else (sidecar,)

    def edit(self, photo: Path, first_versions: Store) -> Edit:
        """Return what edit the sidecar holds."""
        return self._sidecar(photo).edit(first_versions)

    def write(self, info: PhotoInfo, recipe: Recipe, order: Order) -> Outcome:
        """Merge the develop settings of a Recipe into the sidecar."""
        place = self.place(info.path)
        if place.sidecar is None:
            return Outcome("skipped", place.reason, None)
        settings = recipe_to_settings(recipe, info)

        def change(existing: bytes | None) -> bytes:
            packet = None if existing is None else Packet.from_bytes(existing)
            changes = settings_to_changes(packet, settings, info.path, raw=info.is_raw)
            if settings["WhiteBalance"] == "As Shot":
                # Numbers left from an earlier choice would contradict it.
                stale = dict.fromkeys(f"crs:{name}" for name in _white_balance_names(info))
                changes = replace(changes, values={**changes.values, **stale})
            return merge(existing, changes)

        outcome = self._sidecar(info.path).write(change, order)
        if outcome.status == "kept":
            return outcome
        reason = "; ".join(filter(None, (outcome.reason, place.reason, *_left_out(recipe))))
        return replace(outcome, reason=reason)

    def terms(
        self, info: PhotoInfo, recipe: Recipe, mask_exposure_ev: float = 0.0
    ) -> dict[str, Any]:
        """Return the develop settings as Lightroom's `applyDevelopSettings` takes them.

        Numbers are numbers, a curve is `[x1, y1, x2, y2, ...]`.
        """
        settings = recipe_to_settings(recipe, info)
        points = settings["ToneCurvePV2012"]
        assert isinstance(points, tuple)
        return {
            "ProcessVersion": PROCESS_VERSION,
            **settings,
            "ToneCurvePV2012": [value for point in points for value in point],
            "ToneCurveName2012": "Linear" if points == LINEAR else "Custom",
        }

    def read(self, info: PhotoInfo) -> Reading:
        """Return the settings in the sidecar as a Recipe."""
        place = self.place(info.path)
        data = None if place.sidecar is None else self._sidecar(info.path).read()
        if data is None:
            return Reading(Recipe())
        with editor_errors():
            check_owner(data, info.path)
            settings = read_settings(data)
        return settings_to_recipe(settings, info)

    def _sidecar(self, photo: Path) -> Sidecar:
        def is_edited(data: bytes) -> bool:
            packet = Packet.from_bytes(data)
            check_owner(packet, photo)
            return has_edit(read_settings(packet))

        with editor_errors():
            return Sidecar(lightroom_sidecar(photo), is_edited)


def recipe_to_settings(recipe: Recipe, info: PhotoInfo) -> dict[str, Setting]:
    """Return develop settings, rounded to Lightroom's steps.

    Args:
        recipe: The settings.
        info: Decides between kelvin and relative white balance.
    """
    settings: dict[str, Setting] = {**_white_balance(recipe, info)}
    for name, key in SLIDERS.items():
        value = getattr(recipe, name)
        settings[key] = round(value, 2) if key == "Exposure2012" else round(value)
    settings["ToneCurvePV2012"] = _curve(recipe)
    settings["HDREditMode"] = int(recipe.hdr.enabled)
    if recipe.hdr.enabled:
        settings["HDRMaxValue"] = round(recipe.hdr.headroom, 2)
        for name, key in SDR.items():
            settings[key] = round(getattr(recipe.hdr, name))
    return settings


def _left_out(recipe: Recipe) -> tuple[str, ...]:
    notes = []
    if recipe.hdr.enabled and not recipe.curve.is_identity:
        notes.append("the tone curve was left out, since Lightroom's HDR mode remaps it")
    if recipe.lut is not None:
        notes.append("the LUT was left out: Lightroom takes one as an installed profile only")
    return tuple(notes)


def settings_to_recipe(settings: Mapping[str, Setting], info: PhotoInfo) -> Reading:
    """Return develop settings as a Recipe, and the names of those a Recipe cannot hold."""
    mired, tint = _shift(settings, info)
    sliders = {name: float(settings.get(key, 0)) for name, key in SLIDERS.items()}  # type: ignore[arg-type]
    hdr = Hdr()
    if settings.get("HDREditMode"):
        sdr = {name: float(settings.get(key, 0)) for name, key in SDR.items()}  # type: ignore[arg-type]
        headroom = float(settings.get("HDRMaxValue", hdr.headroom))  # type: ignore[arg-type]
        hdr = Hdr(enabled=True, headroom=headroom, **sdr)
    points = settings.get("ToneCurvePV2012", LINEAR)
    curve = ToneCurve() if points == LINEAR else _tone_curve(points)  # type: ignore[arg-type]
    recipe = Recipe(temperature_mired=mired, tint=tint, curve=curve, hdr=hdr)
    recipe = replace(recipe, **sliders)  # type: ignore[arg-type]
    return Reading(recipe, _unread(settings))


def _white_balance_names(info: PhotoInfo) -> tuple[str, str]:
    if info.is_raw:
        return "Temperature", "Tint"
    return "IncrementalTemperature", "IncrementalTint"


def _white_balance(recipe: Recipe, info: PhotoInfo) -> dict[str, Setting]:
    as_shot = info.white_balance_source in ("camera", "none")
    if as_shot and not recipe.temperature_mired and not recipe.tint:
        return {"WhiteBalance": "As Shot"}
    temperature, tint = _white_balance_names(info)
    if info.is_raw:
        kelvin = _kelvin(info, recipe.temperature_mired)
        absolute = np.clip(info.white_balance.tint + recipe.tint, -TINT_LIMIT, TINT_LIMIT)
        return {"WhiteBalance": "Custom", temperature: kelvin, tint: round(float(absolute))}
    # One point is taken as one mired: Adobe publishes no scale for rendered files.
    warmth = np.clip(-recipe.temperature_mired, -RELATIVE_LIMIT, RELATIVE_LIMIT)
    relative = np.clip(recipe.tint, -RELATIVE_LIMIT, RELATIVE_LIMIT)
    return {
        "WhiteBalance": "Custom",
        temperature: round(float(warmth)),
        tint: round(float(relative)),
    }


def _kelvin(info: PhotoInfo, mired: float) -> int:
    lowest, highest = KELVIN_RANGE
    absolute = max(1e6 / info.white_balance.kelvin + mired, 1e6 / highest)
    return int(np.clip(round(1e6 / absolute), lowest, highest))


def _shift(settings: Mapping[str, Setting], info: PhotoInfo) -> tuple[float, float]:
    """Return the settings' white balance relative to as-shot, in mired and points."""
    first, second = _white_balance_names(info)
    if settings.get("WhiteBalance", "As Shot") == "As Shot" or first not in settings:
        return 0.0, 0.0
    temperature, tint = float(settings[first]), float(settings.get(second, 0))  # type: ignore[arg-type]
    if not info.is_raw:
        return -temperature, tint
    mired = 1e6 / temperature - 1e6 / info.white_balance.kelvin
    relative = tint - info.white_balance.tint
    return float(np.clip(mired, -150, 150)), float(np.clip(relative, -150, 150))


def _curve(recipe: Recipe) -> Curve:
    if recipe.hdr.enabled or recipe.curve.is_identity:
        return LINEAR
    points = np.rint(recipe.curve.points() * _EIGHT_BIT).astype(int)
    return tuple((int(x), int(y)) for x, y in points)


def _tone_curve(points: Curve) -> ToneCurve:
    from scipy.interpolate import PchipInterpolator

    x, y = np.asarray(points, dtype=float).T / _EIGHT_BIT
    knots = knot_positions()[1:-1]
    inside = np.clip(knots, x[0], x[-1])
    return ToneCurve.from_offsets(PchipInterpolator(x, y)(inside) - knots)


def _unread(settings: Mapping[str, Setting]) -> tuple[str, ...]:
    held = {*SLIDERS.values(), *SDR.values(), "HDREditMode", "ToneCurvePV2012"}
    names = [
        name
        for name, field in FIELDS.items()
        if field.edit
        and name not in held
        and settings.get(name, field.default) not in (field.default, field.default_rendered)
    ]
    points = settings.get("ToneCurvePV2012")
    if isinstance(points, tuple) and (points[0] != (0, 0) or points[-1] != (255, 255)):
        names.append("ends of ToneCurvePV2012")
    return (*names, *(name for name in _LOCAL if settings.get(name)))
