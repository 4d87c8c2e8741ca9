"""LUT files → creative profiles of Lightroom and Camera Raw, in the folder where these look.

A profile's table has 32 steps at most and 16 bits (Adobe DNG SDK 1.7, dng_rgb_table). Ports of the
SDK's renderer go through it tetrahedrally, and cut off what lies outside the table's colors or, to
*extend*, add it to the result again.
"""

from __future__ import annotations

import os
import platform
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sidelight.errors import LutError, SidelightError
from sidelight.imaging.lut import LUT_EXTENSIONS, apply_lut, read_lut
from sidelight.recipe import Lut3D
from sidelight.workflows.result import joined, sentence
from sidelight_xmp.atomic import remove_stale_temps, write_sidecar
from sidelight_xmp.crs.profile import profile_to_bytes
from sidelight_xmp.crs.rgb_table import Gamma, Gamut, Primaries, RGBTable
from sidelight_xmp.errors import SidecarError

PRIMARIES = dict(
    zip(("srgb", "adobe-rgb", "prophoto", "display-p3", "rec2020"), Primaries, strict=True)
)
GAMMAS = dict(zip(("linear", "srgb", "1.8", "2.2", "rec2020"), Gamma, strict=True))
GAMUTS = {"clip": Gamut.CLIP, "extend": Gamut.EXTEND}

MAXIMUM_STEPS = 32
"""Steps on an axis of a profile's table."""

_WHITE = 65535
_GREY_TOLERANCE = 1 / 255
_UNSAFE = re.compile('[\x00-\x1f\x7f<>:"/\\\\|?*\ud800-\udfff\ufffe\uffff]')


@dataclass(frozen=True)
class ProfileOptions:
    """What profiles are to say about their tables.

    Attributes:
        group: The folder of the profile browser.
        primaries: The colors that the LUTs were made for.
        gamma: The encoding that they were made for.
        gamut: What happens beyond these colors and above SDR white; None: extend, but clip where a
            LUT makes greys only, which would let colors through.
        amounts: Lowest and highest strength, 0 to 1 and 1 to 2.
    """

    group: str = "Sidelight"
    primaries: Primaries = Primaries.SRGB
    gamma: Gamma = Gamma.SRGB
    gamut: Gamut | None = None
    amounts: tuple[float, float] = (0.0, 2.0)


@dataclass(frozen=True)
class Made:
    """What became of one LUT.

    Attributes:
        lut: Its file.
        status: `"unchanged"`: the profile is there already; `"kept"`: another of this name is.
        reason: One sentence, empty when there is nothing to add.
        name: The profile's name, empty when the LUT cannot be read.
        profile: Its file, or None.
    """

    lut: Path
    status: Literal["written", "unchanged", "kept", "error"]
    reason: str = ""
    name: str = ""
    profile: Path | None = None

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        profile = None if self.profile is None else str(self.profile)
        return {**vars(self), "lut": str(self.lut), "profile": profile}


def camera_raw_folder() -> Path:
    """Return the folder of ours in which Lightroom and Camera Raw look for profiles.

    Raises:
        SidelightError: There is none on this system, or neither program was ever started.
    """
    system = platform.system()
    if system == "Darwin":
        base = Path.home() / "Library" / "Application Support"
    elif system == "Windows":
        base = Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    else:
        raise SidelightError(
            f"Lightroom does not run on {system}, so there is no folder to install a profile in; "
            "name one with --output"
        )
    folder = base / "Adobe" / "CameraRaw"
    if not folder.is_dir():
        raise SidelightError(
            f"Camera Raw's folder was not found (looked for {folder}); start Lightroom once, "
            "or name a folder with --output"
        )
    return folder / "Settings" / "Sidelight"


def find_luts(named: Iterable[Path]) -> list[Path]:
    """Return files as they are named, each once, and of a folder the LUT files in it, sorted.

    Raises:
        LutError: There is no LUT in a folder.
    """
    found = []
    for path in named:
        if not path.is_dir():
            found.append(path)
            continue
        inside = [one for one in sorted(path.iterdir()) if one.suffix.lower() in LUT_EXTENSIONS]
        if not inside:
            raise LutError(f"there is no LUT in {path}")
        found += inside
    return list(dict.fromkeys(found))


def profile_name(text: str) -> str:
    """Return a text as the name of a profile, which is also that of a file."""
    return _UNSAFE.sub("_", text).strip(" .") or "LUT"


def make_profiles(
    luts: Sequence[Path],
    options: ProfileOptions,
    folder: Path,
    *,
    first_versions: Path,
    batch: str,
    name: str | None = None,
    overwrite: bool = False,
) -> Iterator[Made]:
    """Write a profile for each LUT.

    Args:
        luts: Files that `imaging.lut.read_lut` takes.
        options: What the profiles say.
        folder: Where they go; made if it is not there.
        first_versions: Keeps what is replaced, for `undo`.
        batch: Name under which one `undo` finds all of them.
        name: The profile's name, of one LUT; None names each after its file.
        overwrite: Replace a profile of the same name that holds something else.

    Raises:
        OSError: The folder cannot be made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    remove_stale_temps(folder)
    made: dict[str, Path] = {}
    for lut in luts:
        called = name or profile_name(lut.stem)
        # Some file systems take names that differ in case only for the same.
        first = made.setdefault(called.casefold(), lut)
        if first is not lut:
            yield Made(lut, "error", f"its profile would have the name of that of {first}")
            continue
        path = folder / f"{called}.xmp"
        try:
            data, notes = _profile(lut, called, options)
            status = _write(path, data, first_versions, batch, overwrite=overwrite)
        except (SidelightError, SidecarError, OSError) as error:
            yield Made(lut, "error", sentence(error).replace("sidecar", "profile"))
            continue
        if status == "kept":
            notes = f"{path.name} exists and is another; --overwrite replaces it"
        yield Made(lut, status, notes, called, path)


def lut_to_table(lut: Lut3D, options: ProfileOptions) -> RGBTable:
    """Return a LUT as a profile's table, exact to 16 bits up to `MAXIMUM_STEPS` steps.

    A larger LUT is sampled tetrahedrally; outputs are limited to 0 to 1.
    """
    table = lut.table
    if lut.size > MAXIMUM_STEPS:
        table = apply_lut(Lut3D.identity(MAXIMUM_STEPS).table, lut)
    codes = np.rint(np.clip(table.astype(np.float64), 0.0, 1.0) * _WHITE).astype(np.uint16)
    gamut = options.gamut
    if gamut is None:
        gamut = Gamut.CLIP if _is_grey(lut.table) else Gamut.EXTEND
    return RGBTable(
        len(table),
        array("H", codes.tobytes()),
        primaries=options.primaries,
        gamma=options.gamma,
        gamut=gamut,
        min_amount=options.amounts[0],
        max_amount=options.amounts[1],
    )


def table_to_lut(table: RGBTable, title: str = "") -> Lut3D:
    """Return a profile's table as a LUT in the table's own colors and encoding.

    Raises:
        LutError: The table has one dimension.
    """
    if table.dimensions != 3:
        raise LutError("the profile's table is a curve, not a 3D LUT")
    codes = np.asarray(table.samples, dtype=np.float64)
    size = table.divisions
    return Lut3D((codes / _WHITE).astype(np.float32).reshape(size, size, size, 3), title)


def _is_grey(table: NDArray[np.float32]) -> bool:
    return bool(np.ptp(table, axis=-1).max() <= _GREY_TOLERANCE)


def _profile(path: Path, name: str, options: ProfileOptions) -> tuple[bytes, str]:
    """Return the profile of a LUT file, and what there is to say about it."""
    lut = read_lut(path)
    table = lut_to_table(lut, options)
    step = 1 / _WHITE
    is_limited = lut.table.min() < -step or lut.table.max() > 1 + step
    notes = joined(
        f"resampled to {MAXIMUM_STEPS} steps" if lut.size > MAXIMUM_STEPS else "",
        "outputs beyond 0 to 1 were limited" if is_limited else "",
    )
    data = profile_to_bytes(
        name,
        options.group,
        table,
        # What is clipped at SDR white has nothing left for an HDR photo.
        supports_hdr=table.gamut == Gamut.EXTEND,
        description="Made by Sidelight",
    )
    return data, notes


def _write(
    path: Path, data: bytes, first_versions: Path, batch: str, *, overwrite: bool
) -> Literal["written", "unchanged", "kept"]:
    kept = False

    def make(existing: bytes | None) -> bytes | None:
        nonlocal kept
        kept = existing not in (None, data) and not overwrite
        return None if kept else data

    result = write_sidecar(path, make, first_versions, batch=batch)
    return "kept" if kept else result.status
