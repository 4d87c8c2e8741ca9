"""A LUT file, or the table of a creative profile, → a LUT file of another kind."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sidelight.errors import LutError
from sidelight.imaging.lut import read_lut, write_lut
from sidelight.recipe import Lut3D
from sidelight.workflows.lut_profile import GAMMAS, PRIMARIES, table_to_lut
from sidelight.workflows.result import joined
from sidelight_xmp.crs.look import plain_text, read_preset_header, read_rgb_table
from sidelight_xmp.crs.rgb_table import RGBTable
from sidelight_xmp.crs.settings import has_edit, read_settings
from sidelight_xmp.errors import SidecarError
from sidelight_xmp.files import read_snapshot
from sidelight_xmp.packet import Packet
from sidelight_xmp.properties import read_property

PROFILE_EXTENSION = ".xmp"


@dataclass(frozen=True)
class Converted:
    """What became of one LUT.

    Attributes:
        source: What was read.
        lut: What was to be written.
        status: `"kept"`: that file is there already.
        reason: One sentence, empty when there is nothing to add.
    """

    source: Path
    lut: Path
    status: Literal["written", "kept"]
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {**vars(self), "source": str(self.source), "lut": str(self.lut)}


def convert_lut(source: Path, target: Path, *, overwrite: bool = False) -> Converted:
    """Write a LUT as another kind of file.

    Args:
        source: A profile, or a file that `imaging.lut.read_lut` takes.
        target: A file that `imaging.lut.write_lut` writes.
        overwrite: Replace it where it is there.

    Raises:
        LutError: The source cannot be read, or the target not be written.
    """
    if source.suffix.lower() == PROFILE_EXTENSION:
        lut, notes = read_profile_lut(source)
    else:
        lut, notes = read_lut(source), ""
    if os.path.lexists(target) and not overwrite:
        return Converted(source, target, "kept", f"{target.name} exists; --overwrite replaces it")
    write_lut(target, lut)
    return Converted(source, target, "written", notes)


def read_profile_lut(path: Path) -> tuple[Lut3D, str]:
    """Return the table of a profile as a LUT, and what to know about it.

    Raises:
        LutError: The file is no profile with a 3D table, or is damaged.
    """
    try:
        found = read_snapshot(path.resolve())
        if found is None:
            raise LutError("the profile is missing")
        packet = Packet.from_bytes(found.data)
        header, table = read_preset_header(packet), read_rgb_table(packet)
    except SidecarError as error:
        raise LutError(str(error).replace("sidecar", "profile")) from error
    except OSError as error:
        raise LutError(f"the profile cannot be read: {error.strerror}") from error
    if header is None or table is None:
        raise LutError(f"{path.name} holds no LUT: it is no profile with an RGB table")
    return table_to_lut(table, header.name), joined(_space(table), _left_out(packet))


def _space(table: RGBTable) -> str:
    primaries = {value: name for name, value in PRIMARIES.items()}[table.primaries]
    gamma = {value: name for name, value in GAMMAS.items()}[table.gamma]
    return f"made for primaries {primaries}, gamma {gamma}"


def _left_out(packet: Packet) -> str:
    """Say what of the profile's look is not in its table."""
    parts = []
    if read_property(packet, "crs:LookTable") is not None:
        parts.append("look table")
    if plain_text(read_property(packet, "crs:RGBTableAmount")) not in (None, "1"):
        parts.append("table amount")
    if has_edit(read_settings(packet)):
        parts.append("develop settings")
    return f"the profile's {', '.join(parts)} cannot be in it" if parts else ""
