"""Whose sidecar it is: the names of both editors (S7, P8)."""

from __future__ import annotations

from pathlib import Path

import pytest

from sidelight_xmp import (
    ForeignSidecarError,
    InvalidValueError,
    NoSidecarError,
    check_owner,
    darktable_sidecar,
    lightroom_sidecar,
    merge,
    sidecar_extension,
    write_settings,
)
from sidelight_xmp.packet import Packet


@pytest.mark.parametrize(
    ("photo", "name"),
    [
        ("IMG_1.CR3", "IMG_1.xmp"),
        ("IMG_1.dng", "IMG_1.xmp"),
        ("a.b.NEF", "a.b.xmp"),
        ("Ünï 1.ARW", "Ünï 1.xmp"),
    ],
)
def test_s7_lightroom_drops_the_extension(tmp_path, photo, name) -> None:
    """S7: `IMG_1.xmp` is Adobe's name."""
    assert lightroom_sidecar(tmp_path / photo) == tmp_path / name


@pytest.mark.parametrize("extension", ["JPG", "jpeg", "tif", "TIFF", "psd", "heic", "png", "avif"])
def test_s7_lightroom_reads_none_of_rendered_photos(tmp_path, extension) -> None:
    """S7: the pair's JPEG never gets the RAW's sidecar."""
    with pytest.raises(NoSidecarError, match="no sidecar of a"):
        lightroom_sidecar(tmp_path / f"IMG_1.{extension}")


def test_s7_darktable_appends(tmp_path) -> None:
    """S7: `IMG_1.CR3.xmp`, duplicates `IMG_1_01.CR3.xmp`; the pair has one each."""
    assert darktable_sidecar(tmp_path / "IMG_1.CR3").name == "IMG_1.CR3.xmp"
    assert darktable_sidecar(tmp_path / "IMG_1.JPG").name == "IMG_1.JPG.xmp"
    assert darktable_sidecar(tmp_path / "IMG_1.CR3", 1).name == "IMG_1_01.CR3.xmp"
    assert darktable_sidecar(tmp_path / "IMG_1.CR3", 12).name == "IMG_1_12.CR3.xmp"
    with pytest.raises(InvalidValueError):
        darktable_sidecar(tmp_path / "IMG_1.CR3", -1)


def test_p8_an_existing_spelling_is_used(tmp_path) -> None:
    """S7, P8: `IMG_1.XMP` is updated in place; there is never a second one."""
    (tmp_path / "IMG_1.XMP").touch()
    assert lightroom_sidecar(tmp_path / "IMG_1.CR3").name == "IMG_1.XMP"
    (tmp_path / "IMG_1.xmp").touch()
    assert lightroom_sidecar(tmp_path / "IMG_1.CR3").name == "IMG_1.xmp"
    (tmp_path / "IMG_2.CR3.XMP").touch()
    assert darktable_sidecar(tmp_path / "IMG_2.CR3").name == "IMG_2.CR3.XMP"


def test_p8_another_photos_case_is_respected(tmp_path) -> None:
    """P8: where both names may exist, `img_1.xmp` is another photo's."""
    (tmp_path / "img_1.xmp").touch()
    assert lightroom_sidecar(tmp_path / "IMG_1.CR3").name == "IMG_1.xmp"


def test_p8_a_volume_that_ignores_case(tmp_path, monkeypatch) -> None:
    """P8: where only one name may exist, it is the photo's, however it is spelled."""
    (tmp_path / "img_1.XMP").touch()
    monkeypatch.setattr("sidelight_xmp.sidecar.os.path.lexists", lambda path: True)
    assert lightroom_sidecar(tmp_path / "IMG_1.CR3").name == "img_1.XMP"


def test_missing_folder_still_gives_a_name(tmp_path) -> None:
    assert lightroom_sidecar(tmp_path / "gone" / "a.CR3") == tmp_path / "gone" / "a.xmp"


def test_s7_the_owner_is_checked() -> None:
    """S7: two raws of one name share the sidecar's name, not the sidecar."""
    settings = {"Exposure2012": 1.0}
    data = write_settings(None, settings, Path("IMG_1.CR3"))
    assert sidecar_extension(Packet.from_bytes(data)) == "CR3"
    check_owner(data, Path("IMG_1.cr3"))
    for other in ("IMG_1.NEF", "IMG_1.JPG"):
        with pytest.raises(ForeignSidecarError, match="belongs to the CR3 file"):
            check_owner(data, Path(other))


def test_s7_the_name_inside_counts_where_the_extension_is_missing() -> None:
    named = merge(None, {"crs:RawFileName": "IMG_1.NEF"})
    with pytest.raises(ForeignSidecarError):
        check_owner(named, Path("IMG_1.CR3"))
    check_owner(merge(None, {"xmp:Rating": "1"}), Path("IMG_1.CR3"))
    check_owner(merge(None, {"crs:RawFileName": ""}), Path("IMG_1.CR3"))


def test_s7_real_sidecars_name_their_owner(shared) -> None:
    data = (shared / "data/lightroom/sidecar_raw_pv11_acr11.4.1.xmp").read_bytes()
    check_owner(data, Path("_MG_1563.CR2"))
    with pytest.raises(ForeignSidecarError):
        check_owner(data, Path("_MG_1563.DNG"))


def test_p8_every_mixture_of_letters_is_found_and_a_full_folder_is_not_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = tmp_path / "IMG_1.CR3"
    for extension in ("xmp", "XMP", "Xmp", "xMP", "xmP"):
        existing = tmp_path / f"IMG_1.{extension}"
        existing.touch()
        assert lightroom_sidecar(photo) == existing
        existing.unlink()

    def listed(folder: Path) -> list[str]:
        raise AssertionError("ten thousand names were read to find none")

    monkeypatch.setattr("sidelight_xmp.sidecar.os.listdir", listed)
    assert lightroom_sidecar(photo) == tmp_path / "IMG_1.xmp"
