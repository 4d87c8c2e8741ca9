"""Creative profiles and presets: the `crs:Look` of a photo, the header of a profile file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sidelight_xmp.crs.fields import FIELDS, Setting
from sidelight_xmp.crs.rgb_table import RGBTable
from sidelight_xmp.packet import Packet
from sidelight_xmp.properties import Array, LangText, Struct, Value, read_property

_FLAGS = (
    "SupportsAmount",
    "SupportsAmount2",
    "SupportsColor",
    "SupportsMonochrome",
    "SupportsHighDynamicRange",
    "SupportsNormalDynamicRange",
    "SupportsSceneReferred",
    "SupportsOutputReferred",
    "RequiresRGBTables",
    "ShowInPresets",
    "ShowInQuickActions",
)


@dataclass(frozen=True)
class Look:
    """The creative profile a photo refers to.

    `amount` is a strength, 1.0 = 100 %. `rgb_table` and `look_table` are digests; the
    tables themselves live in the installed profile. `parameters` are the profile's own
    settings. A stub names a profile without its parameters.
    """

    name: str
    uuid: str | None = None
    group: str | None = None
    amount: float = 1.0
    supports_amount: bool = False
    rgb_table: str | None = None
    look_table: str | None = None
    parameters: Mapping[str, Setting] = field(default_factory=dict)

    @property
    def is_stub(self) -> bool:
        """Whether Lightroom shows the name but has nothing to render."""
        return not self.parameters and self.rgb_table is None and self.look_table is None


@dataclass(frozen=True)
class PresetHeader:
    """What a preset (`Normal`) or profile (`Look`) file says about itself."""

    preset_type: str
    uuid: str | None
    name: str
    group: str | None
    flags: Mapping[str, bool]
    rgb_table: str | None
    look_table: str | None


def read_look(packet: Packet) -> Look | None:
    """Return the creative profile of a photo's settings, None when there is none."""
    value = read_property(packet, "crs:Look")
    return None if value is None else look_from_value(value)


def look_from_value(value: Value) -> Look | None:
    """Return the Look of a `crs:Look` structure, None when it names no profile."""
    if not isinstance(value, Struct):
        return None
    name = plain_text(value.get("crs:Name"))
    if not name:
        return None
    inner = value.get("crs:Parameters")
    fields = inner.fields if isinstance(inner, Struct) else {}
    parameters = {}
    for key, definition in FIELDS.items():
        setting = definition.read(fields.get(f"crs:{key}"))
        if setting is not None:
            parameters[key] = setting
    return Look(
        name=name,
        uuid=plain_text(value.get("crs:UUID")),
        group=plain_text(value.get("crs:Group")),
        amount=_number(value.get("crs:Amount"), 1.0),
        supports_amount=_is_true(value.get("crs:SupportsAmount")),
        rgb_table=plain_text(fields.get("crs:RGBTable")),
        look_table=plain_text(fields.get("crs:LookTable")),
        parameters=parameters,
    )


def read_preset_header(packet: Packet) -> PresetHeader | None:
    """Return the header of a preset or profile file, None for a photo's sidecar."""
    kind = plain_text(read_property(packet, "crs:PresetType"))
    if kind is None:
        return None
    flags = {
        flag: _is_true(value)
        for flag in _FLAGS
        if (value := read_property(packet, f"crs:{flag}")) is not None
    }
    return PresetHeader(
        preset_type=kind,
        uuid=plain_text(read_property(packet, "crs:UUID")),
        name=plain_text(read_property(packet, "crs:Name")) or "",
        group=plain_text(read_property(packet, "crs:Group")),
        flags=flags,
        rgb_table=plain_text(read_property(packet, "crs:RGBTable")),
        look_table=plain_text(read_property(packet, "crs:LookTable")),
    )


def read_rgb_table(packet: Packet) -> RGBTable | None:
    """Return the RGB table embedded in a profile file, None when it has none.

    Raises TableError when the table is damaged.
    """
    digest = plain_text(read_property(packet, "crs:RGBTable"))
    if digest is None:
        return None
    text = read_property(packet, f"crs:Table_{digest}")
    return RGBTable.from_text(text, digest) if isinstance(text, str) else None


def plain_text(value: Value | None) -> str | None:
    """Return a text, or the default language's text of alternatives; None when empty."""
    if isinstance(value, Array):
        texts = {item.lang: item.text for item in value.items if isinstance(item, LangText)}
        return texts.get("x-default") or next(iter(texts.values()), None) or None
    if isinstance(value, LangText):
        return value.text or None
    return value or None if isinstance(value, str) else None


def _is_true(value: Value | None) -> bool:
    return isinstance(value, str) and value.strip().lower() == "true"


def _number(value: Value | None, default: float) -> float:
    try:
        number = float(value) if isinstance(value, str) else default
    except ValueError:
        return default
    return number if 0.0 <= number <= 2.0 else default
