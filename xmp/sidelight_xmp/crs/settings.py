"""Develop settings of a photo ↔ its sidecar, with the markers Lightroom insists on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePath

from sidelight_xmp.crs.curve import LINEAR
from sidelight_xmp.crs.fields import (
    CURVE_NAMES,
    FIELDS,
    HDR_FIELDS,
    LEGACY_FIELDS,
    ORDER,
    Setting,
)
from sidelight_xmp.crs.look import look_from_value
from sidelight_xmp.errors import InvalidValueError
from sidelight_xmp.merge import Changes, merge
from sidelight_xmp.packet import Packet
from sidelight_xmp.properties import Array, Struct, Value, read_property

PROCESS_VERSION = "15.4"
"""Process version 6, the current one and the first with HDR editing."""

DEFAULT_HEADROOM = 2.3
"""The HDR limit, in stops above SDR white, that Lightroom Classic 15 starts with."""

_PROCESS_VERSION_3 = 6.7  # the first that knows Exposure2012 and its companions
_RAW_BALANCE = ("Temperature", "Tint")
_RENDERED_BALANCE = ("IncrementalTemperature", "IncrementalTint")
_HDR_NAMES = tuple(field.name for field in HDR_FIELDS)
_LOCAL_EDITS = (
    "MaskGroupBasedCorrections",
    "GradientBasedCorrections",
    "CircularGradientBasedCorrections",
    "PaintBasedCorrections",
)
_STALE = ("AutoTone", "AutoToneDigest", "AutoToneDigestNoSat")


def read_settings(sidecar: bytes | Packet) -> dict[str, Setting]:
    """Return the develop settings by name without the prefix.

    Absent settings and values of a wrong type are left out. Raises DamagedSidecarError or
    HostileSidecarError as `Packet.from_bytes` does.
    """
    packet = sidecar if isinstance(sidecar, Packet) else Packet.from_bytes(sidecar)
    settings: dict[str, Setting] = {}
    for name, field in (FIELDS | LEGACY_FIELDS).items():
        setting = field.read(read_property(packet, f"crs:{name}"))
        if setting is not None:
            settings[name] = setting
    return settings


def write_settings(
    existing: bytes | None,
    settings: Mapping[str, Setting],
    photo: PurePath,
    *,
    raw: bool = True,
    now: datetime | None = None,
) -> bytes:
    """Return the sidecar with the settings in it; `existing` itself when it has them all.

    `existing` None makes a new sidecar for `photo`, whose name alone is used. `raw` tells
    whether the photo holds sensor data: such a photo takes kelvin, any other the relative
    pair. With HDR on all nine HDR settings are written, with HDR off `HDREditMode` alone.
    `now` dates the change (default: this moment).

    Raises InvalidValueError for an unknown setting, a value out of range or the wrong pair
    of white balance; DamagedSidecarError or HostileSidecarError for a sidecar to leave
    alone.
    """
    packet = None if existing is None else Packet.from_bytes(existing)
    changes = settings_to_changes(packet, settings, photo, raw=raw, now=now)
    return merge(existing, changes, packet=packet)


def settings_to_changes(
    packet: Packet | None,
    settings: Mapping[str, Setting],
    photo: PurePath,
    *,
    raw: bool = True,
    now: datetime | None = None,
) -> Changes:
    """Return what `write_settings` changes in the packet; None stands for a new sidecar."""
    if not settings:
        return Changes({})
    for name in settings:
        if name not in FIELDS:
            raise InvalidValueError(f"Lightroom has no setting called {name}.")
    present = read_settings(packet) if packet else {}
    wanted: dict[str, Setting | None] = {
        name: setting for name, setting in settings.items() if name not in _HDR_NAMES
    }
    wanted |= _hdr(settings, present)
    wanted |= _white_balance(settings, present, raw)
    wanted |= _process_version(settings, present)
    wanted |= _curve_name(settings, present)
    wanted |= dict.fromkeys(_STALE)
    wanted |= {"HasSettings": True, "AlreadyApplied": False}
    if settings.get("AutoTone"):
        wanted["AutoTone"] = True
    values: dict[str, Value | None] = {
        f"crs:{name}": None if setting is None else FIELDS[name].spell(setting)
        for name, setting in wanted.items()
    }
    moment = now or datetime.now().astimezone()
    return Changes(
        values,
        if_absent={} if packet else _new_file_markers(photo),
        on_change={"xmp:MetadataDate": moment.isoformat(timespec="seconds")},
        order=ORDER,
    )


def has_edit(settings: Mapping[str, Setting]) -> bool:
    """Whether the settings hold somebody's edit of tone or color, which must not be lost.

    The untouched defaults that Lightroom writes on import are no edit; neither are crop,
    lens corrections, sharpening, noise reduction and retouching, which Sidelight keeps in
    any case. Settings already applied to the pixels are history, not an edit.
    """
    if settings.get("HasSettings") is False or settings.get("AlreadyApplied") is True:
        return False
    if settings.get("WhiteBalance", "As Shot") != "As Shot":
        return True
    if any(settings.get(name, 0) != 0 for name in _RENDERED_BALANCE):
        return True
    fields = FIELDS if _is_current(settings) else FIELDS | LEGACY_FIELDS
    for name, field in fields.items():
        defaults = (field.default, field.default_rendered)
        if field.edit and name in settings and settings[name] not in defaults:
            return True
    return _has_local_edit(settings)


def _has_local_edit(settings: Mapping[str, Setting]) -> bool:
    for name in _LOCAL_EDITS:
        corrections = settings.get(name)
        if isinstance(corrections, Array) and corrections.items:
            return True
    swatches = settings.get("PointColors")
    if isinstance(swatches, Array) and any(_is_swatch(item) for item in swatches.items):
        return True
    look = settings.get("Look")
    profile = look_from_value(look) if isinstance(look, Struct) else None
    return profile is not None and profile.rgb_table is not None and profile.amount > 0


def _is_swatch(item: Value) -> bool:
    # Nineteen times -1 stands for "no point color".
    return isinstance(item, str) and any(
        part.strip() and part.strip() != "-1.000000" for part in item.split(",")
    )


def _is_current(settings: Mapping[str, Setting]) -> bool:
    version = settings.get("ProcessVersion")
    if version is None:
        return "Exposure2012" in settings
    return _version(version) >= _PROCESS_VERSION_3


def _version(text: Setting | None) -> float:
    try:
        return float(text) if isinstance(text, str) else 0.0
    except ValueError:
        return 0.0


def _hdr(
    settings: Mapping[str, Setting], present: Mapping[str, Setting]
) -> dict[str, Setting | None]:
    given = [name for name in _HDR_NAMES if name in settings]
    if not given:
        return {}
    if "HDREditMode" not in settings:
        raise InvalidValueError(f"{given[0]} has no meaning without HDREditMode.")
    if not settings["HDREditMode"]:
        return {"HDREditMode": 0} | dict.fromkeys(_HDR_NAMES[1:])
    wanted: dict[str, Setting | None] = {}
    for field in HDR_FIELDS:
        default = DEFAULT_HEADROOM if field.name == "HDRMaxValue" else 0
        wanted[field.name] = settings.get(field.name, present.get(field.name, default))
    return wanted


def _white_balance(
    settings: Mapping[str, Setting], present: Mapping[str, Setting], raw: bool
) -> dict[str, Setting | None]:
    own, other = (_RAW_BALANCE, _RENDERED_BALANCE) if raw else (_RENDERED_BALANCE, _RAW_BALANCE)
    for name in other:
        if name in settings:
            kind = "raw" if raw else "rendered"
            raise InvalidValueError(f"{name} cannot be set on a {kind} photo.")
    if not any(name in settings for name in own):
        return {}
    for name in own:
        if name not in settings and name not in present:
            raise InvalidValueError(f"{own[0]} and {own[1]} can only be set together.")
    return {"WhiteBalance": "Custom"} | dict.fromkeys(other)


def _process_version(
    settings: Mapping[str, Setting], present: Mapping[str, Setting]
) -> dict[str, Setting | None]:
    """Raise the process version where ours needs it; a newer or equal one is the user's."""
    if "ProcessVersion" in settings:
        return {}
    needed = float(PROCESS_VERSION) if settings.get("HDREditMode") else _PROCESS_VERSION_3
    if _version(present.get("ProcessVersion")) >= needed:
        return {} if "Version" in present else {"Version": PROCESS_VERSION}
    wanted: dict[str, Setting | None] = {"ProcessVersion": PROCESS_VERSION}
    if "Version" not in settings:
        engine = present.get("Version")
        newer = isinstance(engine, str) and _major(engine) > _major(PROCESS_VERSION)
        wanted["Version"] = engine if newer else PROCESS_VERSION
    return wanted


def _major(version: str) -> int:
    digits = version.partition(".")[0]
    return int(digits) if digits.isdecimal() and len(digits) < 4 else 0


def _curve_name(
    settings: Mapping[str, Setting], present: Mapping[str, Setting]
) -> dict[str, Setting | None]:
    if not any(name in settings for name in CURVE_NAMES) or "ToneCurveName2012" in settings:
        return {}
    curves = [settings.get(name, present.get(name, LINEAR)) for name in CURVE_NAMES]
    linear = all(curve == LINEAR for curve in curves)
    return {"ToneCurveName2012": "Linear" if linear else "Custom"}


def _new_file_markers(photo: PurePath) -> dict[str, Value]:
    return {
        "photoshop:SidecarForExtension": photo.suffix.removeprefix(".").upper(),
        "crs:RawFileName": photo.name,
        "xmpMM:PreservedFileName": photo.name,
    }
