from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from sidelight.editors import load_editor
from sidelight.editors.base import Order
from sidelight.emulators import load_emulator
from sidelight.emulators.base import render
from sidelight.errors import SidelightError
from sidelight.imaging import read_photo
from sidelight.imaging.export import write_sdr_jpeg
from sidelight.learning.evaluation.protocol import Case, Reference
from sidelight.learning.evaluation.references import (
    OpenReference,
    find_reference,
    find_render,
    open_references,
    preview_pixels,
    reference_recipe,
)
from sidelight.recipe import Recipe

EDIT = Recipe(exposure_ev=0.6, contrast=20.0, saturation=15.0)


@pytest.fixture
def photo(photos: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(photos / "a.dng", tmp_path / "a.dng"))


def _sidecar(photo: Path, store: Path) -> Path:
    order = Order(store, "test")
    outcome = load_editor("lightroom").write(read_photo(photo).info, EDIT, order)
    assert outcome.sidecar is not None
    return outcome.sidecar


def _open(photo: Path, reference: Reference, editor: str = "lightroom") -> OpenReference | str:
    case = Case(photo.name, photo, reference, "one")
    return open_references([case], [read_photo(photo)], editor)[0]


def test_beside_a_photo_a_sidecar_goes_before_a_picture(photo: Path, photos: Path):
    with pytest.raises(SidelightError, match="no finished picture and no edited sidecar"):
        find_reference(photo, None, "lightroom")
    shutil.copy(photos / "finished" / "a.jpg", photo.with_suffix(".JPG"))
    assert find_reference(photo, None, "lightroom").kind == "render"
    _sidecar(photo, photo.parent / "first_versions")
    assert find_reference(photo, None, "lightroom").kind == "sidecar"


def test_in_a_folder_of_references_a_tiff_goes_before_a_jpeg_before_a_sidecar(
    photo: Path, photos: Path, tmp_path: Path
):
    folder = tmp_path / "references"
    folder.mkdir()
    _sidecar(photo, tmp_path / "first_versions").rename(folder / "a.xmp")
    assert find_reference(photo, folder, "lightroom").kind == "sidecar"
    shutil.copy(photos / "finished" / "a.jpg", folder / "a.jpg")
    assert find_reference(photo, folder, "lightroom").path.name == "a.jpg"
    (folder / "a.tif").write_bytes(b"")
    assert find_reference(photo, folder, "lightroom").path.name == "a.tif"


def test_a_picture_is_not_its_own_reference(photos: Path):
    assert find_render(photos / "finished" / "a.jpg", photos / "finished") is None


def test_what_sidelight_wrote_is_no_reference(photo: Path):
    store = photo.parent / "first_versions"
    path = _sidecar(photo, store)
    with pytest.raises(SidelightError):
        find_reference(photo, None, "lightroom", store)
    path.write_text(path.read_text("utf-8").replace('Contrast2012="+20"', 'Contrast2012="+25"'))
    assert find_reference(photo, None, "lightroom", store).kind == "sidecar"


def test_a_sidecar_is_rendered_and_its_settings_known(photo: Path):
    path = _sidecar(photo, photo.parent / "first_versions")
    reference = Reference("sidecar", path, "lightroom")
    opened = _open(photo, reference)
    assert isinstance(opened, OpenReference)
    assert opened.recipe is not None and opened.recipe.contrast == 20.0
    expected = render(load_emulator("lightroom"), read_photo(photo), opened.recipe)
    np.testing.assert_allclose(opened.rgb, expected, atol=1e-5)
    other = _open(photo, reference, "darktable")
    assert isinstance(other, OpenReference) and other.recipe is None


def test_settings_that_are_not_rendered_are_told_and_give_no_slider_figures(photo: Path):
    path = _sidecar(photo, photo.parent / "first_versions")
    text = path.read_text("utf-8").replace(
        'crs:Contrast2012="+20"', 'crs:Contrast2012="+20" crs:Dehaze="+30"'
    )
    path.write_text(text)
    opened = _open(photo, Reference("sidecar", path, "lightroom"))
    assert isinstance(opened, OpenReference)
    assert opened.recipe is None and "Dehaze" in opened.note


def test_the_embedded_jpeg_is_a_reference(photo: Path):
    opened = _open(photo, Reference("preview", photo))
    assert isinstance(opened, OpenReference)
    np.testing.assert_array_equal(opened.rgb, preview_pixels(read_photo(photo)))


def test_another_framing_is_refused_with_a_sentence(photo: Path, tmp_path: Path):
    wide = tmp_path / "wide.jpg"
    write_sdr_jpeg(wide, read_photo(photo).rgb[:150])
    opened = _open(photo, Reference("render", wide))
    assert isinstance(opened, str) and "framing" in opened
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8")
    assert isinstance(_open(photo, Reference("render", broken)), str)


def test_the_settings_of_a_picture_are_fitted_to_it(photos: Path):
    photo = photos / "a.dng"
    opened = _open(photo, Reference("render", photos / "finished" / "a.jpg"))
    assert isinstance(opened, OpenReference) and opened.recipe is None
    image = read_photo(photo)
    recipe = reference_recipe(image, opened, "lightroom")
    again = render(load_emulator("lightroom"), image, recipe)
    assert np.abs(np.clip(again, 0, 1) - np.clip(opened.rgb, 0, 1)).mean() < 0.01
