"""The HDR twin of a photo as a style file for darktable's export dialog."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sidelight.editors.base import Editor
from sidelight.editors.darktable.style import hdr_style, style_name
from sidelight.errors import EditorError
from sidelight.workflows.result import joined
from sidelight_xmp.errors import SidecarError
from sidelight_xmp.files import read_snapshot

SUFFIX = "_hdr.dtstyle"


def write_style(
    photo: Path,
    editor: Editor,
    terms: Mapping[str, Any],
    folder: Path,
    stem: str,
    *,
    overwrite: bool = False,
) -> str:
    """Write `STEM_hdr.dtstyle` into `folder`, and return what there is to say about it.

    Args:
        photo: Whose own sidecar gives the style its geometry.
        editor: darktable.
        terms: From `Darktable.terms`.
        folder: Made if it is not there.
        stem: Beginning of the name.
        overwrite: Replace another file of this name.

    Raises:
        EditorError: There is no HDR twin, or the sidecar cannot be read.
        OSError: The folder cannot be written to.
    """
    if terms["hdr"] is None:
        raise EditorError("without headroom there is no HDR twin")
    data, left_out = hdr_style(terms["hdr"], style_name(stem), _own_sidecar(photo, editor))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}{SUFFIX}"
    notes = []
    if left_out:
        notes.append(f"{path.name} lacks what has drawn masks: {', '.join(left_out)}")
    if path.exists() and not overwrite:
        if not (path.is_file() and path.read_bytes() == data):
            notes = [f"{path.name} exists; --overwrite replaces it"]
        return joined(*notes)
    draft = path.with_name(f".{path.name}.draft")
    try:
        draft.write_bytes(data)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return joined(*notes)


def _own_sidecar(photo: Path, editor: Editor) -> bytes | None:
    sidecar = editor.place(photo).sidecar
    try:
        snapshot = None if sidecar is None else read_snapshot(sidecar)
    except SidecarError as error:
        raise EditorError(str(error)) from error
    return None if snapshot is None else snapshot.data
