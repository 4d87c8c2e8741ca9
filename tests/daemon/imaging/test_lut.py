"""3D LUT files."""

from __future__ import annotations

import resource
from pathlib import Path

import colour
import numpy as np
import pytest

from sidelight.errors import LutError
from sidelight.imaging.lut import apply_display_lut, apply_lut, read_lut, write_lut
from sidelight.recipe import Lut3D

FILM = "data/luts/fuji_velvia_50.cube"


def twisted(size: int = 17) -> Lut3D:
    """A table that tells its axes apart."""
    grid = Lut3D.identity(size).table
    red, green, blue = (grid[..., i] for i in range(3))
    return Lut3D(np.stack([red**0.8, 0.2 * red + 0.7 * green, 0.9 * blue + 0.05], -1), "Twist")


def test_identity_changes_nothing() -> None:
    code = np.random.default_rng(1).random((20, 30, 3)).astype(np.float32)
    np.testing.assert_allclose(apply_lut(code, Lut3D.identity(9)), code, atol=1e-6)


def test_tetrahedral_as_colour_science() -> None:
    lut = twisted()
    code = np.random.default_rng(2).random((500, 3)).astype(np.float32)
    table = colour.LUT3D(lut.table.astype(np.float64))
    expected = table.apply(code, interpolator=colour.algebra.table_interpolation_tetrahedral)
    np.testing.assert_allclose(apply_lut(code, lut), expected, atol=1e-5)


def test_input_is_limited_and_left_alone() -> None:
    code = np.array([[-1.0, 2.0, 0.5]], np.float32)
    np.testing.assert_allclose(apply_lut(code, Lut3D.identity()), [[0, 1, 0.5]], atol=1e-6)
    assert code[0, 0] == -1
    assert apply_lut(np.zeros((0, 3), np.float32), Lut3D.identity()).shape == (0, 3)


@pytest.mark.parametrize(("extension", "error"), [(".cube", 1e-6), (".clf", 1e-6), (".3dl", 3e-4)])
def test_write_and_read(tmp_path: Path, extension: str, error: float) -> None:
    path = tmp_path / f"a{extension}"
    write_lut(path, twisted())
    found = read_lut(path)
    assert found.size == 17
    np.testing.assert_allclose(found.table, twisted().table, atol=error)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_cube_rows_run_red_fastest(tmp_path: Path) -> None:
    write_lut(tmp_path / "a.cube", Lut3D.identity(2))
    lines = (tmp_path / "a.cube").read_text().splitlines()
    assert lines[0] == 'TITLE "identity"' and lines[1] == "LUT_3D_SIZE 2"
    assert lines[4:7] == ["0 0 0", "1 0 0", "0 1 0"]
    assert read_lut(tmp_path / "a.cube").title == "identity"


def test_writing_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(LutError, match="written as"):
        write_lut(tmp_path / "a.png", twisted())
    with pytest.raises(LutError, match="cannot be written"):
        write_lut(tmp_path / "no folder" / "a.cube", twisted())


def test_a_domain_is_evaluated_over_zero_to_one(tmp_path: Path) -> None:
    rows = "\n".join(f"{2 * r} {2 * g} {2 * b}" for b in (0, 1) for g in (0, 1) for r in (0, 1))
    text = f"LUT_3D_SIZE 2\nDOMAIN_MIN 0 0 0\nDOMAIN_MAX 2 2 2\n{rows}\n"
    (tmp_path / "a.cube").write_text(text)
    np.testing.assert_allclose(read_lut(tmp_path / "a.cube").table, Lut3D.identity(2).table)


def test_windows_text(tmp_path: Path) -> None:
    write_lut(tmp_path / "a.cube", twisted(5))
    text = (tmp_path / "a.cube").read_bytes()
    (tmp_path / "b.cube").write_bytes(b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n"))
    np.testing.assert_array_equal(
        read_lut(tmp_path / "a.cube").table, read_lut(tmp_path / "b.cube").table
    )


def cube(size: object, rows: int = 8, row: str = "0 0 0") -> bytes:
    return f"LUT_3D_SIZE {size}\n".encode() + f"{row}\n".encode() * rows


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no LUT at all\n" * 20,
        cube(10**9),
        cube(0),
        cube(-2),
        cube(1, 1),
        cube("two"),
        cube(2, 7),
        cube(2, 9),
        cube(2, 8, "nan 0 0"),
        cube(2, 8, "1e308 0 0"),
        cube(2, 8, "0 0"),
        cube(2, 8, "0 0 zero"),
        cube(2, 0) + b"0 " * (50 << 20),
        b"\0" * 4000,
    ],
    ids=[
        *("empty", "text", "1e9", "zero", "negative", "one", "word", "missing", "surplus", "nan"),
        *("1e308", "two numbers", "not a number", "long line", "nul"),
    ],
)
def test_damaged_cubes(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.cube"
    path.write_bytes(data)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(LutError):
        read_lut(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 << 10


@pytest.mark.parametrize("name", ["missing.cube", "a.png", "folder.cube"])
def test_no_lut_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.cube").mkdir()
    with pytest.raises(LutError):
        read_lut(tmp_path / name)


def test_an_xml_bomb_is_refused(tmp_path: Path) -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaa">]><ProcessList id="1"/>'
    (tmp_path / "a.clf").write_bytes(bomb)
    with pytest.raises(LutError, match="entities"):
        read_lut(tmp_path / "a.clf")


def test_shared_luts(shared: Path) -> None:
    read = {}
    for path in sorted((shared / "data/luts").glob("*.*")):
        try:
            read[path.name] = read_lut(path)
        except LutError:
            assert path.suffix == ".md" or "error" in path.name
    assert len(read) == 14
    assert read["ocio_crosstalk.3dl"].size == 17


def test_a_display_look_keeps_headroom_and_blends(shared: Path) -> None:
    look = read_lut(shared / FILM)
    rgb = np.random.default_rng(3).random((30, 3)).astype(np.float32)
    np.testing.assert_allclose(
        apply_display_lut(rgb * 0 + 3.0, look),
        3 * apply_display_lut(rgb * 0 + 1.0, look),
        rtol=1e-5,
    )
    assert apply_display_lut(rgb, None) is rgb
    assert apply_display_lut(rgb, look, 0.0) is rgb
    half, full = (apply_display_lut(rgb, look, amount) for amount in (0.5, 1.0))
    assert np.abs(half - rgb).mean() < np.abs(full - rgb).mean()
    muted = rgb * 0.1 + 0.4
    np.testing.assert_allclose(apply_display_lut(muted, Lut3D.identity()), muted, atol=2e-6)
