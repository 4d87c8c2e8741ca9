"""`sidelight lut`."""

from __future__ import annotations

import platform
from pathlib import Path

import numpy as np
import pytest

from sidelight.cli import main
from sidelight.imaging.lut import read_lut, write_lut
from sidelight.recipe import Lut3D
from sidelight_xmp import Packet, read_preset_header, read_rgb_table
from sidelight_xmp.crs.rgb_table import Gamma, Gamut, Primaries

FIELDS = {"lut", "name", "profile", "status", "reason"}


@pytest.fixture
def cube(tmp_path: Path) -> Path:
    path = tmp_path / "luts" / "warm.cube"
    path.parent.mkdir()
    table = Lut3D.identity(3).table.copy()
    table[..., 2] *= 0.9
    write_lut(path, Lut3D(table))
    return path


@pytest.fixture
def camera_raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Mac on which Lightroom was started."""
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    folder = tmp_path / "user" / "Library" / "Application Support" / "Adobe" / "CameraRaw"
    folder.mkdir(parents=True)
    return folder


def test_installed_and_taken_back(cube: Path, camera_raw: Path, run) -> None:
    code, (line,) = run("lut", "profile", cube)
    assert code == 0 and set(line) == FIELDS
    profile = camera_raw / "Settings" / "Sidelight" / "warm.xmp"
    assert line == {
        "lut": str(cube),
        "name": "warm",
        "profile": str(profile),
        "status": "written",
        "reason": "",
    }
    assert run("lut", "profile", cube)[1][0]["status"] == "unchanged"
    code, (undone,) = run("undo", "--last")
    assert (code, undone["sidecar"], undone["status"]) == (0, str(profile), "removed")
    assert not profile.exists()


def test_options_reach_the_profile(cube: Path, tmp_path: Path, run) -> None:
    options = "--name Warm --group Film --amount 100-100 --primaries rec2020 --gamma 2.2"
    folder = tmp_path / "out"
    _, (line,) = run(
        *("lut", "profile", cube, "--output", folder), *options.split(), "--gamut", "clip"
    )
    packet = Packet.from_bytes((folder / "Warm.xmp").read_bytes())
    header, table = read_preset_header(packet), read_rgb_table(packet)
    assert (line["name"], header.name, header.group) == ("Warm", "Warm", "Film")
    assert not header.flags["SupportsAmount"] and not header.flags["SupportsHighDynamicRange"]
    assert (table.primaries, table.gamma) == (Primaries.REC2020, Gamma.GAMMA_2_2)
    assert (table.gamut, table.min_amount, table.max_amount) == (Gamut.CLIP, 1.0, 1.0)


def test_a_folder_of_luts_is_told_one_by_one(
    cube: Path, camera_raw: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (cube.parent / "bad.cube").write_text("LUT_3D_SIZE 2\n")
    assert main(["lut", "profile", str(cube.parent), "--group", "Film"]) == 1
    bad, good, *rest = capsys.readouterr().out.splitlines()
    assert bad.startswith("1/2  failed     ") and "asks for 8" in bad
    assert good == f"2/2  written    {camera_raw / 'Settings' / 'Sidelight' / 'warm.xmp'}"
    assert "next start" in rest[0] and "Film" in rest[0] and "undo --last" in rest[1]
    assert main(["lut", "profile", str(cube), "--group", "Other"]) == 0
    assert "kept" in capsys.readouterr().out


def test_a_system_without_lightroom(cube: Path, capsys, monkeypatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    assert main(["lut", "profile", str(cube)]) == 1
    assert "name one with --output" in capsys.readouterr().err


def test_there_and_back(cube: Path, tmp_path: Path, run, capsys) -> None:
    run("lut", "profile", cube, "--output", tmp_path / "out")
    back = tmp_path / "back.cube"
    code, (line,) = run("lut", "convert", tmp_path / "out" / "warm.xmp", back)
    assert code == 0 and set(line) == {"source", "lut", "status", "reason"}
    assert line["reason"] == "made for primaries srgb, gamma srgb"
    np.testing.assert_allclose(read_lut(back).table, read_lut(cube).table, atol=0.5 / 65535)
    assert main(["lut", "convert", str(cube), str(back)]) == 0
    assert capsys.readouterr().out.startswith("kept  ")
    assert main(["lut", "convert", str(tmp_path / "no.xmp"), str(back), "--overwrite"]) == 1
    assert "missing" in capsys.readouterr().err


@pytest.mark.parametrize(
    "options",
    [
        ("--amount", "50"),
        ("--amount", "120-200"),
        ("--amount", "0-300"),
        ("--amount", "a-b"),
        ("--primaries", "cmyk"),
        ("--gamma", "3"),
        ("--gamut", "wide"),
        ("--name", "../x"),
        ("--name", ""),
        ("--group", "a/b"),
    ],
    ids=" ".join,
)
def test_wrong_usage(cube: Path, tmp_path: Path, options: tuple[str, str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["lut", "profile", str(cube), "--output", str(tmp_path / "out"), *options])
    assert end.value.code == 2 and not (tmp_path / "out").exists()


def test_one_name_for_two(cube: Path, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as end:
        main(["lut", "profile", str(cube), str(tmp_path / "b.cube"), "--name", "a"])
    assert end.value.code == 2
