"""GoPro's GPR: a DNG with sensor values compressed by VC-5 (SMPTE ST 2073), which LibRaw refuses.

darktable unpacks them. Its command line gets a history that leaves sensor values alone: no black
level, no crop, no gain maps, equal multipliers, one channel per pixel, no turning. With what it
exports the file becomes an uncompressed DNG in memory, which goes the way of any other.
"""

from __future__ import annotations

import struct
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sidelight.errors import ToolError, UnreadableError
from sidelight.imaging.darktable_cli import (
    darktable_cli,
    dropped_entries,
    map_pfm,
    run_darktable_cli,
)
from sidelight.imaging.scratch import scratch_folder
from sidelight.imaging.tiff import Ifd

TIMEOUT_S = 60.0

NEEDS_DARKTABLE = (
    "GoPro's GPR files are read with darktable's help: install darktable from www.darktable.org, "
    "with darktable-cli on the search path"
)

_COMPRESSION = 9
_COLOR_FILTER_ARRAY = 32803
_LINEARIZATION_TABLE = 50712
_MAGIC = b"VC-5"
_MOST_SAMPLES_PER_BYTE = 64
"""VC-5 stores every eighth sample of every eighth row at no less than eight bits."""

_EXPOSURE_EV = -7.0
"""darktable passes through L*a*b*, of which it computes cube roots to 1e-4 only. Below 0.0088 no
root is taken: so far down all 16 bits come out exact."""

_MOST_ODD = 0.25
"""An export further from whole sensor values is not what was asked for."""


def is_vc5(sensor: Ifd) -> bool:
    """Whether a DNG's sensor data are in the one form that only darktable unpacks."""
    return (
        sensor.number(259) == _COMPRESSION
        and sensor.number(262) == _COLOR_FILTER_ARRAY
        and sensor.number(277, 1) == 1
        and sensor.numbers(33421) == (2, 2)
        and not sensor.numbers(_LINEARIZATION_TABLE)
    )


def plain_dng(path: Path, sensor: Ifd) -> bytes:
    """Return a GPR as an uncompressed DNG; all its tags but those of the storage are kept.

    Args:
        path: The file; it is only read.
        sensor: Its directory of sensor data, which `is_vc5` accepts.

    Raises:
        UnreadableError: darktable is not there or cannot unpack it, or it is damaged.
    """
    data = path.read_bytes()
    width, height = int(sensor.number(256)), int(sensor.number(257))
    if width * height > _MOST_SAMPLES_PER_BYTE * len(data):
        raise UnreadableError("the picture claims more pixels than the file can hold")
    begin = next((offset for offset, _ in sensor.extents()), 0)
    if not data.startswith(_MAGIC, begin):
        raise UnreadableError("the file is damaged: its sensor data are missing")
    try:
        darktable_cli()
    except ToolError as error:
        raise UnreadableError(NEEDS_DARKTABLE) from error
    values = unpack(data)
    if values.shape != (height, width):
        raise UnreadableError("darktable finds another picture in this file than its header tells")
    return _with_values(data, sensor, values)


def unpack(data: bytes) -> NDArray[np.uint16]:
    """Return the sensor values of a raw file that darktable reads, shape (H, W), as stored.

    Args:
        data: The whole file. darktable sees a copy in a folder of its own, so that neither the
            photo's name nor what lies beside it matters.

    Raises:
        UnreadableError: darktable cannot, takes too long, or gives something else.
    """
    try:
        with scratch_folder() as folder:
            photo, sidecar, out = (folder / name for name in ("photo.gpr", "as_is.xmp", "out.pfm"))
            photo.write_bytes(data)
            sidecar.write_bytes(_sidecar())
            inputs = [str(photo), str(sidecar), str(out)]
            complaints = dropped_entries(run_darktable_cli(inputs, folder, timeout_s=TIMEOUT_S))
            if complaints:
                raise ToolError("; ".join(complaints))
            scale = np.float32(65535.0 * 2.0**-_EXPOSURE_EV)
            exported = map_pfm(out)[..., 1] * scale
    except (ToolError, UnreadableError) as error:
        # What darktable said names places on this computer.
        raise UnreadableError("darktable cannot unpack this file's sensor data") from error
    whole = np.rint(exported)
    if not (np.abs(exported - whole) <= _MOST_ODD).all() or whole.min() < 0 or whole.max() > 65535:
        raise UnreadableError("this version of darktable does not give sensor values as they are")
    return whole.astype(np.uint16)


@cache
def _sidecar() -> bytes:
    """Return the history; layouts after darktable 4.2.1, later versions read them too."""
    from sidelight_xmp.darktable import History, HistoryEntry, merge_history

    untouched_levels = struct.pack("<4i4HHxxi", 0, 0, 0, 0, 0, 0, 0, 0, 65535, 0)
    monochrome = struct.pack("<if3if", 0, 0.0, 0, 3, 0, 0.0)
    linear_rec2020 = struct.pack("<i512s4i512s", 4, b"", 0, 0, 0, 4, b"")
    as_stored = struct.pack("<i", 0)
    entries = (
        HistoryEntry("rawprepare", True, 2, untouched_levels),
        HistoryEntry.from_values("temperature", {"red": 1.0, "green": 1.0, "blue": 1.0}),
        HistoryEntry.from_values("highlights", {"mode": "clip"}),
        HistoryEntry("demosaic", True, 4, monochrome),
        HistoryEntry.from_values("exposure", {"exposure": _EXPOSURE_EV}),
        HistoryEntry("colorin", True, 7, linear_rec2020),
        HistoryEntry("flip", True, 2, as_stored),
    )
    return merge_history(None, History(entries, history_end=len(entries)))


def _with_values(data: bytes, sensor: Ifd, values: NDArray[np.uint16]) -> bytes:
    """Return a TIFF whose directory `sensor` shows these samples, uncompressed, in one piece."""
    order = "<" if data[:2] == b"II" else ">"
    start = len(data) + len(data) % 2
    samples = values.astype(f"{order}u2").tobytes()
    height, width = values.shape
    facts = {258: 16, 259: 1, 273: start, 278: height, 279: len(samples)}
    facts |= {322: width, 323: height, 324: start, 325: len(samples)}
    plain = bytearray(data.ljust(start, b"\0"))
    (count,) = struct.unpack_from(order + "H", data, sensor.offset)
    for entry in range(sensor.offset + 2, sensor.offset + 2 + 12 * count, 12):
        (tag,) = struct.unpack_from(order + "H", data, entry)
        if tag in facts:
            struct.pack_into(order + "HHII", plain, entry, tag, 4, 1, facts[tag])
    return bytes(plain + samples)
