"""Where a photo's reference is, and what it looks like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sidelight.editors import load_editor
from sidelight.emulators import load_emulator
from sidelight.emulators.fit import fit_pair
from sidelight.errors import PhotoError, SidelightError
from sidelight.imaging import RASTER_EXTENSIONS, is_raw, read_photo
from sidelight.imaging.color import SRGB_TO_REC2020, apply_matrix
from sidelight.imaging.difference import box_average
from sidelight.imaging.image import Image
from sidelight.imaging.transfer import srgb_decode
from sidelight.learning.comparison import common_pixels
from sidelight.learning.evaluation.protocol import Case, Reference
from sidelight.learning.evaluation.rendering import (
    PROXY_PX,
    check_framing,
    render_recipe,
    render_sidecars,
)
from sidelight.learning.evaluation.sidecars import find_sidecar, read_edit
from sidelight.recipe import Recipe

_FITTED_PX = 512
_PREFERRED = (".tif", ".tiff", ".png", ".jpg", ".jpeg", ".jpe")

Pixels = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class OpenReference:
    """A reference ready to be compared with.

    Attributes:
        rgb: Display-linear Rec.2020, shape (H, W, 3), SDR.
        recipe: The editor's own settings behind it, None where they are not known.
        note: What must be known about it, or empty.
    """

    rgb: Pixels
    recipe: Recipe | None = None
    note: str = ""


def find_reference(
    photo: Path, folder: Path | None, editor: str, first_versions: Path | None = None
) -> Reference:
    """Return what a photo is to be compared with.

    In a folder of references: a finished picture of the photo's name (TIFF before PNG before
    JPEG), then a sidecar. Beside the photo: a sidecar, then a finished picture. A sidecar that
    Sidelight itself wrote is none.

    Raises:
        SidelightError: There is none; the sentence says what was looked for.
    """
    where = folder or photo.parent
    render = find_render(photo, where)
    found = (
        _sidecar(photo, where, editor, first_versions),
        None if render is None else Reference("render", render),
    )
    for reference in found if folder is None else reversed(found):
        if reference is not None:
            return reference
    raise SidelightError(
        f"no finished picture and no edited sidecar of {photo.name} "
        + ("beside it" if folder is None else f"in {where.name}")
    )


def find_render(photo: Path, folder: Path) -> Path | None:
    """Return the finished picture of a photo's name in a folder: TIFF before PNG before JPEG."""
    for suffix in _PREFERRED:
        for path in (folder / f"{photo.stem}{suffix}", folder / f"{photo.stem}{suffix.upper()}"):
            if path.is_file() and not path.samefile(photo):
                return path
    return None


def _sidecar(
    photo: Path, folder: Path, editor: str, first_versions: Path | None
) -> Reference | None:
    found = find_sidecar(photo, folder, editor)
    if found is None:
        return None
    name, path = found
    beside = folder.resolve() == photo.parent.resolve()
    if beside and first_versions is not None and first_versions.is_dir():
        edit = load_editor(name).edit(photo, first_versions)
        if edit.state == "ours":
            return None
    return Reference("sidecar", path, name)


def open_references(
    cases: Sequence[Case], images: Sequence[Image], editor: str
) -> list[OpenReference | str]:
    """Return each photo's reference, or a sentence why it cannot be used.

    Args:
        cases, images: The photos and their proxies.
        editor: Whose Recipes are wanted; those of another editor's sidecar are not its own.
    """
    opened: list[OpenReference | str] = []
    waiting: list[int] = []
    for index, (case, image) in enumerate(zip(cases, images, strict=True)):
        if case.reference.kind == "sidecar" and case.reference.editor == "darktable":
            waiting.append(index)
            opened.append("")
        else:
            opened.append(_opened(case, image, editor))
    renders = render_sidecars(
        [(cases[i].photo, cases[i].reference.path.read_bytes()) for i in waiting]
    )
    for index, found in zip(waiting, renders, strict=True):
        if isinstance(found, str):
            opened[index] = found
            continue
        rgb, dropped = found
        opened[index] = _with_recipe(cases[index], images[index], editor, rgb, dropped)
    for index, (item, image) in enumerate(zip(opened, images, strict=True)):
        if not isinstance(item, str):
            try:
                check_framing(item.rgb, image.rgb)
            except PhotoError as error:
                opened[index] = f"the reference does not fit the photo: {error}"
    return opened


def _opened(case: Case, image: Image, editor: str) -> OpenReference | str:
    reference = case.reference
    try:
        if reference.kind == "preview":
            rgb = preview_pixels(image)
            if rgb is None:
                return "the photo holds no JPEG of its own"
            return OpenReference(rgb)
        if reference.kind == "render":
            if is_raw(reference.path) or reference.path.suffix.lower() not in RASTER_EXTENSIONS:
                return f"{reference.path.name} is not a finished picture"
            return OpenReference(read_photo(reference.path, PROXY_PX).rgb)
        return _with_recipe(case, image, editor, None, ())
    except SidelightError as error:
        return str(error)


def _with_recipe(
    case: Case, image: Image, editor: str, rgb: Pixels | None, dropped: Sequence[str]
) -> OpenReference | str:
    reference = case.reference
    try:
        edit = read_edit(reference.path, reference.editor, image.info)
        if rgb is None:
            rgb = render_recipe(reference.editor, image, edit.recipe)
    except SidelightError as error:
        return str(error)
    notes = []
    if edit.unread and reference.editor == "lightroom":
        notes.append(f"not rendered: {', '.join(edit.unread)}")
    if dropped:
        notes.append(f"darktable: {dropped[0]}")
    # Settings that a Recipe cannot hold make its sliders another edit than the reference.
    own = edit.recipe if reference.editor == editor and not edit.unread else None
    return OpenReference(rgb, own, "; ".join(notes))


def preview_pixels(image: Image) -> Pixels | None:
    """Return the embedded JPEG as display-linear Rec.2020, None where there is none."""
    if image.preview is None:
        return None
    code = image.preview.rgb.astype(np.float32) / np.float32(255)
    return apply_matrix(srgb_decode(code), SRGB_TO_REC2020)


def reference_recipe(image: Image, reference: OpenReference, editor: str) -> Recipe:
    """Return the reference as one editor's settings: its own, or fitted to its pixels.

    Raises:
        SidelightError: No settings can be found.
    """
    if reference.recipe is not None:
        return reference.recipe
    small = box_average(reference.rgb, _FITTED_PX)
    rgb, clipped, target, _ = common_pixels(image.rgb, small, image.clipped)
    part = replace(
        image, rgb=rgb, clipped=np.repeat((clipped > 0)[..., None], 3, axis=2), preview=None
    )
    return fit_pair(part, target, load_emulator(editor)).recipe
