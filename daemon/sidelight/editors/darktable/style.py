"""The HDR twin as a `.dtstyle` file, for darktable's export dialog and its list of styles.

Chosen in the export dialog with "replace history", it renders what the duplicate renders. With
"append history" darktable would add a second instance of every operation.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from sidelight.editors.darktable.operations import PQ_PEAK_NITS, SDR_WHITE_NITS
from sidelight.editors.darktable.terms import terms_to_edit
from sidelight.editors.sidecar import editor_errors
from sidelight_xmp.darktable.blend import uses_drawn_mask
from sidelight_xmp.darktable.history import HistoryEntry, with_edit
from sidelight_xmp.darktable.params import params_to_text
from sidelight_xmp.darktable.stamp import own_history

GROUP = "Sidelight"
"""Where darktable's list of styles shows ours; `|` separates groups from names."""

BLENDING_VERSION = 11

_UNFIT = re.compile(r"[|\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def style_name(stem: str) -> str:
    """Return the name of the HDR twin's style of a photo, as darktable lists it."""
    return f"{GROUP}|{_UNFIT.sub('_', stem)} HDR PQ"


def hdr_style(
    terms: Mapping[str, Any], name: str, sidecar: bytes | None = None
) -> tuple[bytes, tuple[str, ...]]:
    """Return the file of a style, and the operations it had to leave out.

    Args:
        terms: Of the HDR twin, from `Darktable.terms`.
        name: What darktable calls it, from `style_name`.
        sidecar: The photo's own; its geometry, lens and noise entries go into the style, those
            with drawn masks cannot.

    Raises:
        EditorError: The terms are unusable, or the sidecar is.
    """
    edit = terms_to_edit(terms)
    ours = [entry for entry in edit.entries if not entry.multi_priority]
    with editor_errors():
        history = with_edit(None if sidecar is None else own_history(sidecar), ours)
    masked = [
        entry
        for entry in history.entries
        if uses_drawn_mask(entry.blendop_version, entry.blendop_params)
    ]
    entries = [entry for entry in history.entries if entry not in masked]
    return _file(name, [*entries, _pq_scale()]), tuple(entry.operation for entry in masked)


def _pq_scale() -> HistoryEntry:
    """Return what the exposure before the output profile does in a duplicate.

    When darktable exports, it ignores where a style puts second instances, so the scale has to
    come from an operation that stands there by itself: vignetting (version 4), unbounded and dark
    by the same factor everywhere, because its center lies outside the picture.
    """
    brightness = SDR_WHITE_NITS / PQ_PEAK_NITS - 1.0
    outside = (2.0, 2.0)
    params = struct.pack("<6fi2f2i", 0.0, 0.0, brightness, 0.0, *outside, 0, 1.0, 1.0, 0, 1)
    return HistoryEntry("vignette", True, 4, params, "PQ")


def _file(name: str, entries: list[HistoryEntry]) -> bytes:
    root = ElementTree.Element("darktable_style", version="1.0")
    _texts(ElementTree.SubElement(root, "info"), name=name, description="")
    listed = ElementTree.SubElement(root, "style")
    for number, entry in enumerate(entries):
        _texts(
            ElementTree.SubElement(listed, "plugin"),
            num=number,
            module=entry.modversion,
            operation=entry.operation,
            op_params=entry.params_text or params_to_text(entry.params),
            enabled=int(entry.enabled),
            blendop_params=entry.blendop_params or "",
            blendop_version=entry.blendop_version or BLENDING_VERSION,
            multi_priority=entry.multi_priority,
            multi_name=entry.multi_name,
        )
    ElementTree.indent(root)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _texts(parent: ElementTree.Element, **values: str | int) -> None:
    for name, value in values.items():
        ElementTree.SubElement(parent, name).text = str(value)
