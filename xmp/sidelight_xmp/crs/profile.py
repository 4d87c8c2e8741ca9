"""Creative profile files with an embedded RGB table: how a 3D LUT gets into Lightroom.

The header follows real profiles; `look` reads them.
"""

from __future__ import annotations

import uuid
from typing import Final

from sidelight_xmp.crs.rgb_table import RGBTable
from sidelight_xmp.crs.settings import PROCESS_VERSION
from sidelight_xmp.merge import Changes, merge
from sidelight_xmp.properties import Value, lang_alt

_VERSION: Final = "14.3"
"""A `crs:Version` that real profiles carry."""

_UUIDS: Final = uuid.UUID("6d1f6f1c-3b0e-4a8e-9d53-5d2b7c0f4a61")


def profile_to_bytes(
    name: str, group: str, table: RGBTable, *, supports_hdr: bool = True, description: str = ""
) -> bytes:
    """Return a creative profile file; equal arguments give equal bytes.

    It declares itself for raw photos and others, and an amount slider where the table has a range
    of amounts.

    Args:
        name: Shown in the profile browser; with `group` it decides the UUID that photos refer to.
        group: The folder of the profile browser.
        table: The look.
        supports_hdr: Whether it declares itself for photos in HDR mode, too.
        description: What else to say about it.

    Raises:
        InvalidValueError: A text that XML cannot hold.
    """
    digest = table.digest
    values: dict[str, Value | None] = {
        "crs:PresetType": "Look",
        "crs:Cluster": "",
        "crs:UUID": profile_uuid(name, group),
        "crs:SupportsAmount": str(table.min_amount < table.max_amount),
        "crs:SupportsColor": "True",
        "crs:SupportsMonochrome": "False",
        "crs:SupportsHighDynamicRange": str(supports_hdr),
        "crs:SupportsNormalDynamicRange": "True",
        "crs:SupportsSceneReferred": "True",
        "crs:SupportsOutputReferred": "True",
        "crs:RequiresRGBTables": "False",
        "crs:Copyright": "",
        "crs:ContactInfo": "",
        "crs:Version": _VERSION,
        "crs:ProcessVersion": PROCESS_VERSION,
        "crs:ConvertToGrayscale": "False",
        "crs:RGBTable": digest,
        f"crs:Table_{digest}": table.to_text(),
        "crs:HasSettings": "True",
        "crs:Name": lang_alt(name),
        "crs:ShortName": lang_alt(""),
        "crs:SortName": lang_alt(""),
        "crs:Group": lang_alt(group),
        "crs:Description": lang_alt(description),
    }
    return merge(None, Changes(values, order=tuple(values)))


def profile_uuid(name: str, group: str) -> str:
    """Return the UUID of the profile of this name and group: 32 upper-case hexadecimal digits."""
    return uuid.uuid5(_UUIDS, f"{group}\n{name}").hex.upper()
