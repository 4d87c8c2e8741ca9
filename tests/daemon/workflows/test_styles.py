"""Style files: whose they are, and what is said about them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sidelight.editors import load_editor
from sidelight.errors import EditorError
from sidelight.recipe import CameraWhiteBalance, Hdr, PhotoInfo, Recipe
from sidelight.workflows.styles import write_style

EDITOR = load_editor("darktable")
SIDECARS = Path(__file__).parents[2] / "xmp" / "darktable" / "sidecars"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photos" / "a.CR3"
    path.parent.mkdir()
    path.write_bytes(b"original")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "styles"


def terms(photo: Path, headroom: float = 2.0, exposure_ev: float = 0.4) -> dict[str, Any]:
    balance = CameraWhiteBalance.from_color_matrix(np.eye(3), [2.0, 1.0, 1.5])
    info = PhotoInfo(photo, is_raw=True, white_balance=balance)
    return EDITOR.terms(info, Recipe(exposure_ev=exposure_ev, hdr=Hdr(True, headroom)))


def test_a_style_is_written_once(photo: Path, folder: Path) -> None:
    assert write_style(photo, EDITOR, terms(photo), folder, "a-2") == ""
    (path,) = folder.iterdir()
    assert path.name == "a-2_hdr.dtstyle"
    first = path.stat()
    assert write_style(photo, EDITOR, terms(photo), folder, "a-2") == ""
    assert path.stat().st_mtime_ns == first.st_mtime_ns
    assert [each.name for each in photo.parent.iterdir()] == ["a.CR3"]


def test_another_file_of_that_name_stays_until_overwrite(photo: Path, folder: Path) -> None:
    write_style(photo, EDITOR, terms(photo), folder, "a")
    before = (folder / "a_hdr.dtstyle").read_bytes()
    said = write_style(photo, EDITOR, terms(photo, 2.0, 0.9), folder, "a")
    assert said == "a_hdr.dtstyle exists; --overwrite replaces it"
    assert (folder / "a_hdr.dtstyle").read_bytes() == before
    assert write_style(photo, EDITOR, terms(photo, 2.0, 0.9), folder, "a", overwrite=True) == ""
    assert (folder / "a_hdr.dtstyle").read_bytes() != before
    assert len(list(folder.iterdir())) == 1


def test_the_photos_own_sidecar_gives_it_geometry(photo: Path, folder: Path) -> None:
    own = photo.with_name("a.CR3.xmp")
    own.write_bytes((SIDECARS / "retouched.xmp").read_bytes())
    said = write_style(photo, EDITOR, terms(photo), folder, "a")
    assert said == "a_hdr.dtstyle lacks what has drawn masks: retouch"
    assert b"<operation>crop</operation>" in (folder / "a_hdr.dtstyle").read_bytes()


def test_trouble_is_one_sentence(photo: Path, folder: Path) -> None:
    with pytest.raises(EditorError, match="without headroom"):
        write_style(photo, EDITOR, terms(photo, 0.0), folder, "a")
    own = photo.with_name("a.CR3.xmp")
    own.symlink_to("elsewhere")
    with pytest.raises(EditorError, match="link"):
        write_style(photo, EDITOR, terms(photo), folder, "a")
    own.unlink()
    own.write_bytes(b"cut off")
    with pytest.raises(EditorError, match="damaged"):
        write_style(photo, EDITOR, terms(photo), folder, "a")
    assert not folder.exists()


def test_a_write_that_fails_leaves_nothing(
    photo: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="space"):
        write_style(photo, EDITOR, terms(photo), folder, "a")
    assert list(folder.iterdir()) == []
