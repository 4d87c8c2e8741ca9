"""The head: a diffuse sphere lit by the panorama."""

from __future__ import annotations

import numpy as np
import pytest

from sidelight.imaging.color import REC2020_TO_SRGB
from sidelight.learning.head import SKIN, Head, irradiance, put_heads
from sidelight.learning.radiance import RadianceMap, View

WINDOW = View(20.0, 10.0, 90.0)


def even() -> RadianceMap:
    return RadianceMap(np.full((64, 128, 3), 2.0, np.float32), is_panorama=True)


def test_irradiance_of_an_even_sphere_is_pi_times_its_radiance() -> None:
    np.testing.assert_allclose(irradiance(even().rgb), 2.0 * np.pi, rtol=0.01)


@pytest.mark.parametrize("skin", list(SKIN))
def test_under_even_light_a_head_has_its_reflectance_everywhere(skin: str) -> None:
    view = np.zeros((96, 128, 3), np.float32)
    out, mask = put_heads(view, (Head(0.5, 0.5, 0.2, skin),), even(), WINDOW)
    seen = out[mask == 1] @ REC2020_TO_SRGB.T
    np.testing.assert_allclose(
        seen, np.tile(np.multiply(SKIN[skin], 2.0), (len(seen), 1)), rtol=0.02
    )


def test_the_mask_numbers_heads_where_they_are() -> None:
    heads = (Head(0.25, 0.5, 0.1, "light"), Head(0.75, 0.25, 0.05, "dark"))
    view = np.ones((96, 128, 3), np.float32)
    out, mask = put_heads(view, heads, even(), WINDOW)
    assert mask[48, 32] == 1
    assert mask[24, 96] == 2
    assert (mask == 1).sum() == pytest.approx(np.pi * 12.8**2, rel=0.1)
    assert (out[:, 60:68] == 1).all()


def test_the_side_that_faces_the_light_is_bright() -> None:
    panorama = np.full((64, 128, 3), 0.01, np.float32)
    panorama[32, 64 + 32] = 1e4
    light = RadianceMap(panorama, is_panorama=True)
    view = np.zeros((96, 128, 3), np.float32)
    out, _ = put_heads(view, (Head(0.5, 0.5, 0.2, "light"),), light, View(0.0, 0.0, 90.0))
    assert out[48, 64 + 20, 1] > 20 * out[48, 64 - 20, 1]


def test_light_from_behind_leaves_the_face_dark() -> None:
    panorama = np.full((64, 128, 3), 0.01, np.float32)
    panorama[32, 64] = 1e4
    light = RadianceMap(panorama, is_panorama=True)
    view = np.zeros((96, 128, 3), np.float32)
    out, _ = put_heads(view, (Head(0.5, 0.5, 0.2, "light"),), light, View(0.0, 0.0, 90.0))
    assert out[48, 64, 1] < 0.02


def test_a_flat_picture_cannot_light_a_head() -> None:
    flat = RadianceMap(np.ones((64, 128, 3), np.float32), is_panorama=False)
    with pytest.raises(ValueError, match="panorama"):
        put_heads(flat.rgb, (Head(0.5, 0.5, 0.2, "light"),), flat, WINDOW)
