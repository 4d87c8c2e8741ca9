"""LUT files of another kind, and of profiles."""

from __future__ import annotations

from array import array
from pathlib import Path

import numpy as np
import pytest

from sidelight.errors import LutError
from sidelight.imaging.lut import read_lut, write_lut
from sidelight.recipe import Lut3D
from sidelight.workflows.lut_convert import convert_lut, read_profile_lut
from sidelight_xmp import RGBTable, identity_table, merge
from sidelight_xmp.crs.profile import profile_to_bytes


def profile(path: Path, **properties: str) -> Path:
    data = profile_to_bytes("Plain", "Test", identity_table(4))
    path.write_bytes(merge(data, {f"crs:{key}": value for key, value in properties.items()}))
    return path


@pytest.mark.parametrize("extension", [".cube", ".3dl", ".clf"])
def test_a_profile_becomes_each_kind(extension: str, tmp_path: Path) -> None:
    target = tmp_path / f"a{extension}"
    result = convert_lut(profile(tmp_path / "a.xmp"), target)
    assert result.status == "written"
    assert result.reason == "made for primaries prophoto, gamma srgb"
    np.testing.assert_allclose(read_lut(target).table, Lut3D.identity(4).table, atol=3e-4)


def test_a_lut_becomes_another(shared: Path, tmp_path: Path) -> None:
    source = shared / "data/luts/ocio_discreet-3d-lut.3dl"
    result = convert_lut(source, tmp_path / "a.cube")
    assert (result.status, result.reason) == ("written", "")
    np.testing.assert_allclose(
        read_lut(tmp_path / "a.cube").table, read_lut(source).table, atol=1e-6
    )


def test_what_is_there_is_kept_unless_asked(tmp_path: Path) -> None:
    target = tmp_path / "a.cube"
    target.write_text("somebody's")
    source = profile(tmp_path / "a.xmp")
    result = convert_lut(source, target)
    assert result.status == "kept" and "--overwrite" in result.reason
    assert target.read_text() == "somebody's"
    assert convert_lut(source, target, overwrite=True).status == "written"
    assert read_lut(target).title == "Plain"


def test_what_a_lut_cannot_hold_is_named(tmp_path: Path) -> None:
    path = profile(tmp_path / "a.xmp", Contrast2012="+20", LookTable="0" * 32, RGBTableAmount="0.5")
    _, notes = read_profile_lut(path)
    assert notes.endswith(
        "the profile's look table, table amount, develop settings cannot be in it"
    )


def test_other_files_are_refused_in_a_sentence(shared: Path, tmp_path: Path) -> None:
    curve = tmp_path / "curve.xmp"
    curve.write_bytes(profile_to_bytes("a", "b", RGBTable(2, array("H", bytes(12)), 1)))
    cut = tmp_path / "cut.xmp"
    cut.write_bytes(profile(tmp_path / "a.xmp").read_bytes()[:-100])
    broken = tmp_path / "broken.xmp"
    broken.write_bytes((tmp_path / "a.xmp").read_bytes().replace(b'="35000', b'="36000'))
    for path, match in (
        (tmp_path / "no.xmp", "missing"),
        (tmp_path, "not a known kind"),
        (shared / "data/lightroom/sidecar_raw_pv11_acr11.4.1.xmp", "no profile"),
        (curve, "curve"),
        (cut, "profile is damaged"),
        (broken, "table"),
    ):
        with pytest.raises(LutError, match=match) as caught:
            convert_lut(path, tmp_path / "out.cube")
        assert "sidecar is" not in str(caught.value)
    assert not (tmp_path / "out.cube").exists()
    with pytest.raises(LutError, match="written as"):
        convert_lut(tmp_path / "a.xmp", tmp_path / "out.png")


def test_a_linked_profile_is_read(tmp_path: Path) -> None:
    profile(tmp_path / "a.xmp")
    (tmp_path / "link.xmp").symlink_to(tmp_path / "a.xmp")
    assert read_profile_lut(tmp_path / "link.xmp")[0].size == 4


def test_a_lut_written_by_a_profile_can_be_written_again(tmp_path: Path) -> None:
    """Of the same name, source and target at once."""
    path = tmp_path / "a.cube"
    write_lut(path, Lut3D.identity(2))
    assert convert_lut(path, path, overwrite=True).status == "written"
    assert read_lut(path).size == 2
