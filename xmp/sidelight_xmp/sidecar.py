"""Which file is a photo's sidecar: the naming rules of both editors.

Lightroom names it after the photo without its extension, so that photos which differ only
in the extension share one name; darktable appends to the full name.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import product
from pathlib import Path, PurePath
from typing import Final

from sidelight_xmp.errors import (
    ForeignSidecarError,
    InvalidValueError,
    NoSidecarError,
    NotWritableError,
)
from sidelight_xmp.packet import Packet
from sidelight_xmp.properties import read_property

RENDERED_EXTENSIONS: Final = frozenset(
    {"jpg", "jpeg", "jpe", "jfif", "tif", "tiff", "psd", "psb", "png", "webp", "gif", "bmp"}
    | {"heic", "heif", "hif", "avif", "jxl"}
)
"""Formats that keep XMP inside the file; Lightroom reads no sidecar of theirs."""


def lightroom_sidecar(photo: Path) -> Path:
    """Return the sidecar that Lightroom reads for a raw photo: `IMG_1.CR3` → `IMG_1.xmp`.

    An existing one is found however its name is spelled (`IMG_1.XMP`), so that there is
    never a second. Whether it belongs to this photo is for `check_owner` to say.

    Raises NoSidecarError for photos whose settings live inside the file.
    """
    extension = photo.suffix.removeprefix(".")
    if extension.lower() in RENDERED_EXTENSIONS:
        raise NoSidecarError(
            f"Lightroom reads no sidecar of a {extension.upper()} file, so none was written.",
            photo,
        )
    wanted = photo.with_suffix(".xmp")
    return _existing_spelling(wanted) or wanted


def darktable_sidecar(photo: Path, duplicate: int = 0) -> Path:
    """Return darktable's sidecar: `IMG_1.CR3.xmp`, of duplicate 1 `IMG_1_01.CR3.xmp`.

    Raises InvalidValueError for a negative number of a duplicate.
    """
    if duplicate < 0:
        raise InvalidValueError("A duplicate has a number from 0 up.")
    stem = f"{photo.stem}_{duplicate:02d}" if duplicate else photo.stem
    wanted = photo.with_name(f"{stem}{photo.suffix}.xmp")
    return _existing_spelling(wanted) or wanted


def check_owner(sidecar: bytes | Packet, photo: PurePath) -> None:
    """Check that a Lightroom sidecar belongs to `photo` and not to its namesake.

    A RAW+JPEG pair and raw files of one name share the sidecar's name; the sidecar says
    inside whose it is. One that does not say is taken to be the photo's.

    Raises ForeignSidecarError when it belongs to another, and the errors of
    `Packet.from_bytes`.
    """
    packet = sidecar if isinstance(sidecar, Packet) else Packet.from_bytes(sidecar)
    owner = sidecar_extension(packet)
    if owner is not None and owner != photo.suffix.removeprefix(".").upper():
        raise ForeignSidecarError(
            f"The sidecar of {photo.name} belongs to the {owner} file of the same name, "
            "so it was left alone."
        )


def sidecar_extension(packet: Packet) -> str | None:
    """Return the extension, upper case without dot, of the photo a sidecar belongs to.

    None when the sidecar does not say.
    """
    extension = read_property(packet, "photoshop:SidecarForExtension")
    if isinstance(extension, str) and extension.strip():
        return extension.strip().removeprefix(".").upper()
    name = read_property(packet, "crs:RawFileName")
    suffix = PurePath(name).suffix if isinstance(name, str) else ""
    return suffix.removeprefix(".").upper() or None


def _spellings(wanted: Path) -> Iterator[Path]:
    """Yield a path with its extension in small and capital letters, in every mixture."""
    pairs = [(letter.lower(), letter.upper()) for letter in wanted.suffix]
    for letters in sorted(set(product(*pairs)), reverse=True):
        yield wanted.with_name(wanted.stem + "".join(letters))


def _is_readable(folder: Path) -> bool:
    return os.access(folder, os.R_OK | os.X_OK)


def _existing_spelling(wanted: Path) -> Path | None:
    """Return the existing file that differs from `wanted` at most in case.

    In the stem, case counts unless the volume itself ignores it: `img_1.xmp` beside
    `IMG_1.CR3` belongs to another photo where both may exist.
    """
    # The folder may hold ten thousand names: it is only listed when one of them can count.
    if _is_readable(wanted.parent) and not any(map(os.path.lexists, _spellings(wanted))):
        return None
    try:
        names = os.listdir(wanted.parent)  # noqa: PTH208 - names alone, no stat for each
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NotWritableError(
            f"The folder {wanted.parent.name} cannot be read: {error.strerror}.", wanted
        ) from error
    if wanted.name in names:
        return wanted
    lower = wanted.name.lower()
    alike = sorted(name for name in names if name.lower() == lower)
    ignores_case = bool(alike) and os.path.lexists(wanted)
    for name in alike:
        if ignores_case or PurePath(name).stem == wanted.stem:
            return wanted.with_name(name)
    return None
