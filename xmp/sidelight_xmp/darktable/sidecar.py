"""A darktable sidecar's history: read it, and put one into a sidecar with all else kept.

`darktable:xmp_version` 5 is what darktable 4.2 to 5.4 write; they accept 4 as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sidelight_xmp.darktable import iop_order
from sidelight_xmp.darktable.history import History, HistoryEntry, MaskEntry
from sidelight_xmp.darktable.params import params_from_text, params_to_text
from sidelight_xmp.errors import DamagedSidecarError, HostileSidecarError, SidecarError
from sidelight_xmp.merge import EMPTY_SIDECAR_WITH_DECLARATION, merge
from sidelight_xmp.packet import Packet
from sidelight_xmp.properties import Array, LangText, Struct, Value, read_property, seq

XMP_VERSION: Final = 5
_READABLE_VERSIONS: Final = (4, 5)
_LEGACY_ORDER: Final = 1  # darktable's own reading of a sidecar that names no order
_MAX_DECODED_BYTES: Final = 64 * 1024 * 1024

_ENTRY_NAMES: Final = [
    "num",
    "operation",
    "enabled",
    "modversion",
    "params",
    "multi_name",
    "multi_priority",
    "blendop_version",
    "blendop_params",
]


def read_history(packet: Packet) -> History | None:
    """Return the history of a sidecar, None when it has none.

    Raises SidecarError for a sidecar of a newer or very old darktable, DamagedSidecarError
    for an entry that darktable itself would drop.
    """
    version = _integer(_text(packet, "xmp_version"), XMP_VERSION)
    value = read_property(packet, "darktable:history")
    if version not in _READABLE_VERSIONS:
        age = "a newer" if version > XMP_VERSION else "too old a"
        raise SidecarError(f"The sidecar was written by {age} darktable (format {version}).")
    if not isinstance(value, Array):
        return None
    entries = _read_entries(value)
    order_version = _integer(_text(packet, "iop_order_version"), _LEGACY_ORDER)
    return History(
        entries,
        # darktable takes a missing or too large end as "all of them".
        history_end=min(_integer(_text(packet, "history_end"), len(entries)), len(entries)),
        iop_order_version=order_version,
        iop_order=_read_order(packet),
        masks=_read_masks(packet),
        auto_presets_applied=_text(packet, "auto_presets_applied") == "1",
        basic_hash=_text(packet, "history_basic_hash"),
        auto_hash=_text(packet, "history_auto_hash"),
        current_hash=_text(packet, "history_current_hash"),
    )


def history_from_bytes(data: bytes) -> History | None:
    """As `read_history`, from the bytes of a sidecar; raises as `Packet.from_bytes` too."""
    return read_history(Packet.from_bytes(data))


def history_changes(history: History) -> dict[str, Value | None]:
    """The properties that put a history into a sidecar, for `sidelight_xmp.merge`.

    darktable's hashes are removed: it computes them anew. Raises InvalidValueError for an
    impossible order of the pipe.
    """
    return {
        "darktable:xmp_version": str(XMP_VERSION),
        "darktable:auto_presets_applied": "1" if history.auto_presets_applied else "0",
        "darktable:history_end": str(history.history_end),
        "darktable:iop_order_version": str(history.iop_order_version),
        "darktable:iop_order_list": (
            iop_order.order_to_text(history.iop_order) if history.iop_order else None
        ),
        "darktable:history_basic_hash": history.basic_hash,
        "darktable:history_auto_hash": history.auto_hash,
        "darktable:history_current_hash": history.current_hash,
        "darktable:masks_history": (
            seq(*(_mask_value(mask) for mask in history.masks)) if history.masks else None
        ),
        "darktable:history": seq(
            *(_entry_value(num, entry) for num, entry in enumerate(history.entries))
        ),
    }


def merge_history(
    existing: bytes | None, history: History, metadata: Mapping[str, Value | None] | None = None
) -> bytes:
    """Return the complete sidecar: the existing one with this history, all else kept.

    Without an existing one a minimal sidecar is made; it has no rating, which darktable then
    takes as one star, its default for new photos. `metadata` are further properties to set
    (`{"darktable:version_name": "HDR PQ"}`). The same call twice returns the same bytes.

    Raises DamagedSidecarError or HostileSidecarError for a sidecar that must be left alone,
    SidecarError for one of a newer darktable.
    """
    if existing is not None:
        _refuse_foreign_version(Packet.from_bytes(existing))
    changes = history_changes(history) | dict(metadata or {})
    return merge(existing, changes, empty=EMPTY_SIDECAR_WITH_DECLARATION)


def _refuse_foreign_version(packet: Packet) -> None:
    version = _integer(_text(packet, "xmp_version"), XMP_VERSION)
    if version > XMP_VERSION:
        raise SidecarError(f"The sidecar was written by a newer darktable (format {version}).")


def _read_entries(value: Array) -> tuple[HistoryEntry, ...]:
    entries = []
    size = 0
    for num, item in enumerate(value.items):
        entries.append(_read_entry(item, num))
        size += len(entries[-1].params)
        if size > _MAX_DECODED_BYTES:
            raise HostileSidecarError("The history of the sidecar is far too large.")
    return tuple(entries)


def _read_entry(item: Value, num: int) -> HistoryEntry:
    fields = dict(item.fields) if isinstance(item, Struct) else {}
    known = {name: _plain(fields.pop(f"darktable:{name}", None)) for name in _ENTRY_NAMES}
    operation, params = known["operation"], known["params"]
    version = _integer(known["modversion"], -1)
    if not operation or params is None or version < 0:
        raise DamagedSidecarError("The history of the sidecar has an entry without its settings.")
    return HistoryEntry(
        operation=operation,
        enabled=known["enabled"] == "1",
        modversion=version,
        params=params_from_text(params),
        multi_name=known["multi_name"] or "",
        multi_priority=_integer(known["multi_priority"], 0),
        blendop_version=_optional(known["blendop_version"]),
        blendop_params=known["blendop_params"],
        num=num,
        params_text=params,
        extra=tuple(fields.items()),
    )


def _entry_value(num: int, entry: HistoryEntry) -> Struct:
    texts: dict[str, str | None] = {
        "num": str(num),
        "operation": entry.operation,
        "enabled": "1" if entry.enabled else "0",
        "modversion": str(entry.modversion),
        "params": params_to_text(entry.params) if entry.params_text is None else entry.params_text,
        "multi_name": entry.multi_name,
        "multi_priority": str(entry.multi_priority),
        "blendop_version": None if entry.blendop_version is None else str(entry.blendop_version),
        "blendop_params": entry.blendop_params,
    }
    fields: dict[str, Value] = {
        f"darktable:{name}": text for name, text in texts.items() if text is not None
    }
    return Struct(fields | dict(entry.extra))


def _read_masks(packet: Packet) -> tuple[MaskEntry, ...]:
    value = read_property(packet, "darktable:masks_history")
    items = value.items if isinstance(value, Array) else ()
    masks = []
    for item in items:
        fields = dict(item.fields) if isinstance(item, Struct) else {}
        num = _integer(_plain(fields.pop("darktable:mask_num", None)), -1)
        if num < 0:
            raise DamagedSidecarError("The sidecar has a drawn mask that belongs to no entry.")
        masks.append(MaskEntry(num, tuple(fields.items())))
    return tuple(masks)


def _mask_value(mask: MaskEntry) -> Struct:
    return Struct({"darktable:mask_num": str(mask.num)} | dict(mask.fields))


def _read_order(packet: Packet) -> iop_order.Order:
    text = _text(packet, "iop_order_list")
    return iop_order.order_from_text(text) if text else ()


def _text(packet: Packet, name: str) -> str | None:
    return _plain(read_property(packet, f"darktable:{name}"))


def _plain(value: Value | None) -> str | None:
    if isinstance(value, LangText):
        return value.text
    return value if isinstance(value, str) else None


def _optional(text: str | None) -> int | None:
    try:
        return None if text is None else int(text)
    except ValueError:
        return None


def _integer(text: str | None, otherwise: int) -> int:
    number = _optional(text)
    return otherwise if number is None else number
