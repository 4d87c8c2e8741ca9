"""Renders by the real RawTherapee with its *Auto-Matched Curve*, the rival at matching a camera.

`rawtherapee-cli` runs in a home of its own, so that no setting of the user's takes part.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sidelight.errors import ToolError
from sidelight.imaging.program import run_apart
from sidelight.imaging.raster import read_raster
from sidelight.imaging.scratch import scratch_folder

PROFILE = "Auto-Matched Curve - ISO Low.pp3"
"""RawTherapee's own profile whose tone curve it makes from the embedded JPEG."""

_WITHOUT_LENS = "[RAW]\nCA=false\n"
"""A virtual camera has no lens: the correction of lateral color would find one all the same, and
fringe every edge."""

_PROGRAM = "rawtherapee-cli"
_LARGEST_PX = 1 << 16


def rawtherapee_cli() -> str:
    """Return the path of rawtherapee-cli.

    Raises:
        ToolError: It is not installed.
    """
    found = shutil.which(_PROGRAM)
    if found is None:
        raise ToolError(f"{_PROGRAM} is not installed or not on the PATH")
    return found


def auto_matched_profile() -> Path:
    """Return the profile *Auto-Matched Curve - ISO Low* that came with RawTherapee.

    Raises:
        ToolError: RawTherapee or its profile is missing.
    """
    path = Path(rawtherapee_cli()).resolve().parents[1] / "share/rawtherapee/profiles" / PROFILE
    if not path.is_file():
        raise ToolError(f"RawTherapee's profile {PROFILE!r} is missing")
    return path


def render_rawtherapee(
    photos: Sequence[Path], *, profile: Path | None = None, timeout_s: float = 600.0
) -> list[NDArray[np.float32]]:
    """Render photos in one run of RawTherapee, at full size.

    Args:
        photos: The RAWs; they and what lies beside them are not touched.
        profile: A `.pp3`; the auto-matched curve when absent.
        timeout_s: When to give up.

    Returns:
        One float32 array per photo, shape (H, W, 3), display-linear Rec.2020, upright. RawTherapee
        leaves out a border of four pixels.

    Raises:
        ToolError: rawtherapee-cli is missing, failed or took too long.
    """
    if not photos:
        return []
    profile = profile or auto_matched_profile()
    with scratch_folder() as folder:
        (folder / "in").mkdir()
        (folder / "out").mkdir()
        links = [folder / "in" / f"{n:05d}{photo.suffix}" for n, photo in enumerate(photos)]
        for link, photo in zip(links, photos, strict=True):
            link.symlink_to(photo.resolve())
        overrides = folder / "without_lens.pp3"
        overrides.write_text(_WITHOUT_LENS, encoding="ascii")
        _run(folder, (profile, overrides), links, timeout_s)
        return [
            _result(folder / "out" / f"{link.stem}.tif", photo)
            for link, photo in zip(links, photos, strict=True)
        ]


def _run(folder: Path, profiles: Sequence[Path], photos: Sequence[Path], timeout_s: float) -> None:
    command = [rawtherapee_cli(), "-q", "-o", str(folder / "out")]
    for profile in profiles:
        command += ["-p", str(profile)]
    command += ["-b16", "-t", "-Y", "-c", *map(str, photos)]
    run_apart(_PROGRAM, command, folder, timeout_s)


def _result(path: Path, photo: Path) -> NDArray[np.float32]:
    if not path.exists():
        raise ToolError(f"{_PROGRAM} wrote nothing for {photo.name}")
    return read_raster(path, _LARGEST_PX).rgb
