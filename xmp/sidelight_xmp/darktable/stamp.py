"""Whose edit stands in a sidecar that darktable has rewritten, and how to take ours back there.

darktable lays every sidecar out anew soon after it has read it, so a content of ours is no longer
to be known by its bytes. It keeps properties of foreign namespaces. One of ours therefore holds a
digest of the edit we wrote: of its operations, masks and places in the pipe, but of nothing that
darktable adds or words differently. While the digest fits the history beside it, the edit is ours.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from sidelight_xmp.atomic import Rewriting
from sidelight_xmp.darktable import iop_order
from sidelight_xmp.darktable.blend import blends
from sidelight_xmp.darktable.history import History, HistoryEntry, effective, masks_in_force
from sidelight_xmp.darktable.newer import as_known
from sidelight_xmp.darktable.operations import OPERATIONS
from sidelight_xmp.darktable.params import params_from_text
from sidelight_xmp.darktable.sidecar import history_changes, read_history
from sidelight_xmp.errors import SidecarError
from sidelight_xmp.merge import merge
from sidelight_xmp.packet import Packet
from sidelight_xmp.properties import Value, read_property, seq

STAMP: Final = "sidelight:darktable_edit"
STAMPED_NAME: Final = "sidelight:version_name"
VERSION_NAME: Final = "darktable:version_name"

INSERTED: Final = frozenset(
    ["rawprepare", "demosaic", "colorin", "colorout", "gamma", "flip", "finalscale"]
)
"""Operations that darktable puts, untouched, in front of a history that lacks them."""


def stamped(history: History, version_name: str | None = None) -> dict[str, Value | None]:
    """Return the properties, for `merge_history`, that mark a history as one of ours.

    With a `version_name` the sidecar gets that too, as darktable shows it beside a duplicate.
    """
    marks: dict[str, Value | None] = {STAMP: digest(history)}
    if version_name is not None:
        marks |= {VERSION_NAME: version_name, STAMPED_NAME: version_name}
    return marks


def is_ours(data: bytes) -> bool:
    """Whether a sidecar's history is the one we wrote there, however it is laid out by now."""
    try:
        packet = Packet.from_bytes(data)
        return _inserted(packet) is not None
    except SidecarError:
        return False


def says(data: bytes, history: History, version_name: str | None = None) -> bool:
    """Whether a sidecar is ours and holds this history already, made from its own.

    Raises as `read_history`.
    """
    packet = Packet.from_bytes(data)
    if version_name is not None and read_property(packet, VERSION_NAME) != version_name:
        return False
    # What is kept of the user's comes from the sidecar itself, so the loose digest decides.
    _, loose = _digests(history, effective(history))
    return _inserted(packet) is not None and _words(packet)[2] == loose


def version_name(data: bytes) -> str | None:
    """Return the name of the duplicate that a sidecar of ours belongs to, None for others.

    None too once somebody named the duplicate differently. darktable 5.4.1 at times loses the name
    while it reads a sidecar: a missing one says nothing.
    """
    try:
        packet = Packet.from_bytes(data)
    except SidecarError:
        return None
    name = read_property(packet, STAMPED_NAME)
    shown = read_property(packet, VERSION_NAME)
    return name if isinstance(name, str) and shown in (name, None, "") else None


def own_history(data: bytes) -> History | None:
    """Return a sidecar's history; one of ours without what darktable has put in front of it.

    Raises as `read_history`.
    """
    packet = Packet.from_bytes(data)
    history = read_history(packet)
    count = _inserted(packet)
    if history is None or not count:
        return history
    entries = effective(history)[count:]
    return replace(history, entries=entries, history_end=len(entries))


def put_back(present: bytes, earlier: bytes | None) -> bytes | None:
    """Return a sidecar with an earlier one's edit in place of ours and all else as it is now.

    `earlier` None stands for no file: the photo is then as nobody has edited it. None is returned
    where the file itself goes, namely for a duplicate that we made.

    Raises SidecarError for what cannot be read.
    """
    packet = Packet.from_bytes(present)
    before = None if earlier is None else Packet.from_bytes(earlier)
    name = version_name(present)
    if before is None and name is not None:
        return None
    history = read_history(packet)
    names = [*history_changes(history or History((), 0)), STAMP, STAMPED_NAME]
    if name is not None:
        names.append(VERSION_NAME)
    values = {one: None if before is None else read_property(before, one) for one in names}
    if values["darktable:history"] is None:
        values |= _unedited(history)
    return merge(present, values)


DARKTABLE: Final = Rewriting(is_ours, put_back)
"""What undo needs to know of darktable."""


def digest(history: History) -> str:
    """Return one line for the effective edit: a digest of all of it, and a loose one.

    The loose one leaves out the settings of operations whose layout is not known, which darktable
    5.x upgrades. Whatever is changed in darktable goes to the end of the history, so in their old
    place they are the old settings.
    """
    return " ".join(["1", *_digests(history, effective(history))])


def _digests(history: History, entries: Sequence[HistoryEntry]) -> tuple[str, str]:
    place = [
        _pipe(history, entries),
        sorted(repr(sorted(mask.fields)) for mask in masks_in_force(history, entries)),
    ]
    loose = [
        _said(entry) if entry.operation in OPERATIONS else [*entry.instance, entry.enabled]
        for entry in entries
    ]
    return _hash([sorted(map(_said, entries)), *place]), _hash([loose, *place])


def _hash(said: list[Any]) -> str:
    text = json.dumps(said, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:32]


def _said(entry: HistoryEntry) -> list[Any]:
    version, params = as_known(entry.operation, entry.modversion, entry.params)
    blending: list[Any] = []
    if blends(entry.blendop_version, entry.blendop_params):
        blending = [entry.blendop_version, params_from_text(entry.blendop_params or "").hex()]
    return [*entry.instance, entry.enabled, version, params.hex(), blending]


def _words(packet: Packet) -> list[str]:
    """Return the three words of `digest`; empty ones where a sidecar has no such mark."""
    stamp = read_property(packet, STAMP)
    words = stamp.split(" ") if isinstance(stamp, str) else []
    return words if len(words) == 3 and words[0] == "1" else ["", "", ""]


def _fits(history: History, entries: Sequence[HistoryEntry], words: list[str]) -> bool:
    whole, loose = _digests(history, entries)
    upgraded = any(
        as_known(entry.operation, entry.modversion, entry.params)[0] != entry.modversion
        for entry in entries
    )
    return whole == words[1] or (upgraded and loose == words[2])


def _pipe(history: History, entries: Sequence[HistoryEntry]) -> list[iop_order.Instance] | None:
    """Return the order in which the instances work; None for an order that is not known."""
    order = history.iop_order
    if not order:
        if history.iop_order_version not in iop_order.KNOWN:
            return None
        order = iop_order.order_of(iop_order.base_order(history.iop_order_version))
    instances = {entry.instance for entry in entries}
    return [instance for instance in order if instance in instances]


def _inserted(packet: Packet) -> int | None:
    """Return how many entries darktable has put before ours; None for a history not ours."""
    words = _words(packet)
    history = read_history(packet) if words[0] else None
    if history is None:
        return None
    entries = effective(history)
    for count in range(len(entries) + 1):
        if _fits(history, entries[count:], words):
            return count
        # A later change of such an operation stands behind ours, where it is not passed over.
        if count == len(entries) or not _is_insertion(entries[count]):
            break
    return None


def _is_insertion(entry: HistoryEntry) -> bool:
    blending = blends(entry.blendop_version, entry.blendop_params)
    return entry.operation in INSERTED and entry.enabled and not (blending or entry.multi_priority)


def _unedited(history: History | None) -> dict[str, Value | None]:
    """Return what darktable itself writes for a photo without an edit."""
    version = iop_order.V30_RAW
    if history is not None:
        version = iop_order.base_order(history.iop_order_version, history.iop_order)
    nothing = History((), 0, iop_order_version=version, auto_presets_applied=False)
    return {**history_changes(nothing), "darktable:masks_history": seq()}
