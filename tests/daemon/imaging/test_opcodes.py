"""DNG gain maps."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from sidelight.imaging.opcodes import read_gain_maps
from sidelight.imaging.tiff import read_ifds


def opcode_list(gains: np.ndarray, kind: int = 9, top: int = 0, left: int = 0) -> bytes:
    rows, columns = gains.shape
    body = struct.pack(">10I", top, left, 100, 200, 0, 1, 2, 2, rows, columns)
    body += struct.pack(">4dI", 1 / (rows - 1), 1 / (columns - 1), 0.0, 0.0, 1)
    body += gains.astype(">f4").tobytes()
    return struct.pack(">I", 1) + struct.pack(">4I", kind, 0x01030000, 0, len(body)) + body


def test_bilinear_between_lattice_points() -> None:
    gains = np.array([[1.0, 2.0], [3.0, 4.0]])
    (gain_map,) = read_gain_maps(opcode_list(gains, top=1))
    at = gain_map.at(np.array([0.0, 50, 100]), np.array([0.0, 100, 200, 999]), 100, 200)
    np.testing.assert_allclose(at, [[1, 1.5, 2, 2], [2, 2.5, 3, 3], [3, 3.5, 4, 4]])
    assert gain_map.covers(1, 0) and gain_map.covers(3, 2)
    assert not gain_map.covers(0, 0) and not gain_map.covers(1, 1)


def test_other_opcodes_and_damage_are_passed_over() -> None:
    good = opcode_list(np.ones((3, 3)))
    assert read_gain_maps(opcode_list(np.ones((3, 3)), kind=1)) == []
    for gains in (np.full((2, 2), np.nan), np.zeros((2, 2)), np.full((2, 2), 1e9)):
        assert read_gain_maps(opcode_list(gains)) == []
    for cut in range(0, len(good), 7):
        assert read_gain_maps(good[:cut]) == []
    assert read_gain_maps(struct.pack(">I", 1 << 31) + good[4:])[0].gains.shape == (3, 3)


@pytest.mark.parametrize("name", ["gopro_hero6_GOPR0024", "gopro_hero7_GOPR9231"])
def test_the_gopros_maps(shared: Path, name: str) -> None:
    """1.0 in the centre, up to 2 in the corners; a crop's map agrees with the whole frame's."""
    found = []
    for suffix in (".derived.DNG", "_demo.dng"):
        ifds = read_ifds(shared / "data/photos" / f"{name}{suffix}")
        maps = [m for ifd in ifds for m in read_gain_maps(ifd.data(51009))]
        assert len(maps) == 4
        assert {
            (r, c) for r in (0, 1) for c in (0, 1) if sum(m.covers(r, c) for m in maps) == 1
        } == {
            (0, 0),
            (0, 1),
            (1, 0),
            (1, 1),
        }
        found.append(maps[0])
    left, top = (900, 0) if "hero6" in name else (1200, 480)
    rows, columns = np.arange(0, 1200, 50.0), np.arange(0, 1600, 50.0)
    whole = found[0].at(rows + top, columns + left, 3000, 4000)
    crop = found[1].at(rows, columns, 1200, 1600)
    np.testing.assert_allclose(whole, crop, atol=0.01)
    middle = found[0].at(np.array([1500.0]), np.array([2000.0]), 3000, 4000)
    assert middle.item() == pytest.approx(1.0, abs=0.03)
