"""Read, merge and write XMP sidecars of Adobe and darktable without losing anything.

>>> from pathlib import Path
>>> from sidelight_xmp import lightroom_sidecar, write_settings, write_sidecar
>>> photo = Path("IMG_1.CR3")
>>> def make_bytes(existing):
...     return write_settings(existing, {"Exposure2012": 0.5}, photo)
>>> write_sidecar(lightroom_sidecar(photo), make_bytes, Path("kept"))  # doctest: +SKIP
"""

from __future__ import annotations

from sidelight_xmp.atomic import (
    Rewriting,
    UndoResult,
    WriteResult,
    remove_stale_temps,
    undo,
    undo_batch,
    undo_last,
    write_sidecar,
)
from sidelight_xmp.crs.curve import Curve
from sidelight_xmp.crs.fields import FIELDS, Setting
from sidelight_xmp.crs.look import Look, PresetHeader, read_look, read_preset_header, read_rgb_table
from sidelight_xmp.crs.rgb_table import RGBTable, identity_table
from sidelight_xmp.crs.settings import has_edit, read_settings, write_settings
from sidelight_xmp.errors import (
    ConflictError,
    DamagedSidecarError,
    DiskFullError,
    ForeignSidecarError,
    HostileSidecarError,
    InvalidValueError,
    NoSidecarError,
    NotWritableError,
    SidecarError,
    StoreError,
    TableError,
    UndoError,
    UnsafeSidecarError,
    WriteError,
)
from sidelight_xmp.first_versions import FirstVersions
from sidelight_xmp.merge import EMPTY_SIDECAR, EMPTY_SIDECAR_WITH_DECLARATION, Changes, merge
from sidelight_xmp.packet import Packet
from sidelight_xmp.properties import (
    Array,
    LangText,
    Struct,
    Value,
    bag,
    lang_alt,
    read_properties,
    read_property,
    seq,
)
from sidelight_xmp.sidecar import (
    check_owner,
    darktable_sidecar,
    lightroom_sidecar,
    sidecar_extension,
)

__all__ = [
    "EMPTY_SIDECAR",
    "EMPTY_SIDECAR_WITH_DECLARATION",
    "FIELDS",
    "Array",
    "Changes",
    "ConflictError",
    "Curve",
    "DamagedSidecarError",
    "DiskFullError",
    "FirstVersions",
    "ForeignSidecarError",
    "HostileSidecarError",
    "InvalidValueError",
    "LangText",
    "Look",
    "NoSidecarError",
    "NotWritableError",
    "Packet",
    "PresetHeader",
    "RGBTable",
    "Rewriting",
    "Setting",
    "SidecarError",
    "StoreError",
    "Struct",
    "TableError",
    "UndoError",
    "UndoResult",
    "UnsafeSidecarError",
    "Value",
    "WriteError",
    "WriteResult",
    "bag",
    "check_owner",
    "darktable_sidecar",
    "has_edit",
    "identity_table",
    "lang_alt",
    "lightroom_sidecar",
    "merge",
    "read_look",
    "read_preset_header",
    "read_properties",
    "read_property",
    "read_rgb_table",
    "read_settings",
    "remove_stale_temps",
    "seq",
    "sidecar_extension",
    "undo",
    "undo_batch",
    "undo_last",
    "write_settings",
    "write_sidecar",
]
