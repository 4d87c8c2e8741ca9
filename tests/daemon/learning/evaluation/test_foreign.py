"""Any program's sidecars and pictures."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from sidelight.errors import SidelightError
from sidelight.imaging import read_photo
from sidelight.learning.darktable_render import default_sidecar, render_darktable
from sidelight.learning.evaluation.foreign import Renders, Sidecars
from sidelight.learning.evaluation.methods import Rendition, Subject
from sidelight.learning.evaluation.rendering import render_recipe
from sidelight.recipe import Recipe

BY_HAND = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" crs:ProcessVersion="15.4"
 crs:HasSettings="True" crs:Exposure2012="+0.40" crs:Shadows2012="+25"{more}/></rdf:RDF></x:xmpmeta>
"""


def test_a_sidecar_of_lightroom_is_emulated_and_says_so(subject: Subject, tmp_path: Path):
    (tmp_path / "a.xmp").write_text(BY_HAND.format(more=""))
    method = Sidecars(tmp_path, "lightroom")
    assert "emulation" in method.sentence and str(tmp_path) not in method.name
    (answer,) = method.render([subject])
    assert isinstance(answer, Rendition) and answer.recipe == Recipe(exposure_ev=0.4, shadows=25.0)
    np.testing.assert_array_equal(
        answer.sdr, render_recipe("lightroom", subject.image, answer.recipe)
    )
    (other,) = Sidecars(tmp_path, "darktable").render([subject])
    assert isinstance(other, Rendition) and other.recipe is None, "settings of another editor"


def test_what_the_emulation_leaves_out_is_named(subject: Subject, tmp_path: Path):
    (tmp_path / "a.xmp").write_text(BY_HAND.format(more=' crs:Dehaze="+20"'))
    (answer,) = Sidecars(tmp_path, "lightroom").render([subject])
    assert isinstance(answer, Rendition)
    assert answer.note == "not rendered: Dehaze" and answer.recipe is None


def test_an_hdr_edit_of_lightroom_has_an_hdr_rendition(subject: Subject, tmp_path: Path):
    (tmp_path / "a.xmp").write_text(
        BY_HAND.format(more=' crs:HDREditMode="1" crs:HDRMaxValue="+2.00"')
    )
    wanted = Subject(subject.case, subject.image, (), 2.0, wants_hdr=True)
    (answer,) = Sidecars(tmp_path, "lightroom").render([wanted])
    assert isinstance(answer, Rendition) and answer.hdr is not None and answer.hdr.max() > 1.0


def test_a_photo_without_a_sidecar_has_a_sentence(subject: Subject, tmp_path: Path):
    assert Sidecars(tmp_path, "lightroom").render([subject]) == [
        f"{tmp_path.name} holds no edited sidecar of it"
    ]
    (tmp_path / "a.xmp").write_text("damaged")
    (answer,) = Sidecars(tmp_path, "lightroom").render([subject])
    assert isinstance(answer, str) and "damaged" in answer


def test_pictures_are_read_by_name(subject: Subject, photos: Path, tmp_path: Path):
    (answer,) = Renders(photos / "finished", "lightroom").render([subject])
    assert isinstance(answer, Rendition)
    np.testing.assert_array_equal(answer.sdr, read_photo(photos / "finished" / "a.jpg").rgb)
    assert isinstance(Renders(tmp_path, "lightroom").render([subject])[0], str)


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path):
    for method in (Sidecars, Renders):
        with pytest.raises(SidelightError, match="there is no folder"):
            method(tmp_path / "nowhere", "lightroom")


@pytest.mark.slow
@pytest.mark.darktable
def test_a_sidecar_of_darktable_is_rendered_by_darktable(
    darktable_cli: str, subject: Subject, tmp_path: Path
):
    sidecar = default_sidecar(subject.image.info.white_balance.multipliers())
    (tmp_path / "a.dng.xmp").write_bytes(sidecar)
    shutil.copy(subject.case.photo, tmp_path / "a.dng")
    (answer,) = Sidecars(tmp_path, "darktable").render([subject])
    assert isinstance(answer, Rendition)
    np.testing.assert_allclose(
        answer.sdr, render_darktable(subject.case.photo, sidecar).rgb, atol=1e-6
    )
