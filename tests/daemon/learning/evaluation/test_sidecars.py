from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sidelight.editors import load_editor
from sidelight.editors.base import Order
from sidelight.errors import EditorError
from sidelight.imaging import read_photo
from sidelight.learning.evaluation.sidecars import find_sidecar, keywords_of, read_edit
from sidelight.recipe import Recipe

EDIT = Recipe(exposure_ev=0.5, contrast=30.0)


@pytest.fixture
def photo(photos: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(photos / "a.dng", tmp_path / "a.dng"))


def _write(photo: Path, editor: str) -> Path:
    order = Order(photo.parent / "first_versions", "test")
    outcome = load_editor(editor).write(read_photo(photo).info, EDIT, order)
    assert outcome.sidecar is not None
    return outcome.sidecar


@pytest.mark.parametrize("editor", ["lightroom", "darktable"])
def test_an_edit_is_found_and_read_by_what_it_is(photo: Path, editor: str):
    path = _write(photo, editor)
    assert find_sidecar(photo, photo.parent, "lightroom") == (editor, path)
    edit = read_edit(path, editor, read_photo(photo).info)
    assert edit.recipe.exposure_ev == pytest.approx(0.5, abs=0.01)
    assert edit.recipe.contrast == pytest.approx(30.0, abs=1.0)
    assert edit.unread == ()


def test_of_two_the_preferred_editors_is_taken(photo: Path):
    for editor in ("lightroom", "darktable"):
        _write(photo, editor)
    for editor in ("lightroom", "darktable"):
        found = find_sidecar(photo, photo.parent, editor)
        assert found is not None and found[0] == editor


def test_a_sidecar_may_lie_in_another_folder(photo: Path, tmp_path: Path):
    other = tmp_path / "rival"
    other.mkdir()
    _write(photo, "lightroom").rename(other / "a.xmp")
    assert find_sidecar(photo, photo.parent) is None
    assert find_sidecar(photo, other) == ("lightroom", other / "a.xmp")


def test_a_sidecar_without_an_edit_is_none(photo: Path, shared: Path):
    shutil.copy(shared / "data/xmp/exifr_BonTon.xmp", photo.with_suffix(".xmp"))
    assert find_sidecar(photo, photo.parent) is None


def test_a_sidecar_of_another_photo_is_refused(photo: Path, shared: Path):
    shutil.copy(shared / "data/lightroom/sidecar_raw_pv11_acr11.4.1.xmp", photo.with_suffix(".xmp"))
    with pytest.raises(EditorError, match="belongs to the CR2"):
        find_sidecar(photo, photo.parent)


def test_settings_of_an_older_process_version_are_told_as_unread(photo: Path, shared: Path):
    source = (shared / "data/lightroom/sidecar_raw_pv11_acr11.4.1.xmp").read_text("utf-8")
    old = photo.with_suffix(".xmp")
    text = source.replace("CR2", "DNG").replace("Exposure2012", "Nothing2012")
    old.write_text(text.replace("crs:Nothing2012", 'crs:Exposure="+1.00"\n   crs:Nothing2012'))
    edit = read_edit(old, "lightroom", read_photo(photo).info)
    assert "Exposure" in edit.unread


def test_a_damaged_sidecar_is_an_error(photo: Path):
    photo.with_suffix(".xmp").write_text("<x:xmpmeta")
    with pytest.raises(EditorError):
        find_sidecar(photo, photo.parent)
    with pytest.raises(EditorError):
        read_edit(photo.with_suffix(".xmp"), "lightroom", read_photo(photo).info)


def test_keywords_come_from_either_sidecar(photo: Path, photos: Path):
    assert keywords_of(photo) == frozenset()
    path = _write(photo, "darktable")
    bag = "<rdf:Bag><rdf:li>Sea</rdf:li><rdf:li>night</rdf:li></rdf:Bag>"
    head = '<dc:subject xmlns:dc="http://purl.org/dc/elements/1.1/">'
    text = path.read_text("utf-8")
    text = text.replace("</rdf:Description>", f"{head}{bag}</dc:subject></rdf:Description>", 1)
    path.write_text(text)
    assert keywords_of(photo) == frozenset({"sea", "night"})
    photo.with_suffix(".xmp").write_text("damaged")
    assert keywords_of(photo) == frozenset({"sea", "night"})
