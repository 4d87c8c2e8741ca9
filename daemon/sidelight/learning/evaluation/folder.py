"""The protocol of your own photos: RAW or JPEG with reference sidecars or finished pictures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from sidelight.errors import SidelightError
from sidelight.imaging import is_photo, is_raw, read_photo
from sidelight.imaging.metadata import read_raw_tags
from sidelight.learning.evaluation.protocol import Case, Protocol, Request
from sidelight.learning.evaluation.references import find_reference
from sidelight.learning.evaluation.splits import make_split, shoots

SIZE_PX = 512

_SMALLEST_PX = 64
_JPEG = (".jpg", ".jpeg", ".jpe")


def build(request: Request) -> Protocol:
    """Return the photos of folders with their references, divided by shoot.

    Raises:
        SidelightError: A folder is not there, or the split cannot be made.
    """
    folders = request.folders
    if not folders:
        raise SidelightError("name the folder with the photos")
    for folder in (*folders, *filter(None, [request.reference])):
        if not folder.is_dir():
            raise SidelightError(f"there is no folder {folder}")
    photos = [path for folder in folders for path in photos_in(folder, request)]
    cases, left_out = cases_of(photos, request)
    return Protocol(
        name="folder",
        title="Own photos against their references",
        sentences=(
            "The input is the photo as Sidelight decodes it, at most 1024 px, a RAW at its as-shot "
            "white balance. Renditions and references are averaged in linear light.",
            "A shoot ends where nothing was taken for an hour; photos of one shoot never stand on "
            "both sides of the split, and intervals draw whole shoots.",
        ),
        cases=tuple(cases),
        split=make_split(request.split, cases, request.seed, folders[0]),
        size_px=request.size_px or SIZE_PX,
        left_out=tuple(left_out),
    )


def photos_in(folder: Path, request: Request) -> list[Path]:
    """Return the photos of a folder that are inputs: RAWs, or where there are none, JPEGs."""
    photos = [path for path in sorted(folder.iterdir()) if path.is_file() and is_photo(path)]
    raws = [path for path in photos if is_raw(path)]
    pictures = [path for path in photos if path.suffix.lower() in _JPEG]
    return [path for path in raws or pictures if request.wants(path)]


def cases_of(photos: Sequence[Path], request: Request) -> tuple[list[Case], list[tuple[str, str]]]:
    """Return the photos that have a reference, by shoot, and the others with the reason."""
    found, left_out = {}, []
    for photo in photos:
        try:
            found[photo] = find_reference(
                photo, request.reference, request.editor, request.first_versions
            )
        except SidelightError as error:
            left_out.append((photo.name, str(error)))
    scenes = shoots({photo: captured(photo) for photo in found})
    names = _names(found)
    cases = [Case(names[p], p, reference, scenes[p]) for p, reference in found.items()]
    return cases, left_out


def captured(photo: Path) -> str:
    """Return the EXIF time of a photo, empty where it says none or cannot be read."""
    try:
        if is_raw(photo):
            return read_raw_tags(photo).exif.captured
        return read_photo(photo, _SMALLEST_PX).info.captured
    except SidelightError:
        return ""


def _names(photos: Iterable[Path]) -> dict[Path, str]:
    """Return a name for each photo: the file's, with the folder's where two share it."""
    known = list(photos)
    often = {photo.name for photo in known if sum(p.name == photo.name for p in known) > 1}
    return {p: f"{p.parent.name}/{p.name}" if p.name in often else p.name for p in known}
