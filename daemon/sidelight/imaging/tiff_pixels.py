"""Samples of a TIFF at their full depth, where Pillow would cut them to eight bits or refuse.

Covers what editors export: 16-bit integers and 16- or 32-bit floats, interleaved, in strips or
tiles, plain or deflated, with or without the horizontal predictor.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sidelight.errors import UnreadableError
from sidelight.imaging.tiff import Ifd

_DEFLATE = (8, 32946)


def read_deep_tiff(path: Path, ifd: Ifd) -> NDArray[Any] | None:
    """Return uint16 or float32 samples, shape (H, W, 3), or None when Pillow serves better.

    Args:
        path: The file.
        ifd: The directory of the wanted picture.

    Raises:
        UnreadableError: The file is cut off or its data do not fit its dimensions.
    """
    kind = _sample_type(ifd)
    compression = int(ifd.number(259, 1))
    predictor = int(ifd.number(317, 1))
    if kind is None or compression not in (1, *_DEFLATE) or predictor not in (1, 2):
        return None
    if int(ifd.number(284, 1)) != 1 or (predictor == 2 and kind.kind == "f"):
        return None
    with path.open("rb") as file:
        if file.read(2) == b"MM":
            kind = kind.newbyteorder(">")
        samples = _assemble(file, ifd, kind, compression, predictor)
    return samples[..., :3] if samples.shape[2] >= 3 else np.repeat(samples[..., :1], 3, axis=2)


def _sample_type(ifd: Ifd) -> np.dtype[Any] | None:
    bits = set(ifd.numbers(258))
    form = int(ifd.number(339, 1))
    if int(ifd.number(262, -1)) not in (1, 2) or len(bits) != 1:
        return None
    codes = {(16, 1): "<u2", (16, 3): "<f2", (32, 3): "<f4"}
    code = codes.get((int(bits.pop()), form))
    return None if code is None else np.dtype(code)


def _assemble(
    file: Any, ifd: Ifd, kind: np.dtype[Any], compression: int, predictor: int
) -> NDArray[Any]:
    width, height = int(ifd.number(256)), int(ifd.number(257))
    samples = int(ifd.number(277, 1))
    tiled = 324 in ifd.tags
    block_w = int(ifd.number(322)) if tiled else width
    block_h = int(ifd.number(323)) if tiled else min(int(ifd.number(278, height)), height)
    if not (0 < block_w <= width + 4096 and 0 < block_h <= height + 4096 and 1 <= samples <= 8):
        raise UnreadableError("the picture's strips do not fit its size")
    across = -(-width // block_w)
    whole = block_w * block_h * samples * kind.itemsize
    kept = min(samples, 3)
    out = np.zeros((height, width, kept), np.float32 if kind.kind == "f" else np.uint16)
    for index, (offset, count) in enumerate(ifd.extents()):
        top, left = index // across * block_h, index % across * block_w
        if top >= height:
            break
        file.seek(offset)
        data = file.read(count)
        if compression in _DEFLATE:
            data = zlib.decompressobj().decompress(data, whole)
        rows = block_h if tiled else min(block_h, height - top)
        need = rows * block_w * samples
        if len(data) < need * kind.itemsize:
            raise UnreadableError("the file is cut off: picture data are missing")
        block = np.frombuffer(data, kind, need).reshape(rows, block_w, samples)
        if predictor == 2:
            block = np.cumsum(block, axis=1, dtype=np.uint16)
        out[top : top + rows, left : left + block_w] = block[: height - top, : width - left, :kept]
    return out
