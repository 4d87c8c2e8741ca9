"""Deep TIFF samples against tifffile."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from sidelight.errors import UnreadableError
from sidelight.imaging.tiff import read_ifds
from sidelight.imaging.tiff_pixels import read_deep_tiff


@pytest.mark.parametrize("dtype", ["uint16", "float32", "float16"])
@pytest.mark.parametrize("tile", [None, (16, 32)])
@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_samples(
    tmp_path: Path, dtype: str, tile: tuple[int, int] | None, compression: str | None, order: str
) -> None:
    draw = np.random.default_rng(1).random((45, 70, 3))
    pixels = (draw * (65535 if dtype == "uint16" else 4)).astype(dtype)
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path, pixels, photometric="rgb", byteorder=order, tile=tile, compression=compression
    )
    found = read_deep_tiff(path, read_ifds(path)[0])
    assert found is not None
    np.testing.assert_array_equal(found, pixels)


def test_grey_becomes_three_channels(tmp_path: Path) -> None:
    grey = np.arange(600, dtype=np.uint16).reshape(20, 30)
    tifffile.imwrite(tmp_path / "a.tif", grey)
    found = read_deep_tiff(tmp_path / "a.tif", read_ifds(tmp_path / "a.tif")[0])
    np.testing.assert_array_equal(found, np.repeat(grey[..., None], 3, 2))


@pytest.mark.parametrize("options", [{"compression": "lzw"}, {"planarconfig": "separate"}])
def test_what_pillow_serves_better(tmp_path: Path, options: dict) -> None:
    shape = (3, 20, 30) if "planarconfig" in options else (20, 30, 3)
    tifffile.imwrite(tmp_path / "a.tif", np.zeros(shape, np.uint16), photometric="rgb", **options)
    assert read_deep_tiff(tmp_path / "a.tif", read_ifds(tmp_path / "a.tif")[0]) is None


def test_missing_strips(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((60, 60, 3), np.uint16), photometric="rgb", rowsperstrip=4)
    ifd = read_ifds(path)[0]
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(UnreadableError, match="cut off"):
        read_deep_tiff(path, ifd)
