"""3D LUT files through OpenColorIO: read, write, apply.

Whatever the file's domain or shaper, a read table covers [0, 1]^3: OpenColorIO evaluates the file
at the lattice. Files are checked before OpenColorIO sees them, so that no header can claim memory.
"""

from __future__ import annotations

import os
import re
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sidelight.errors import LutError
from sidelight.imaging.color import REC2020_TO_SRGB, SRGB_TO_REC2020, apply_matrix
from sidelight.imaging.transfer import srgb_decode, srgb_encode
from sidelight.recipe.lut import MAXIMUM_SIZE, Lut3D

LUT_EXTENSIONS: frozenset[str] = frozenset((".cube", ".3dl", ".clf", ".ctf", ".csp", ".spi3d"))
"""File name extensions that `read_lut` takes, lower case."""

MAXIMUM_BYTES = 96 << 20
_LONGEST_LINE = 4096
_SAMPLED_SIZE = 33
_LARGEST = 1e6


def read_lut(path: Path) -> Lut3D:
    """Return the LUT of a file.

    Args:
        path: A .cube, .3dl, CLF, .csp or .spi3d file.

    Raises:
        LutError: It cannot be read, is damaged, or is too large.
    """
    path = Path(path)
    extension = path.suffix.lower()
    if extension not in LUT_EXTENSIONS:
        raise LutError(f"{extension or 'a file without extension'} is not a known kind of LUT")
    data = _read(path)
    size, title = _SAMPLED_SIZE, path.stem
    if extension == ".cube":
        data, size, title = _checked_cube(data, path.stem)
    elif b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise LutError("the LUT file declares XML entities, which is refused")
    else:
        claimed = [int(n) for n in re.findall(rb"(?:gridSize|dim)\s*=\s*\"(\d{1,9})", data)]
        if any(n > 1 << 20 for n in claimed):
            raise LutError("the LUT file claims more entries than it holds")
    with tempfile.TemporaryDirectory(prefix="sidelight-lut-") as folder:
        copy = Path(folder) / f"table{extension}"
        copy.write_bytes(data)
        table = _evaluate(copy, size if extension == ".cube" else None)
    if not np.isfinite(table).all() or np.abs(table).max() > _LARGEST:
        raise LutError("the LUT holds values that are not usable numbers")
    return Lut3D(table, title)


def write_lut(path: Path, lut: Lut3D) -> None:
    """Write a LUT; the file is complete or absent.

    Args:
        path: Its extension decides: .cube, .3dl (12 bit) or .clf.
        lut: The table.

    Raises:
        LutError: Another extension, or the file cannot be written.
    """
    path = Path(path)
    extension = path.suffix.lower()
    if extension == ".cube":
        text = _cube_text(lut)
    elif extension in (".3dl", ".clf"):
        text = _baked_text(lut, extension)
    else:
        raise LutError(f"LUTs are written as .cube, .3dl or .clf, not {extension or 'nothing'}")
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        draft.write_text(text, encoding="utf-8", newline="\n")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise LutError(f"the LUT cannot be written: {error.strerror}") from error


def apply_lut(code: NDArray[Any], lut: Lut3D) -> NDArray[np.float32]:
    """Return code values (..., 3) through the table, tetrahedral; input is limited to 0..1."""
    pixels = np.array(code, dtype=np.float32, order="C")
    if pixels.size:
        _processor(lut).applyRGB(pixels)
    return pixels


def apply_display_lut(rgb: Any, lut: Lut3D | None, amount: float = 1.0) -> Any:
    """Return display-linear Rec.2020 through a look made for sRGB code values.

    Pixels above SDR white are divided by their largest channel, sent through the table and brought
    back, so that a look keeps the headroom.

    Args:
        rgb: Shape (..., 3), a numpy array or a torch tensor (no gradient passes).
        lut: The look, or None.
        amount: 0 leaves the picture, 1 is the look, up to 2 exaggerates it, in code values.
    """
    if lut is None or amount == 0.0:
        return rgb
    pixels = rgb if isinstance(rgb, np.ndarray) else rgb.detach().cpu().numpy()
    light = apply_matrix(pixels, REC2020_TO_SRGB)
    scale = np.maximum(light.max(axis=-1, keepdims=True), 1.0)
    code = srgb_encode(np.clip(light / scale, 0.0, 1.0))
    looked = code + np.asarray(amount, code.dtype) * (apply_lut(code, lut) - code)
    out = apply_matrix(srgb_decode(looked), SRGB_TO_REC2020) * scale
    return out.astype(pixels.dtype) if isinstance(rgb, np.ndarray) else rgb.new_tensor(out)


@lru_cache(maxsize=8)
def _processor(lut: Lut3D) -> Any:
    import PyOpenColorIO as ocio

    transform = ocio.Lut3DTransform(lut.size)
    transform.setData(np.ascontiguousarray(lut.table).reshape(-1))
    transform.setInterpolation(ocio.INTERP_TETRAHEDRAL)
    processor = ocio.Config.CreateRaw().getProcessor(transform)
    return processor.getOptimizedCPUProcessor(
        ocio.BIT_DEPTH_F32, ocio.BIT_DEPTH_F32, ocio.OPTIMIZATION_LOSSLESS
    )


def _read(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise LutError("the LUT file is missing or no regular file")
        if path.stat().st_size > MAXIMUM_BYTES:
            raise LutError("the LUT file is larger than 96 MB")
        return path.read_bytes()
    except OSError as error:
        raise LutError(f"the LUT file cannot be read: {error.strerror}") from error


def _checked_cube(data: bytes, stem: str) -> tuple[bytes, int, str]:
    """Return a .cube file with plain line ends, its lattice size and its title."""
    data = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    sizes: dict[bytes, int] = {}
    title, rows, start = stem, 0, 0
    while start < len(data):
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        if end - start > _LONGEST_LINE:
            raise LutError("the LUT file has a line too long to be one")
        words = data[start:end].split()
        start = end + 1
        if not words or words[0].startswith(b"#"):
            continue
        if words[0] in (b"LUT_3D_SIZE", b"LUT_1D_SIZE"):
            sizes[words[0]] = _cube_size(words)
        elif words[0] == b"TITLE":
            title = b" ".join(words[1:]).strip(b'"').decode("utf-8", "replace")[:120] or stem
        elif words[0][:1] in b"+-.0123456789" or words[0][:3].lower() in (b"nan", b"inf"):
            rows += 1
            _check_row(words)
    needed = sizes.get(b"LUT_3D_SIZE", 0) ** 3 + sizes.get(b"LUT_1D_SIZE", 0)
    if not sizes or rows != needed:
        raise LutError(f"the LUT file holds {rows} rows where its header asks for {needed}")
    return data, sizes.get(b"LUT_3D_SIZE", _SAMPLED_SIZE), title


def _check_row(words: list[bytes]) -> None:
    try:
        numbers = [float(word) for word in words[:3]]
    except ValueError as error:
        raise LutError("the LUT file holds a row that is not three numbers") from error
    if len(numbers) != 3 or not all(abs(number) <= _LARGEST for number in numbers):
        raise LutError("the LUT file holds a row that is not three usable numbers")


def _cube_size(words: list[bytes]) -> int:
    limit = MAXIMUM_SIZE if words[0] == b"LUT_3D_SIZE" else 65536
    try:
        size = int(words[1]) if len(words) == 2 else 0
    except ValueError:
        size = 0
    if not 2 <= size <= limit:
        raise LutError(f"the LUT file's size is not between 2 and {limit}")
    return size


def _evaluate(path: Path, size: int | None) -> NDArray[np.float32]:
    """Return the file's colours at a lattice over [0, 1]^3, its own when it has one."""
    import PyOpenColorIO as ocio

    try:
        config = ocio.Config.CreateRaw()
        transform = ocio.FileTransform(str(path), interpolation=ocio.INTERP_BEST)
        processor = config.getProcessor(transform)
        if size is None:
            size = _lattice_size(processor)
        cpu = processor.getOptimizedCPUProcessor(
            ocio.BIT_DEPTH_F32, ocio.BIT_DEPTH_F32, ocio.OPTIMIZATION_LOSSLESS
        )
        table = np.array(Lut3D.identity(size).table, dtype=np.float32, order="C")
        cpu.applyRGB(table)
    except ocio.Exception as error:
        reason = str(error).replace(str(path), "the file").splitlines()[0][:160]
        raise LutError(f"the LUT file cannot be read: {reason}") from error
    finally:
        ocio.ClearAllCaches()
    return table


def _lattice_size(processor: Any) -> int:
    import PyOpenColorIO as ocio

    group = processor.createGroupTransform()
    sizes = [t.getGridSize() for t in group if isinstance(t, ocio.Lut3DTransform)]
    size = max(sizes, default=_SAMPLED_SIZE)
    if size > MAXIMUM_SIZE:
        raise LutError(f"the LUT has more than {MAXIMUM_SIZE} steps on an axis")
    return size


def _cube_text(lut: Lut3D) -> str:
    title = re.sub(r'["\r\n]', " ", lut.title).strip() or "Sidelight"
    head = [f'TITLE "{title}"', f"LUT_3D_SIZE {lut.size}"]
    head += ["DOMAIN_MIN 0.0 0.0 0.0", "DOMAIN_MAX 1.0 1.0 1.0"]
    red_fastest = lut.table.transpose(2, 1, 0, 3).reshape(-1, 3)
    rows = [f"{r:.7g} {g:.7g} {b:.7g}" for r, g, b in red_fastest.tolist()]
    return "\n".join([*head, *rows, ""])


def _baked_text(lut: Lut3D, extension: str) -> str:
    import PyOpenColorIO as ocio

    transform = ocio.Lut3DTransform(lut.size)
    transform.setData(np.ascontiguousarray(lut.table).reshape(-1))
    transform.setInterpolation(ocio.INTERP_TETRAHEDRAL)
    config = ocio.Config.CreateRaw()
    if extension == ".clf":
        group = ocio.GroupTransform([transform])
        return str(group.write("Academy/ASC Common LUT Format", config))
    config.addColorSpace(
        ocio.ColorSpace(ocio.REFERENCE_SPACE_SCENE, "look", fromReference=transform)
    )
    config.addColorSpace(ocio.ColorSpace(ocio.REFERENCE_SPACE_SCENE, "plain"))
    baker = ocio.Baker()
    baker.setConfig(config)
    baker.setFormat("flame")
    baker.setInputSpace("plain")
    baker.setTargetSpace("look")
    baker.setCubeSize(lut.size)
    return str(baker.bake())
