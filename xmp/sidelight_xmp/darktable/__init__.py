"""darktable's part of a sidecar: history, params, order of the pipe, drawn masks."""

from sidelight_xmp.darktable.history import (
    History,
    HistoryEntry,
    MaskEntry,
    effective,
    has_edit,
    with_edit,
)
from sidelight_xmp.darktable.iop_order import Placement
from sidelight_xmp.darktable.operations import OPERATIONS, decode, defaults, encode
from sidelight_xmp.darktable.sidecar import (
    history_changes,
    history_from_bytes,
    merge_history,
    read_history,
)
from sidelight_xmp.darktable.stamp import DARKTABLE, stamped

__all__ = [
    "DARKTABLE",
    "OPERATIONS",
    "History",
    "HistoryEntry",
    "MaskEntry",
    "Placement",
    "decode",
    "defaults",
    "effective",
    "encode",
    "has_edit",
    "history_changes",
    "history_from_bytes",
    "merge_history",
    "read_history",
    "stamped",
    "with_edit",
]
