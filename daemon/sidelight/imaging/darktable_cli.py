"""darktable's command line, run so that it disturbs no darktable of the user's.

Every run has its own home, configuration and cache folder, no library, no user presets, no OpenCL
and one thread: it meets no lock, touches no settings and gives the same pixels everywhere.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sidelight.errors import ToolError, UnreadableError
from sidelight.imaging.program import run_apart

_PROFILE = "LIN_REC2020"
_PROGRAM = "darktable-cli"
_USUAL_PLACES = (
    "/Applications/darktable.app/Contents/MacOS/darktable-cli",
    r"C:\Program Files\darktable\bin\darktable-cli.exe",
)
_TROUBLE = (
    "mismatch",
    "not installed",
    "missing tags",
    "[lut3d]",
    "not used but enabled",
    "found auto_presets_applied but there was no history",
    "cannot get iop-order for",
    "failed for type",
)


def darktable_cli() -> str:
    """Return the path of darktable-cli.

    Raises:
        ToolError: It is not installed.
    """
    found = shutil.which(_PROGRAM) or next(filter(os.path.isfile, _USUAL_PLACES), None)
    if found is None:
        raise ToolError("darktable-cli is not installed or not on the PATH")
    return found


def run_darktable_cli(
    inputs: Sequence[str],
    folder: Path,
    *,
    size_px: int = 0,
    lut_root: Path | None = None,
    timeout_s: float,
) -> tuple[str, ...]:
    """Export to linear Rec.2020 and return what darktable complained about, line by line.

    It ends with this process, even where that one is killed.

    Args:
        inputs: What comes first on its command line: the photo, its sidecar, the output.
        folder: A private one; what darktable keeps for itself goes there.
        size_px: Longest side, 0 for full size.
        lut_root: Folder that `lut3d` entries name their file in.
        timeout_s: When to give up.

    Raises:
        ToolError: darktable-cli is missing, failed or took too long.
    """
    command = [
        darktable_cli(), *inputs, "--icc-type", _PROFILE, "--hq", "1",
        "--width", str(size_px), "--height", str(size_px), "--apply-custom-presets", "0",
        "--core", "--configdir", str(folder / "config"), "--cachedir", str(folder / "cache"),
        "--disable-opencl", "-t", "1",
    ]  # fmt: skip
    if lut_root is not None:
        command += ["--conf", f"plugins/darkroom/lut3d/def_path={lut_root}"]
    # Told where to keep its settings, darktable makes folders in the user's home all the same.
    return run_apart(_PROGRAM, command, folder, timeout_s)


def dropped_entries(stderr: Sequence[str]) -> tuple[str, ...]:
    """Return the lines that say an entry was dropped, changed or ignored.

    darktable exits with 0 all the same.
    """
    return tuple(line for line in stderr if any(mark in line for mark in _TROUBLE))


def read_pfm(path: Path) -> NDArray[np.float32]:
    """Read a color portable float map, shape (H, W, 3), top row first.

    Raises:
        UnreadableError: It is not one, or is cut off.
    """
    return np.array(map_pfm(path), dtype=np.float32, order="C")


def map_pfm(path: Path) -> NDArray[np.float32]:
    """As `read_pfm`, but read-only and left in the file until a part of it is looked at."""
    try:
        with path.open("rb") as file:
            kind, size, scale = (file.readline(64) for _ in range(3))
            width, height = (int(word) for word in size.split())
            begin, end = file.tell(), file.seek(0, os.SEEK_END)
        if kind != b"PF\n" or min(width, height) < 1 or end - begin < 12 * width * height:
            raise ValueError
        order = "<" if float(scale) < 0 else ">"
        flat = np.memmap(path, f"{order}f4", "r", begin, (height, width, 3))
    except (OSError, ValueError) as error:
        raise UnreadableError(f"{path.name} is not a whole portable float map") from error
    return flat[::-1]
