from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sidelight.errors import ToolError
from sidelight.imaging import read_photo
from sidelight.imaging.image import Preview
from sidelight.learning.evaluation.baselines import (
    CameraJpeg,
    DarktableDefault,
    Identity,
    RawTherapeeAuto,
)
from sidelight.learning.evaluation.methods import Rendition, Subject
from sidelight.learning.evaluation.protocol import Reference
from sidelight.learning.evaluation.rendering import render_recipe
from sidelight.recipe import Recipe


def test_no_edit_is_the_default_rendering_and_a_jpeg_as_it_is(subject: Subject, photos: Path):
    jpeg = replace(subject, image=read_photo(photos / "finished" / "a.jpg"))
    one, two = Identity("lightroom").render([jpeg, subject])
    assert isinstance(one, Rendition) and isinstance(two, Rendition)
    np.testing.assert_array_equal(one.sdr, jpeg.image.rgb)
    np.testing.assert_array_equal(two.sdr, render_recipe("lightroom", subject.image, Recipe()))


def test_only_a_cameras_jpeg_counts_and_not_where_it_is_the_reference(subject: Subject):
    method = CameraJpeg("lightroom")
    pixels = np.full((60, 80, 3), 128, np.uint8)
    for preview, reason in (
        (None, "holds no JPEG"),
        (Preview(pixels, False, "a converter made it"), "a converter made it"),
    ):
        image = replace(subject.image, preview=preview)
        (answer,) = method.render([replace(subject, image=image)])
        assert isinstance(answer, str) and reason in answer
    image = replace(subject.image, preview=Preview(pixels, True, ""))
    (answer,) = method.render([replace(subject, image=image)])
    assert isinstance(answer, Rendition)
    assert answer.sdr == pytest.approx(0.2158605, abs=1e-4), "sRGB 128 in linear light"
    itself = replace(subject.case, reference=Reference("preview", subject.case.photo))
    (answer,) = method.render([replace(subject, image=image, case=itself)])
    assert answer == "it is the reference itself"


@pytest.mark.parametrize("method", [DarktableDefault, RawTherapeeAuto])
def test_a_program_that_is_not_installed_is_told(
    method: type, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="not installed"):
        method("lightroom")


@pytest.mark.slow
@pytest.mark.darktable
def test_darktables_default_has_an_hdr_rendition_that_uses_the_headroom(
    darktable_cli: str, subject: Subject, photos: Path
):
    wanted = Subject(subject.case, subject.image, (), 2.0, wants_hdr=True)
    jpeg = Subject(subject.case, read_photo(photos / "finished" / "a.jpg"))
    answer, rendered = DarktableDefault("lightroom").render([wanted, jpeg])
    assert isinstance(rendered, str) and "not a RAW" in rendered
    assert isinstance(answer, Rendition) and answer.hdr is not None
    assert answer.sdr.max() <= 1.05 and 2.0 < answer.hdr.max() <= 4.2
