"""Rendering virtual photos for the scene table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sidelight.imaging import read_photo
from sidelight.imaging.color import luminance
from sidelight.learning.scene_render import NEUTRAL_EV, counterpart_of, render_scenes
from sidelight.learning.test_set import TEST_SET, TUNING_SET, build


def test_a_variant_belongs_to_the_well_exposed_photo_of_its_view() -> None:
    by_name = {photo.name: photo for photo in (*TEST_SET, *TUNING_SET)}

    def counterpart(name: str, table=TEST_SET) -> str:
        return counterpart_of(by_name[name], table).name

    assert counterpart("virtual_05_under") == counterpart("virtual_05_over") == "virtual_05"
    assert counterpart("virtual_05") == "virtual_05"
    assert counterpart("virtual_10_b") == "virtual_10_b", "the other sensor has its own"
    assert counterpart("tuning_04_over", TUNING_SET) == "tuning_04"


@pytest.mark.parametrize(
    "editor", ["lightroom", pytest.param("darktable", marks=pytest.mark.darktable)]
)
def test_a_variant_is_judged_by_its_well_exposed_photo(
    editor: str, shared: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if editor == "darktable":
        request.getfixturevalue("darktable_cli")
    photos = build(tmp_path, shared / "data", ["virtual_03", "virtual_03_under"])
    images = [read_photo(item.raw) for item in photos]
    base, under = render_scenes(photos, images, editor, 2.3)
    assert base.counterpart is None
    assert under.counterpart is base.sdr
    assert under.neutrals is not None and len(under.neutrals) == len(NEUTRAL_EV)
    np.testing.assert_array_equal(under.camera, base.camera)
    medians = [np.median(luminance(pixels)) for pixels in base.neutrals]
    assert medians == sorted(medians), "the darkest first"
    np.testing.assert_array_equal(base.as_shot, base.neutrals[NEUTRAL_EV.index(0.0)])
    assert np.median(luminance(under.as_shot)) < np.median(luminance(base.as_shot)) / 2
    for scene in (base, under):
        shape = scene.truth.rgb.shape
        assert scene.sdr.shape == scene.hdr.shape == scene.camera.shape == shape
        assert scene.hdr.max() > scene.sdr.max()
