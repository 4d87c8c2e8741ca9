"""Raw files with their Lightroom settings and what Lightroom exported of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sidelight.errors import PhotoError
from sidelight.imaging import is_raw
from sidelight.workflows.photos import find_photos

if TYPE_CHECKING:
    from sidelight.learning.calibrate import Example
    from sidelight_xmp.packet import Packet

PROXY_PX = 512
EXPORT_PX = 2048
"""Long side at which an export is read before it is averaged onto the photo's pixels."""

EXPORTS = (".tif", ".tiff", ".jpg", ".jpeg")
PROFILES = ("Adobe Standard", "Adobe Color", "Embedded", "Default")
"""Camera profiles and looks that count as Adobe's default rendering."""

_XMP_TAG = 700
_FRAMING = {
    "HasCrop": "it is cropped",
    "CropAngle": "it is turned",
    "PerspectiveUpright": "its perspective is corrected",
    "PerspectiveVertical": "its perspective is corrected",
    "PerspectiveHorizontal": "its perspective is corrected",
    "PerspectiveRotate": "its perspective is corrected",
    "PerspectiveAspect": "its perspective is corrected",
    "LensManualDistortionAmount": "its lens is corrected",
    "LensProfileEnable": "its lens profile is on",
    "VignetteAmount": "its vignetting is corrected",
}
"""Settings that move pixels or their light by place, which no emulator does."""

_NAMED = 4
_NO_SWATCH = ("", "-1.000000")
_OLDEST_PROCESS = 6.7


@dataclass(frozen=True)
class Triple:
    """One photo: `raw` and its `export`."""

    raw: Path
    export: Path


@dataclass(frozen=True)
class Skipped:
    """A file that is not used, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Found:
    """What lies in the named places.

    Attributes:
        triples: Raw files with an export.
        pictures: Rendered files that may hold a gain map, the exports among them.
        skipped: Everything else.
    """

    triples: tuple[Triple, ...]
    pictures: tuple[Path, ...]
    skipped: tuple[Skipped, ...]


def find_triples(named: Iterable[Path], exports: Path | None = None) -> Found:
    """Return what a calibration may use.

    Args:
        named: Files and folders.
        exports: Folder of the exports; beside each raw file when absent.
    """
    triples, skipped = [], []
    pictures: dict[Path, None] = {}
    for photo in find_photos(named):
        if photo.failed:
            skipped.append(Skipped(photo.path, photo.reason))
        elif is_raw(photo.path):
            export = _export_of(photo.path, exports or photo.path.parent)
            if export is None:
                skipped.append(Skipped(photo.path, "there is no export of it"))
                continue
            triples.append(Triple(photo.path, export))
            pictures[export] = None
        elif not photo.reason:
            pictures[photo.path] = None
    return Found(tuple(triples), tuple(pictures), tuple(skipped))


def read_example(triple: Triple) -> Example:
    """Return a photo, its settings and its export on the same pixels.

    Raises:
        PhotoError: It cannot be used; the sentence says why.
        EditorError: Its sidecar is damaged, hostile or another photo's.
    """
    from sidelight.editors.lightroom import settings_to_recipe
    from sidelight.imaging import read_photo
    from sidelight.learning.calibrate import Example
    from sidelight.workflows.fit_pair import same_size
    from sidelight_xmp.crs.settings import read_settings

    packet = _settings_packet(triple.raw)
    settings = read_settings(packet)
    _check_settings(settings)
    _check_profile(packet, settings)
    _check_export(triple.export)
    image = read_photo(triple.raw, PROXY_PX)
    reading = settings_to_recipe(settings, image.info)
    _check_unread(reading.unread, settings)
    target = read_photo(triple.export, EXPORT_PX)
    return Example(image, reading.recipe, same_size(target, image))


def _export_of(raw: Path, folder: Path) -> Path | None:
    for extension in EXPORTS:
        for spelled in (extension, extension.upper()):
            path = folder / f"{raw.stem}{spelled}"
            if path.is_file():
                return path
    return None


def _settings_packet(raw: Path) -> Packet:
    """Return the sidecar's XMP, or that inside a DNG."""
    from sidelight.editors.sidecar import Sidecar, editor_errors
    from sidelight.imaging.metadata import read_raw_tags
    from sidelight_xmp.packet import Packet
    from sidelight_xmp.sidecar import check_owner, lightroom_sidecar

    with editor_errors():
        data = Sidecar(lightroom_sidecar(raw), lambda _: False).read()
        if data is not None:
            packet = Packet.from_bytes(data)
            check_owner(packet, raw)
            return packet
        tags = read_raw_tags(raw)
        data = tags.ifds[0].data(_XMP_TAG) if tags.is_dng else b""
        if not data:
            raise PhotoError("it has no settings: Lightroom has not written its XMP")
        return Packet.from_bytes(data)


def _check_settings(settings: Mapping[str, Any]) -> None:
    if settings.get("HasSettings") is not True:
        raise PhotoError("its XMP holds no develop settings")
    try:
        process = float(settings.get("ProcessVersion", 0))
    except ValueError:
        process = 0.0
    if process < _OLDEST_PROCESS:
        raise PhotoError("its process version is older than 2012's")
    for name, reason in _FRAMING.items():
        if settings.get(name):
            raise PhotoError(reason)
    if settings.get("WhiteBalance", "As Shot") != "As Shot" and "Temperature" not in settings:
        raise PhotoError("its white balance is not in its XMP as a temperature")


def _check_profile(packet: Packet, settings: Mapping[str, Any]) -> None:
    from sidelight_xmp.crs.look import read_look

    look = read_look(packet)
    for name in (settings.get("CameraProfile"), look.name if look else None):
        if name is not None and name not in PROFILES:
            raise PhotoError(f"its profile {name} is not emulated")


def _check_unread(unread: Iterable[str], settings: Mapping[str, Any]) -> None:
    # What AutoTone set stands in the sliders.
    names = [name for name in unread if name != "AutoTone"]
    names += [name for name in ("LensBlur", "PointColors") if _is_active(settings.get(name))]
    if settings.get("HDREditMode"):
        names += [name for name in settings if name.startswith("SDR") and settings[name]]
        if settings.get("ToneCurveName2012", "Linear") != "Linear":
            names.append("the tone curve of HDR mode")
    if names:
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        raise PhotoError(f"what is set is not emulated: {', '.join(names[:_NAMED])}{more}")


def _is_active(value: Any) -> bool:
    """Whether a lens blur is switched on, or a list of point colors holds one."""
    from sidelight_xmp.properties import Array, Struct

    if isinstance(value, Struct):
        return str(value.get("crs:Active")).lower() == "true"
    texts = (
        [item for item in value.items if isinstance(item, str)] if isinstance(value, Array) else []
    )
    return any(part.strip() not in _NO_SWATCH for text in texts for part in text.split(","))


def _check_export(path: Path) -> None:
    """Refuse a camera's own JPEG beside its raw file, which no editor made."""
    software, make = _origin(path)
    if make and not any(name in software for name in ("Adobe", "Lightroom", "Camera Raw")):
        raise PhotoError("the picture beside it was not exported by Lightroom or Camera Raw")


def _origin(path: Path) -> tuple[str, str]:
    """Return which software and which camera a picture names."""
    from PIL import Image as Pillow

    from sidelight.imaging.metadata import exif_from_pillow, read_raw_tags

    exif = read_raw_tags(path).exif
    if not exif.make and path.suffix.lower() in (".jpg", ".jpeg"):
        try:
            with Pillow.open(path, formats=("JPEG",)) as picture:
                exif = exif_from_pillow(picture)
        except (OSError, ValueError, SyntaxError, Pillow.DecompressionBombError) as error:
            raise PhotoError(f"its export cannot be read ({error})") from error
    return exif.software, exif.make
