"""LUTs as profiles: exact, in the right place, nothing overwritten."""

from __future__ import annotations

import platform
from array import array
from collections.abc import Callable
from pathlib import Path

import colour
import numpy as np
import pytest

from sidelight.errors import LutError, SidelightError
from sidelight.imaging.lut import apply_lut, read_lut, write_lut
from sidelight.recipe import Lut3D
from sidelight.workflows.lut_convert import convert_lut, read_profile_lut
from sidelight.workflows.lut_profile import (
    Made,
    ProfileOptions,
    camera_raw_folder,
    find_luts,
    lut_to_table,
    make_profiles,
    profile_name,
    table_to_lut,
)
from sidelight.workflows.undo import undo_batch
from sidelight_xmp import Packet, RGBTable, read_preset_header, read_rgb_table
from sidelight_xmp.crs.rgb_table import Gamma, Gamut, Primaries, identity_samples

FILMS = (
    "fuji_provia_100f",
    "fuji_velvia_50",
    "fuji_xtrans_iii_astia",
    "fuji_xtrans_iii_classic_chrome",
    "ilford_hp_5_plus_400",
    "kodak_kodachrome_64",
    "kodak_tri-x_400",
    "polaroid_669",
)
Make = Callable[..., list[Made]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Make profiles in a folder that is not there yet."""

    def call(
        *luts: Path, options: ProfileOptions | None = None, batch: str = "b", **more
    ) -> list[Made]:
        return list(
            make_profiles(
                luts,
                options or ProfileOptions(),
                tmp_path / "Settings" / "Sidelight",
                first_versions=tmp_path / "first_versions",
                batch=batch,
                **more,
            )
        )

    return call


@pytest.fixture
def cube(tmp_path: Path) -> Path:
    return save(tmp_path / "warm.cube", random_lut(3, seed=1))


def save(path: Path, lut: Lut3D) -> Path:
    write_lut(path, lut)
    return path


def random_lut(size: int, seed: int) -> Lut3D:
    return Lut3D(np.random.default_rng(seed).random((size, size, size, 3), np.float32), "Random")


def sixteen_bits(path: Path) -> np.ndarray:
    return np.rint(read_lut(path).table.astype(np.float64) * 65535)


def table_of(made: Made) -> RGBTable:
    table = read_rgb_table(Packet.from_bytes(made.profile.read_bytes()))
    assert table is not None
    return table


def assert_exact(source: Path, make: Make, tmp_path: Path) -> None:
    (made,) = make(source)
    assert (made.status, made.reason) == ("written", "")
    back = tmp_path / "back.cube"
    assert convert_lut(made.profile, back).status == "written"
    np.testing.assert_array_equal(sixteen_bits(back), np.clip(sixteen_bits(source), 0, 65535))


@pytest.mark.parametrize("size", [2, 17, 32])
def test_a_cube_comes_back_exactly(size: int, make: Make, tmp_path: Path) -> None:
    assert_exact(save(tmp_path / "a.cube", random_lut(size, size)), make, tmp_path)


@pytest.mark.parametrize("film", FILMS)
def test_film_comes_back_exactly(film: str, shared: Path, make: Make, tmp_path: Path) -> None:
    assert_exact(shared / f"data/luts/{film}.cube", make, tmp_path)


def delta_e(one: Lut3D, two: Lut3D) -> np.ndarray:
    """ΔE2000 of random colors and of greys through both."""
    code = np.random.default_rng(7).random((8000, 3), np.float32)
    code[:1000] = np.linspace(0, 1, 1000)[:, None]
    lab = [colour.XYZ_to_Lab(colour.sRGB_to_XYZ(apply_lut(code, lut))) for lut in (one, two)]
    return np.asarray(colour.delta_E(*lab, method="CIE 2000"))


@pytest.mark.parametrize("size", [33, 64])
def test_larger_ones_stay_close(size: int, shared: Path) -> None:
    for film in FILMS:
        lut = read_lut(shared / f"data/luts/{film}.cube")
        large = Lut3D(apply_lut(Lut3D.identity(size).table, lut))
        error = delta_e(large, table_to_lut(lut_to_table(large, ProfileOptions())))
        assert error.mean() <= 0.2 and error.max() <= 2, film


def test_a_large_file(shared: Path, make: Make, tmp_path: Path) -> None:
    """One through the files; measured against what was resampled."""
    lut = read_lut(shared / "data/luts/fuji_xtrans_iii_astia.cube")
    large = Lut3D(apply_lut(Lut3D.identity(33).table, lut))
    (made,) = make(save(tmp_path / "a.cube", large))
    assert made.reason == "resampled to 32 steps"
    found, _ = read_profile_lut(made.profile)
    error = delta_e(large, found)
    assert found.size == 32 and error.mean() <= 0.2 and error.max() <= 2


@pytest.mark.parametrize("swap", ["rb", "gb"])
def test_shared_profiles_survive(swap: str, shared: Path, make: Make, tmp_path: Path) -> None:
    """Profile → .cube → profile: the table's text is the same to the last character."""
    profile = shared / f"data/lightroom/look_rgbtable_channel_swap_{swap}.xmp"
    cube = tmp_path / "swap.cube"
    assert convert_lut(profile, cube).reason == "made for primaries srgb, gamma srgb"
    (made,) = make(cube, options=ProfileOptions(gamut=Gamut.CLIP))
    packet = Packet.from_bytes(profile.read_bytes())
    assert packet.to_bytes() == profile.read_bytes()
    assert table_of(made) == read_rgb_table(packet)
    assert table_of(made).to_text().encode() in profile.read_bytes()


def test_axes_are_those_of_a_real_profile(shared: Path) -> None:
    lut, _ = read_profile_lut(shared / "data/lightroom/look_rgbtable_channel_swap_rb.xmp")
    assert lut.title == "Channel Swap R-B"
    np.testing.assert_allclose(apply_lut([[1, 0, 0], [0, 0.5, 1]], lut), [[0, 0, 1], [1, 0.5, 0]])


def test_what_a_profile_says(cube: Path, make: Make) -> None:
    options = ProfileOptions("Film", Primaries.DISPLAY_P3, Gamma.GAMMA_2_2, None, (0.5, 1.5))
    (made,) = make(cube, options=options, name="Warm")
    assert (made.name, made.profile.name) == ("Warm", "Warm.xmp")
    header = read_preset_header(Packet.from_bytes(made.profile.read_bytes()))
    assert (header.name, header.group) == ("Warm", "Film")
    assert header.flags["SupportsAmount"] and header.flags["SupportsHighDynamicRange"]
    table = table_of(made)
    assert (table.primaries, table.gamma) == (Primaries.DISPLAY_P3, Gamma.GAMMA_2_2)
    assert (table.gamut, table.min_amount, table.max_amount) == (Gamut.EXTEND, 0.5, 1.5)


@pytest.mark.parametrize("film", ["ilford_hp_5_plus_400", "kodak_tri-x_400"])
def test_black_and_white_lets_no_color_through(film: str, shared: Path, make: Make) -> None:
    (made,) = make(shared / f"data/luts/{film}.cube")
    header = read_preset_header(Packet.from_bytes(made.profile.read_bytes()))
    assert table_of(made).gamut == Gamut.CLIP and not header.flags["SupportsHighDynamicRange"]
    (made,) = make(made.lut, options=ProfileOptions(gamut=Gamut.EXTEND), overwrite=True)
    header = read_preset_header(Packet.from_bytes(made.profile.read_bytes()))
    assert table_of(made).gamut == Gamut.EXTEND and header.flags["SupportsHighDynamicRange"]


def test_outputs_beyond_are_limited_and_named(make: Make, tmp_path: Path) -> None:
    path = save(tmp_path / "a.cube", Lut3D(Lut3D.identity(2).table * 3 - 1))
    (made,) = make(path)
    assert made.reason == "outputs beyond 0 to 1 were limited"
    assert table_of(made).samples == identity_samples(2)


def test_a_foreign_profile_is_kept_unless_asked_and_comes_back(
    cube: Path, make: Make, tmp_path: Path
) -> None:
    profile = tmp_path / "Settings" / "Sidelight" / "warm.xmp"
    profile.parent.mkdir(parents=True)
    profile.write_bytes(b"somebody's")
    (made,) = make(cube)
    assert made.status == "kept" and "--overwrite" in made.reason
    assert profile.read_bytes() == b"somebody's"
    (made,) = make(cube, overwrite=True, batch="second")
    assert made.status == "written" and table_of(made).divisions == 3
    assert [one.status for one in make(cube)] == ["unchanged"]
    (undone,) = undo_batch("second", tmp_path / "first_versions")
    assert undone.status == "restored" and profile.read_bytes() == b"somebody's"


def test_a_new_profile_is_taken_back(cube: Path, make: Make, tmp_path: Path) -> None:
    (made,) = make(cube)
    (undone,) = undo_batch("b", tmp_path / "first_versions")
    assert undone.status == "removed" and not made.profile.exists()


def test_a_link_is_left_alone(cube: Path, make: Make, tmp_path: Path) -> None:
    other = tmp_path / "other.xmp"
    other.write_bytes(b"somebody's")
    profile = tmp_path / "Settings" / "Sidelight" / "warm.xmp"
    profile.parent.mkdir(parents=True)
    profile.symlink_to(other)
    (made,) = make(cube, overwrite=True)
    assert made.status == "error" and "link" in made.reason
    assert other.read_bytes() == b"somebody's" and profile.is_symlink()


def test_a_bad_lut_does_not_spare_the_others(cube: Path, make: Make, tmp_path: Path) -> None:
    bad = tmp_path / "bad.cube"
    bad.write_text("LUT_3D_SIZE 2\n0 0 0\n")
    picture = tmp_path / "a.jpg"
    picture.write_bytes(b"no LUT")
    results = make(bad, picture, tmp_path / "missing.cube", cube)
    assert [one.status for one in results] == ["error", "error", "error", "written"]
    assert all(one.reason and "\n" not in one.reason for one in results[:3])
    assert [path.name for path in results[3].profile.parent.iterdir()] == ["warm.xmp"]


def test_two_of_one_name(cube: Path, make: Make, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    second = save(tmp_path / "b" / "WARM.cube", random_lut(2, seed=2))
    one, two = make(cube, second, overwrite=True)
    assert (one.status, two.status) == ("written", "error") and str(cube) in two.reason


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Velvia 50", "Velvia 50"),
        ("../../evil", "_.._evil"),
        ('a:b*c?"<>|\\d', "a_b_c______d"),
        ("line\nbreak\x7f", "line_break_"),
        ("\udcff", "_"),
        (" . ", "LUT"),
        ("ヴェルビア", "ヴェルビア"),
    ],
)
def test_names_are_names_of_files(text: str, name: str) -> None:
    assert profile_name(text) == name == profile_name(name)


def test_luts_of_a_folder(cube: Path, tmp_path: Path) -> None:
    (tmp_path / "read me.txt").write_text("no LUT")
    other = save(tmp_path / "b.CUBE", random_lut(2, seed=3))
    assert find_luts([tmp_path, cube, tmp_path / "c.cube"]) == [other, cube, tmp_path / "c.cube"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(LutError, match="no LUT in"):
        find_luts([tmp_path / "empty"])


@pytest.mark.parametrize(
    ("system", "base"),
    [("Darwin", "Library/Application Support"), ("Windows", "Roaming")],
)
def test_where_camera_raw_looks(
    system: str, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("APPDATA", str(tmp_path / "Roaming"))
    with pytest.raises(SidelightError, match="start Lightroom once"):
        camera_raw_folder()
    (tmp_path / base / "Adobe" / "CameraRaw").mkdir(parents=True)
    expected = tmp_path / base / "Adobe" / "CameraRaw" / "Settings" / "Sidelight"
    assert camera_raw_folder() == expected


def test_a_curve_is_no_lut() -> None:
    with pytest.raises(LutError, match="curve"):
        table_to_lut(RGBTable(2, array("H", bytes(12)), 1))
